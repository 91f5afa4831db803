#include "layer.h"

#include "workspace/apply.h"

/* What happens at one of the calls that change the workspace. */
static struct {
	unsigned calls;
	unsigned strike_at; /* counted from 1; 0: never */
	enum { STRIKE_END_BEFORE, STRIKE_END_AFTER, STRIKE_EDIT } how;
	const char *edited; /* absolute path that an editor saves */
} strike;

#define ENDED 99
#define SAVED "what an editor saved\n"

/* An editor writes a file of its own, and gives it the name. */
static void
save(const char *path)
{
	char name[1024];
	int fd;

	(void)snprintf(name, sizeof(name), "%s~", path);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, SAVED, strlen(SAVED)) < 0 || rename(name, path) != 0)
		abort();
	(void)close(fd);
}

static bool
before_call(void)
{
	bool strikes = ++strike.calls == strike.strike_at;

	if (strikes && strike.how == STRIKE_END_BEFORE)
		_exit(ENDED);
	if (strikes && strike.how == STRIKE_EDIT)
		save(strike.edited);
	return strikes && strike.how == STRIKE_END_AFTER;
}

#define WRAP(name, parameters, arguments)        \
	int __real_##name parameters;            \
	int __wrap_##name parameters;            \
	int __wrap_##name parameters             \
	{                                        \
		bool ends = before_call();       \
		int r = __real_##name arguments; \
                                                 \
		if (ends)                        \
			_exit(ENDED);            \
		return r;                        \
	}

WRAP(renameat2, (int a, const char *b, int c, const char *d, unsigned e), (a, b, c, d, e))
WRAP(mkdirat, (int a, const char *b, mode_t c), (a, b, c))
WRAP(unlinkat, (int a, const char *b, int c), (a, b, c))
WRAP(fchmod, (int a, mode_t b), (a, b))

#define NO_WAIT(name)                   \
	int __wrap_##name(int fd);      \
	int __wrap_##name(int fd)       \
	{                               \
		return fd < 0 ? -1 : 0; \
	}

NO_WAIT(fsync)
NO_WAIT(fdatasync)
NO_WAIT(syncfs)

enum outcome { OUTCOME_DONE, OUTCOME_CONFLICT, OUTCOME_ENDED };

struct story {
	struct fixture *f;
	struct layer layer;
	struct write_set set;
	struct digest before;
	struct digest after;
	const char *scratch; /* a copy of the workspace, in which it is applied */
};

static struct apply *
begin(struct story *story, struct store *store, int workspace, enum moves_direction direction)
{
	struct apply_spec spec = {store, workspace, &story->set, direction};
	struct fixture *f = story->f;
	struct apply *apply;

	must(apply_begin(&spec, &apply, &f->err));
	return apply;
}

/* As a caller does it, after a crash too. */
static enum outcome
apply_all(struct story *story, struct store *store, enum moves_direction direction,
	bool is_resumed)
{
	struct fixture *f = story->f;
	AUTO_CLOSE int workspace = -1;
	struct apply_conflicts conflicts;
	struct apply *apply;

	must(dir_open(AT_FDCWD, story->scratch, &workspace, &f->err));
	apply = begin(story, store, workspace, direction);
	must(apply_check(apply, &conflicts, &f->err));
	if (conflicts.n && is_resumed)
		must(apply_retreat(apply, &f->err));
	else if (!conflicts.n)
		must(apply_go(apply, &conflicts, &f->err));
	apply_end(apply);
	return conflicts.n ? OUTCOME_CONFLICT : OUTCOME_DONE;
}

/* Applies in a process of its own, which a strike may end. */
static enum outcome
apply_apart(struct story *story)
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		struct store *store;
		struct err err;

		if (store_open(story->f->path, STORE_READ, &store, &err) < 0)
			_exit(7);
		strike.calls = 0;
		_exit((int)apply_all(story, store, MOVES_FORWARD, false));
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == ENDED)
		return OUTCOME_ENDED;
	assert_true(WEXITSTATUS(status) <= OUTCOME_CONFLICT);
	return (enum outcome)WEXITSTATUS(status);
}

static const char workspace_script[] =
	"mkdir -p d/e f .git/refs; echo 1 >a; echo 2 >b; echo 3 >d/x; echo 4 >d/e/y; "
	"echo 5 >f/z; ln -s a l; echo 6 >m; echo 7 >was-file; mkdir was-dir; echo 8 "
	">was-dir/q; "
	"echo 9 >.git/index; echo ref >.git/HEAD";
