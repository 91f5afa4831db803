/* What a trail asks again, and when all of it is what it was. */
#include "run/trail.h"
#include "fixture.h"

#include <sys/time.h>
#include <unistd.h>

struct trek {
	struct place place;
	struct trail *trail;
	struct trail_run run;
	struct digest question;
	int workspace;
};

static int
setup(void **state)
{
	struct trek *t = calloc(1, sizeof(*t));
	const struct digest plan = {{1, 2, 3}};

	assert_non_null(t);
	place_open(&t->place);
	OK(dir_open(AT_FDCWD, t->place.workspace, &t->workspace, &err));
	t->trail = trail_new();
	t->run = (struct trail_run){
		.parallel = 3, .planned = STR("{\"planned\":1}"), .finished = STR("{}")};
	assert_true(trail_ask(&plan, STR("{\"path\":\"/w\"}"), &t->question));
	*state = t;
	return 0;
}

static int
teardown(void **state)
{
	struct trek *t = *state;

	trail_free(t->trail);
	fd_close(&t->workspace);
	place_close(&t->place);
	free(t);
	return 0;
}

static int
append(struct run_hold *hold, enum event_type type, const char *payload)
{
	return event_append(hold->store, &hold->chain, type, 1000, str_of(payload), NULL, &err);
}

/* The store has a run that the trail can speak of. */
static void
make_original(struct trek *t)
{
	const struct run_create_spec spec = {.kind = "start"};
	struct run_hold hold;

	OK(run_create(t->place.store, &spec, &hold, NULL, &err));
	OK(append(&hold, EVENT_RUN_STARTED, "{}"));
	OK(append(&hold, EVENT_RUN_FINISHED, "{\"status\":\"succeeded\"}"));
	OK(store_flush(t->place.store, &err));
	t->run.original.first = 1;
	assert_int_equal(
		repeat_describe(t->place.store, hold.chain.run, &t->run.original, &err), 1);
	run_release(&hold);
}

static void
keep(struct trek *t)
{
	make_original(t);
	assert_true(trail_is_whole(t->trail));
	trail_keep(t->place.store, &t->question, t->trail, &t->run);
}

static int
follow(struct trek *t, struct trail_run *ret_run)
{
	int r = trail_follow(
		t->place.store, &t->question, t->workspace, &t->place.arena, ret_run, &err);

	OK(r);
	return r;
}

static bool
holds(struct trek *t)
{
	struct trail_run run;

	return follow(t, &run) > 0;
}

static void
add_file(struct trek *t, enum trail_kind kind, const char *name)
{
	struct stat status;

	assert_int_equal(fstatat(t->workspace, name, &status,
				 kind == TRAIL_OUTPUT ? AT_SYMLINK_NOFOLLOW : 0),
		0);
	trail_add_file(t->trail, kind, name, &status);
}

static void
what_was_kept_comes_back(void **state)
{
	struct trek *t = *state;
	struct trail_run run;

	put_file(&t->place, "in", "text");
	add_file(t, TRAIL_INPUT, "in");
	keep(t);
	assert_int_equal(follow(t, &run), 1);
	assert_true(str_is(run.planned, "{\"planned\":1}") && str_is(run.finished, "{}"));
	assert_int_equal(run.parallel, 3);
	assert_memory_equal(&run.original, &t->run.original, sizeof(run.original));
}

/* Each with its own question: nothing may be taken for something else. */
static void
what_it_was_asked_by_counts(void **state)
{
	struct trek *t = *state;
	const struct digest plan = {{1, 2, 3}};
	const struct digest other = {{1, 2, 4}};
	char *path = strdup(getenv("PATH"));
	struct digest questions[4];

	assert_true(trail_ask(&other, STR("{\"path\":\"/w\"}"), &questions[0]));
	assert_true(trail_ask(&plan, STR("{\"path\":\"/v\"}"), &questions[1]));
	assert_int_equal(setenv("PATH", "/elsewhere", 1), 0);
	assert_true(trail_ask(&plan, STR("{\"path\":\"/w\"}"), &questions[2]));
	assert_int_equal(unsetenv("PATH"), 0);
	assert_true(trail_ask(&plan, STR("{\"path\":\"/w\"}"), &questions[3]));
	assert_int_equal(setenv("PATH", path, 1), 0);
	free(path);
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		assert_false(digest_equal(&questions[i], &t->question));
		for (size_t j = 0; j < i; j++)
			assert_false(digest_equal(&questions[i], &questions[j]));
	}
}

static void
a_file_is_the_same_to_the_nanosecond(void **state)
{
	struct trek *t = *state;
	struct stat before;
	struct timespec times[2];

	put_file(&t->place, "in", "text");
	add_file(t, TRAIL_INPUT, "in");
	keep(t);
	assert_true(holds(t));
	/* Its bytes and its mtime are what they were. */
	assert_int_equal(fstatat(t->workspace, "in", &before, 0), 0);
	times[0] = before.st_atim;
	times[1] = before.st_mtim;
	usleep(10000);
	assert_int_equal(utimensat(t->workspace, "in", times, 0), 0);
	assert_false(holds(t));
}

static void
a_link_in_place_of_an_output_is_none(void **state)
{
	struct trek *t = *state;

	put_file(&t->place, "out", "text");
	add_file(t, TRAIL_OUTPUT, "out");
	keep(t);
	assert_true(holds(t));
	assert_int_equal(renameat(t->workspace, "out", t->workspace, "there"), 0);
	assert_int_equal(symlinkat("there", t->workspace, "out"), 0);
	assert_false(holds(t));
}

static void
what_was_absent_is_absent(void **state)
{
	struct trek *t = *state;

	trail_add_file(t->trail, TRAIL_ABSENT, "none", NULL);
	keep(t);
	assert_true(holds(t));
	put_file(&t->place, "none", "text");
	assert_false(holds(t));
}

