#include "layer.h"

#include <sys/xattr.h>

/* One line an entry: change, path; then what was stripped and refused. */
static const char *
describe(struct fixture *f, const struct write_set *set)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 16);

	for (size_t i = 0; i < set->n; i++)
		buf_printf(&b, "%s %.*s\n",
			write_change_name(write_entry_change(&set->entries[i])),
			STR_ARG(set->entries[i].path));
	for (size_t i = 0; i < set->stripped.n; i++)
		buf_printf(&b, "stripped %.*s: %s\n", STR_ARG(set->stripped.items[i].path),
			set->stripped.items[i].what);
	for (size_t i = 0; i < set->refused.n; i++)
		buf_printf(&b, "refused %.*s: %s\n", STR_ARG(set->refused.items[i].path),
			set->refused.items[i].what);
	return arena_cstr(&f->arena, buf_str(&b));
}

struct question {
	const char *name;
	const char *before; /* makes the workspace */
	const char *script; /* works in the merged view */
	const char *answer;
};

static const struct question questions[] = {
	{"nothing", "echo a >a", "cat a >/dev/null", ""},
	{"a new file", "echo a >a", "echo b >b", "added b\n"},
	{"a changed file", "echo a >a", "echo b >a", "modified a\n"},
	{"a file that was only touched", "echo a >a", "touch a; chmod 600 a", ""},
	{"a file that was written as it was", "echo a >a", "echo a >new; mv new a", ""},
	{"a file that may be run now", "echo a >a", "chmod +x a", "mode a\n"},
	{"a file that is gone", "echo a >a", "rm a", "deleted a\n"},
	{"a folder that is gone", "mkdir -p d/e; echo 1 >d/e/f; echo 2 >d/g", "rm -r d",
		"deleted d\ndeleted d/e\ndeleted d/e/f\ndeleted d/g\n"},
	{"a folder made anew", "mkdir -p d/e; echo 1 >d/e/f; echo 2 >d/g",
		"rm -r d; mkdir d; echo 2 >d/g; echo 3 >d/h",
		"deleted d/e\ndeleted d/e/f\nadded d/h\n"},
	{"a folder in a folder made anew", "mkdir -p d/e/i; echo 1 >d/e/f; echo 2 >d/e/i/g",
		"rm -r d; mkdir -p d/e/i; echo 1 >d/e/f", "deleted d/e/i/g\n"},
	{"a moved folder", "mkdir -p d/e; echo 1 >d/e/f", "mv d c",
		"added c\nadded c/e\nadded c/e/f\ndeleted d\ndeleted d/e\ndeleted d/e/f\n"},
	{"a file in the place of a folder", "mkdir -p d; echo 1 >d/f", "rm -r d; echo 1 >d",
		"modified d\ndeleted d/f\n"},
	{"a folder in the place of a file", "echo 1 >d", "rm d; mkdir d; echo 1 >d/f",
		"modified d\nadded d/f\n"},
	{"a link", "echo a >a", "ln -s a b; rm a; ln -s nowhere a", "modified a\nadded b\n"},
	{"a link led elsewhere", "ln -s x l", "ln -sfn y l", "modified l\n"},
	{"made and removed again", "mkdir d", "echo 1 >d/x; rm d/x; mkdir -p e/f; rm -r e", ""},
	{"without permissions", "echo 1 >a", "echo 2 >a; mkdir d; echo 3 >d/x; chmod 0 a d",
		"modified a\nadded d\nadded d/x\n"},
	{"an empty folder", "true", "mkdir d", "added d\n"},
	{"set-id bits", "true", "echo 1 >s; chmod 6755 s",
		"added s\nstripped s: set-id bits\n"},
	{"a file of two names", "echo 1 >a; ln a b", "echo 2 >a",
		"modified a\nstripped a: the link to its other names\n"},
	{"a file of two names that may be run now", "echo 1 >a; ln a b", "chmod +x a",
		"mode a\n"},
	{"a fifo", "true", "mkfifo p; echo 1 >a",
		"added a\nrefused p: it is no file, directory or link that can be kept\n"},
	{"a name that is no text", "true", "echo 1 >\"$(printf 'x\\377')\"",
		"refused x\377: its name is not UTF-8\n"},
	{"a target that is no text", "true", "ln -s \"$(printf 'x\\377')\" l",
		"refused l: it is no file, directory or link that can be kept\n"},
};

static void
test_what_a_step_changed(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		const struct question *q = &questions[i];
		void *fresh = NULL;
		struct fixture *f;
		struct layer layer;
		struct write_set set;
		const char *answer;

		/* What is without is without for everybody but root. */
		if (geteuid() != 0 && strcmp(q->name, "without permissions") == 0)
			continue;
		assert_int_equal(fixture_open_dir(&fresh), 0);
		f = fresh;
		layer = layer_make(f);
		shell("cd %s && { %s; }", layer.workspace, q->before);
		if (!layer_work(&layer, layer_run_script, q->script)) {
			(void)fixture_close(&fresh);
			print_message("no overlay can be mounted here\n");
			skip();
		}
		set = layer_read(&layer);
		answer = describe(f, &set);
		if (strcmp(answer, q->answer) != 0)
			fail_msg("%s:\n%snot\n%s", q->name, answer, q->answer);
		(void)fixture_close(&fresh);
	}
	(void)state;
}

/* Applying strips these, so it is said; the overlay's own are none. */
static void
test_attributes_are_said(void **state)
{
	struct fixture *f = *state;
	struct layer layer = layer_make(f);
	struct write_set set;

	shell("echo 1 >%s/a; echo 1 >%s/b", layer.upper, layer.upper);
	if (setxattr(arena_printf(&f->arena, "%s/a", layer.upper), "user.comment", "x", 1, 0) !=
			0 ||
		setxattr(arena_printf(&f->arena, "%s/b", layer.upper), "user.overlay.origin",
			"x", 1, 0) != 0)
		skip();
	set = layer_read(&layer);
	assert_string_equal(
		describe(f, &set), "added a\nadded b\nstripped a: extended attributes\n");
}

static void
test_a_layer_that_does_not_hold_the_whole_is_refused(void **state)
{
	struct fixture *f = *state;
	struct layer layer = layer_make(f);
	AUTO_CLOSE int upper = -1;
	AUTO_CLOSE int workspace = -1;
	struct upper_spec spec;
	struct write_set set;

	shell("mkdir %s/d %s/d/e", layer.upper, layer.upper);
	if (setxattr(arena_printf(&f->arena, "%s/d/e", layer.upper), "user.overlay.redirect",
		    "/x", 2, 0) != 0)
		skip();
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	must(dir_open(AT_FDCWD, layer.upper, &upper, &f->err));
	must(dir_open(AT_FDCWD, layer.workspace, &workspace, &f->err));
	spec = (struct upper_spec){f->store, NULL, upper, workspace};
	expect_error(upper_read(&spec, &f->arena, &set, &f->err), ERR_INVALID, "redirect_dir");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_step_changed),
		cmocka_unit_test_setup_teardown(
			test_attributes_are_said, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_a_layer_that_does_not_hold_the_whole_is_refused, fixture_open_dir,
			fixture_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