static const char work_script[] =
	"echo new >a; rm b; rm -r d; mkdir d; echo 3 >d/x; echo more >d/n; mv f g; "
	"ln -sfn b l; chmod +x m; rm was-file; mkdir was-file; echo in >was-file/i; "
	"rm -r was-dir; echo out >was-dir; echo ten >.git/index; mkdir -p .git/objects/ab; "
	"echo o >.git/objects/ab/cd; echo c >.git/refs/main; mkdir -p deep/er/and; "
	"head -c 100000 /dev/urandom >deep/er/and/large";

/* A copy of the workspace, to apply in. */
static void
fresh_scratch(struct story *story)
{
	shell("rm -rf %s && cp -a %s %s", story->scratch, story->layer.workspace,
		story->scratch);
}

static bool
story_make(struct story *story, struct fixture *f, const char *workspace,
	void (*work)(const void *), const void *what)
{
	*story = (struct story){.f = f, .layer = layer_make(f)};
	shell("cd %s && { %s; }", story->layer.workspace, workspace);
	if (!layer_work(&story->layer, work, what))
		return false;
	story->set = layer_read(&story->layer);
	story->scratch = arena_printf(&f->arena, "%s/scratch", f->dir);
	story->before = tree_digest(f, story->layer.workspace);
	story->after = tree_digest(f, story->layer.copy);
	return true;
}

/* The store as one that only reads has it: what ends in the middle must not own a writer. */
static void
reopen_for_reading(struct fixture *f)
{
	store_close(f->store);
	f->store = NULL;
	must(store_open(f->path, STORE_READ, &f->store, &f->err));
}

static bool
is_digest(struct story *story, const struct digest *expected)
{
	struct digest found = tree_digest(story->f, story->scratch);

	return digest_equal(&found, expected);
}

static void
expect_tree(
	struct story *story, const struct digest *expected, const char *when, unsigned number)
{
	if (!is_digest(story, expected)) {
		shell("diff -r %s %s >&2; diff -r %s %s >&2; ls -la %s >&2; true",
			story->layer.workspace, story->scratch, story->layer.copy,
			story->scratch, story->scratch);
		fail_msg("%s, strike %u: the workspace is not what it should be", when, number);
	}
}

#define NEED_OVERLAY(made)                                  \
	do {                                                \
		if (!(made)) {                              \
			print_message("no overlay here\n"); \
			skip();                             \
		}                                           \
	} while (0)

static void
test_forward_and_back(void **state)
{
	struct fixture *f = *state;
	struct story story;

	NEED_OVERLAY(story_make(&story, f, workspace_script, layer_run_script, work_script));
	fresh_scratch(&story);
	assert_int_equal(apply_all(&story, f->store, MOVES_FORWARD, false), OUTCOME_DONE);
	expect_tree(&story, &story.after, "forward", 0);
	assert_int_equal(apply_all(&story, f->store, MOVES_FORWARD, false), OUTCOME_DONE);
	expect_tree(&story, &story.after, "forward again", 0);
	assert_int_equal(apply_all(&story, f->store, MOVES_BACKWARD, false), OUTCOME_DONE);
	expect_tree(&story, &story.before, "back", 0);
}

/* Ended before and after each of its calls, it is gone on with, and comes to the same. */
static void
test_ended_anywhere(void **state)
{
	struct fixture *f = *state;
	struct story story;
	unsigned n = 0;
	enum outcome outcome = OUTCOME_ENDED;

	NEED_OVERLAY(story_make(&story, f, workspace_script, layer_run_script, work_script));
	reopen_for_reading(f);
	for (n = 1; outcome == OUTCOME_ENDED; n++) {
		assert_true(n < 1000);
		fresh_scratch(&story);
		strike.strike_at = (n + 1) / 2;
		strike.how = n % 2 ? STRIKE_END_BEFORE : STRIKE_END_AFTER;
		outcome = apply_apart(&story);
		strike.strike_at = 0;
		if (outcome == OUTCOME_ENDED)
			assert_int_equal(
				apply_all(&story, f->store, MOVES_FORWARD, true), OUTCOME_DONE);
		expect_tree(&story, &story.after, "ended", n);
	}
	assert_true(n > 60);
}

/* Ended, and then something stands in the way: all else is as before, and that is untouched. */
static void
test_ended_then_changed_by_another(void **state)
{
	struct fixture *f = *state;
	struct story story;
	struct digest expected;
	enum outcome outcome = OUTCOME_ENDED;

	NEED_OVERLAY(story_make(&story, f, workspace_script, layer_run_script, work_script));
	reopen_for_reading(f);
	fresh_scratch(&story);
	save(arena_printf(&f->arena, "%s/a", story.scratch));
	expected = tree_digest(f, story.scratch);
	for (unsigned n = 1; outcome == OUTCOME_ENDED; n++) {
		fresh_scratch(&story);
		strike.strike_at = n;
		strike.how = STRIKE_END_AFTER;
		outcome = apply_apart(&story);
		strike.strike_at = 0;
		if (outcome != OUTCOME_ENDED)
			break;
		save(arena_printf(&f->arena, "%s/a", story.scratch));
		assert_int_equal(
			apply_all(&story, f->store, MOVES_FORWARD, true), OUTCOME_CONFLICT);
		expect_tree(&story, &expected, "ended and changed", n);
	}
}