static void
a_file_of_the_store_is_looked_at(void **state)
{
	struct trek *t = *state;
	const char *path = path_join(&t->place.arena, t->place.store_dir, "objects/x");
	struct stat status;

	OK(file_replace(AT_FDCWD, path, STR("bytes"), 0600, FILE_NO_SYNC, &err));
	assert_int_equal(stat(path, &status), 0);
	trail_add_file(t->trail, TRAIL_OBJECT, "objects/x", &status);
	keep(t);
	assert_true(holds(t));
	assert_int_equal(unlink(path), 0);
	assert_false(holds(t));
}

static void
a_name_leads_to_the_same_program(void **state)
{
	struct trek *t = *state;
	const char *file = path_join(&t->place.arena, t->place.workspace, "two/tool");
	const char *path = arena_printf(
		&t->place.arena, "%s/one:%s/two", t->place.workspace, t->place.workspace);
	struct stat status;

	OK(dir_make(t->workspace, "one", 0755, &err));
	OK(dir_make(t->workspace, "two", 0755, &err));
	OK(file_replace(t->workspace, "two/tool", STR("#!"), 0755, FILE_NO_SYNC, &err));
	assert_int_equal(stat(file, &status), 0);
	trail_add_program(t->trail, path, t->place.workspace, "tool", file, &status);
	keep(t);
	assert_true(holds(t));
	OK(file_replace(t->workspace, "one/tool", STR("#!"), 0755, FILE_NO_SYNC, &err));
	assert_false(holds(t));
	assert_int_equal(unlinkat(t->workspace, "one/tool", 0), 0);
	assert_true(holds(t));
	OK(file_replace(t->workspace, "two/tool", STR("#!"), 0755, FILE_NO_SYNC, &err));
	assert_false(holds(t));
}

static void
a_variable_is_what_it_was(void **state)
{
	struct trek *t = *state;

	assert_int_equal(unsetenv("TRAIL_TWO"), 0);
	assert_int_equal(setenv("TRAIL_ONE", "", 1), 0);
	trail_add_variable(t->trail, "TRAIL_ONE");
	trail_add_variable(t->trail, "TRAIL_TWO");
	keep(t);
	assert_true(holds(t));
	assert_int_equal(setenv("TRAIL_TWO", "", 1), 0);
	assert_false(holds(t));
	assert_int_equal(unsetenv("TRAIL_TWO"), 0);
	assert_true(holds(t));
	assert_int_equal(setenv("TRAIL_ONE", "x", 1), 0);
	assert_false(holds(t));
	assert_int_equal(unsetenv("TRAIL_ONE"), 0);
	assert_false(holds(t));
}

static void
it_ends_in_time(void **state)
{
	struct trek *t = *state;

	trail_add_file(t->trail, TRAIL_ABSENT, "none", NULL);
	trail_end_at(t->trail, INT64_C(4000000000000000));
	keep(t);
	assert_true(holds(t));
	trail_end_at(t->trail, 1000);
	trail_end_at(t->trail, 2000);
	keep(t);
	assert_false(holds(t));
}

static void
one_that_is_broken_stays_so(void **state)
{
	struct trek *t = *state;

	put_file(&t->place, "in", "text");
	assert_false(trail_is_whole(t->trail));
	add_file(t, TRAIL_INPUT, "in");
	trail_break(t->trail);
	add_file(t, TRAIL_INPUT, "in");
	assert_false(trail_is_whole(t->trail));
	make_original(t);
	trail_keep(t->place.store, &t->question, t->trail, &t->run);
	assert_false(holds(t));
	/* Whoever has none adds nothing to it. */
	trail_break(NULL);
	trail_add_file(NULL, TRAIL_ABSENT, "x", NULL);
	trail_add_variable(NULL, "x");
	trail_end_at(NULL, 1);
	assert_false(trail_is_whole(NULL));
}

/* Cut off anywhere, or with any byte changed, it is none. */
static void
damage_is_no_answer(void **state)
{
	struct trek *t = *state;
	AUTO_BUF struct buf bytes = BUF_INIT((size_t)1 << 20);
	char hex[DIGEST_HEX_SIZE];
	const char *path = arena_printf(&t->place.arena, "%s/trails/%s", t->place.store_dir,
		digest_to_hex(&t->question, hex));

	put_file(&t->place, "in", "text");
	add_file(t, TRAIL_INPUT, "in");
	trail_add_variable(t->trail, "HOME");
	keep(t);
	assert_true(holds(t));
	OK(file_read(AT_FDCWD, path, &bytes, &err));
	for (size_t i = 0; i < bytes.n; i++) {
		bytes.p[i] ^= 0x10;
		OK(file_replace(AT_FDCWD, path, buf_str(&bytes), 0600, FILE_NO_SYNC, &err));
		assert_false(holds(t));
		bytes.p[i] ^= 0x10;
		OK(file_replace(
			AT_FDCWD, path, (struct str){bytes.p, i}, 0600, FILE_NO_SYNC, &err));
		assert_false(holds(t));
	}
	OK(file_replace(AT_FDCWD, path, buf_str(&bytes), 0600, FILE_NO_SYNC, &err));
	assert_true(holds(t));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_kept_comes_back),
		TEST(what_it_was_asked_by_counts),
		TEST(a_file_is_the_same_to_the_nanosecond),
		TEST(a_link_in_place_of_an_output_is_none),
		TEST(what_was_absent_is_absent),
		TEST(a_file_of_the_store_is_looked_at),
		TEST(a_name_leads_to_the_same_program),
		TEST(a_variable_is_what_it_was),
		TEST(it_ends_in_time),
		TEST(one_that_is_broken_stays_so),
		TEST(damage_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