/* An editor saves a file just before each of the calls: it is replaced by nothing that did not know of
 * it, and the rest is as before; or it came when the file was done with. */
static void
test_saved_meanwhile(void **state)
{
	static const char *const edited[] = {"a", "b", "m", "l", ".git/index", "was-file/i"};
	struct fixture *f = *state;
	struct story story;

	NEED_OVERLAY(story_make(&story, f, workspace_script, layer_run_script, work_script));
	reopen_for_reading(f);
	for (size_t e = 0; e < ARRAY_SIZE(edited) - 1; e++) {
		struct digest saved_before;
		struct digest saved_after;
		unsigned conflicts = 0;
		unsigned n = 0;

		strike.edited = arena_printf(&f->arena, "%s/%s", story.scratch, edited[e]);
		fresh_scratch(&story);
		save(strike.edited);
		saved_before = tree_digest(f, story.scratch);
		fresh_scratch(&story);
		assert_int_equal(
			apply_all(&story, f->store, MOVES_FORWARD, false), OUTCOME_DONE);
		save(strike.edited);
		saved_after = tree_digest(f, story.scratch);
		do {
			enum outcome outcome;

			fresh_scratch(&story);
			strike.strike_at = ++n;
			strike.how = STRIKE_EDIT;
			strike.calls = 0;
			outcome = apply_all(&story, f->store, MOVES_FORWARD, false);
			if (strike.calls < n)
				break;
			conflicts += outcome == OUTCOME_CONFLICT;
			expect_tree(&story,
				outcome == OUTCOME_CONFLICT ? &saved_before : &saved_after,
				edited[e], n);
		} while (n < 1000);
		strike.strike_at = 0;
		assert_true(conflicts > 0);
	}
}

static void
expect_conflict(struct story *story, const char *script, const char *path, const char *why)
{
	struct fixture *f = story->f;
	AUTO_CLOSE int workspace = -1;
	struct apply_conflicts conflicts;
	struct apply *apply;

	fresh_scratch(story);
	shell("cd %s && { %s; }", story->scratch, script);
	must(dir_open(AT_FDCWD, story->scratch, &workspace, &f->err));
	apply = begin(story, f->store, workspace, MOVES_FORWARD);
	must(apply_check(apply, &conflicts, &f->err));
	if (conflicts.n != 1)
		fail_msg("%s: %zu conflicts", script, conflicts.n);
	if (!str_is(conflicts.items[0].path, path) || strcmp(conflicts.items[0].what, why) != 0)
		fail_msg("%s: %.*s: %s", script, STR_ARG(conflicts.items[0].path),
			conflicts.items[0].what);
	apply_end(apply);
}

static void
test_what_stands_in_the_way(void **state)
{
	struct fixture *f = *state;
	struct story story;

	NEED_OVERLAY(story_make(&story, f, workspace_script, layer_run_script, work_script));
	expect_conflict(&story, "echo x >a", "a", "it was changed meanwhile");
	expect_conflict(&story, "chmod +x a", "a", "it was changed meanwhile");
	expect_conflict(&story, "rm a", "a", "it was removed meanwhile");
	expect_conflict(&story, "rm a; ln -s b a", "a", "it was changed meanwhile");
	expect_conflict(&story, "echo x >d/n", "d/n", "it appeared meanwhile");
	expect_conflict(&story, "echo x >was-file", "was-file", "it was changed meanwhile");
	expect_conflict(&story, "touch .git/index.lock", ".git/index.lock",
		"Git is at work: it holds this lock");
	expect_conflict(&story, "mkdir -p .git/refs; touch .git/refs/main.lock",
		".git/refs/main.lock", "Git is at work: it holds this lock");
}

/* What is put where a folder was exchanged for a link goes nowhere. */
static void
test_never_through_a_link(void **state)
{
	struct fixture *f = *state;
	struct story story;

	NEED_OVERLAY(story_make(&story, f, "mkdir d; echo 1 >d/x; mkdir e", layer_run_script,
		"echo 2 >d/y; echo 3 >e/z"));
	fresh_scratch(&story);
	shell("mkdir %s/outside && cd %s && rmdir e && ln -s ../outside e", f->dir,
		story.scratch);
	assert_int_equal(apply_all(&story, f->store, MOVES_FORWARD, false), OUTCOME_CONFLICT);
	shell("test -z \"$(ls -A %s/outside)\" && test ! -e %s/d/y", f->dir, story.scratch);
}

/* Random work in the merged view, by a generator of its own so that a failure can be repeated. */
struct work {
	uint32_t seed;
	unsigned n;
};

static uint32_t
draw(uint32_t *state, uint32_t below)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % below;
}

/* A path of up to three components of few names, so that they meet. */
static void
draw_path(uint32_t *state, char path[64])
{
	static const char names[] = "abc";
	unsigned n = 1 + draw(state, 3);
	size_t at = 0;

	for (unsigned i = 0; i < n; i++) {
		if (i)
			path[at++] = '/';
		path[at++] = names[draw(state, 3)];
	}
	path[at] = '\0';
}

/* Nobody but root looks into a folder that cannot be searched. */
static mode_t
closed_mode(const char *path)
{
	struct stat status;

	return geteuid() != 0 && stat(path, &status) == 0 && S_ISDIR(status.st_mode) ? 0700
										     : 0644;
}

static void
work_once(uint32_t *state)
{
	char path[64];
	char other[64];
	struct err ignored;
	int failed = 0;
	int fd;

	draw_path(state, path);
	draw_path(state, other);
	switch (draw(state, 9)) {
	case 0:
	case 1: (void)mkdir(path, 0755); break;
	case 2:
	case 3:
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (fd >= 0 && write(fd, other, 1 + draw(state, 2)) < 0)
			_exit(6);
		(void)close(fd);
		break;
	case 4: (void)tree_remove(AT_FDCWD, path, &ignored); break;
	case 5: (void)unlink(path); break;
	case 6:
		/* A folder of the workspace cannot be renamed in an overlay; mv copies it. */
		(void)rename(path, other);
		break;
	case 7: failed = symlink(other, path); break;
	case 8: failed = chmod(path, draw(state, 2) ? 0755 : closed_mode(path)); break;
	default: break;
	}
	(void)failed; /* what is in the way is part of the game */
}

static void
work_at_random(const void *what)
{
	struct work work = *(const struct work *)what;

	(void)umask(022);
	for (unsigned i = 0; i < work.n; i++)
		work_once(&work.seed);
}

static void
test_whatever_was_done(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 15; seed++) {
		struct work work = {seed, 60};
		void *fresh = NULL;
		struct fixture *f;
		struct story story;
		pid_t pid;

		assert_int_equal(fixture_open_dir(&fresh), 0);
		f = fresh;
		/* What is below is random too. */
		story = (struct story){.f = f, .layer = layer_make(f)};
		pid = fork();
		if (pid == 0) {
			struct work first = {seed + 1000, 80};

			if (chdir(story.layer.workspace) != 0)
				_exit(1);
			work_at_random(&first);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		if (!layer_work(&story.layer, work_at_random, &work)) {
			(void)fixture_close(&fresh);
			skip();
		}
		story.set = layer_read(&story.layer);
		story.scratch = arena_printf(&f->arena, "%s/scratch", f->dir);
		story.before = tree_digest(f, story.layer.workspace);
		story.after = tree_digest(f, story.layer.copy);
		fresh_scratch(&story);
		assert_int_equal(
			apply_all(&story, f->store, MOVES_FORWARD, false), OUTCOME_DONE);
		expect_tree(&story, &story.after, "forward, seed", seed);
		assert_int_equal(
			apply_all(&story, f->store, MOVES_BACKWARD, false), OUTCOME_DONE);
		expect_tree(&story, &story.before, "back, seed", seed);
		(void)fixture_close(&fresh);
	}
}

static void
test_sets_that_are_not_applied(void **state)
{
	static const char *const paths[] = {"/etc/x", "../x", "a/../../x", "a//b", "./a", "a/.",
		APPLY_STAGE, APPLY_STAGE "/x"};
	struct fixture *f = *state;
	struct write_entry entry = {STR("x"), {.type = SIDE_NONE}, {.type = SIDE_DIR}};
	struct write_remark fifo = {STR("p"), "it is a fifo"};
	struct write_set set = {.entries = &entry, .n = 1};
	struct apply_spec spec = {f->store, AT_FDCWD, &set, MOVES_FORWARD};
	struct apply *apply;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		entry.path = str_of(paths[i]);
		expect_error(apply_begin(&spec, &apply, &f->err), ERR_INVALID,
			"is no path of the workspace");
	}
	set = (struct write_set){.refused = {&fifo, 1}};
	expect_error(apply_begin(&spec, &apply, &f->err), ERR_INVALID, "p: it is a fifo");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_forward_and_back, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_ended_anywhere, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_ended_then_changed_by_another, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_saved_meanwhile, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_what_stands_in_the_way, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_never_through_a_link, fixture_open_dir, fixture_close),
		cmocka_unit_test(test_whatever_was_done),
		cmocka_unit_test_setup_teardown(
			test_sets_that_are_not_applied, fixture_open_dir, fixture_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
