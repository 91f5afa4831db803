#include "fixture.h"

#include "store/home.h"

#include <sys/wait.h>

struct place {
	struct fixture *f;
	const char *a, *b; /* two workspaces; b does not exist yet */
};

static struct place
make_place(struct fixture *f)
{
	struct place place = {f, arena_printf(&f->arena, "%s/work a", f->dir),
		arena_printf(&f->arena, "%s/b", f->dir)};

	assert_int_equal(
		setenv("XDG_STATE_HOME", arena_printf(&f->arena, "%s/state", f->dir), 1), 0);
	must(dir_make(AT_FDCWD, place.a, 0755, &f->err));
	return place;
}

static const char *
home(struct fixture *f, const char *workspace, const char *note)
{
	const char *dir;
	struct str said;

	must(home_find(workspace, HOME_CREATE, &f->arena, &dir, &said, &f->err));
	if (note ? !strstr(said.p, note) : said.n != 0)
		fail_msg("note: %.*s", STR_ARG(said));
	return dir;
}

static const char *
real(struct fixture *f, const char *path)
{
	struct str found;

	must(path_real(path, &f->arena, &found, &f->err));
	return found.p;
}

static void
test_one_workspace_one_store(void **state)
{
	struct fixture *f = *state;
	struct place place = make_place(f);
	const char *link_to_a = arena_printf(&f->arena, "%s/link", f->dir);
	const char *dir;
	const char *first;
	struct str note;
	struct stat status;

	expect_error(
		home_find(place.a, 0, &f->arena, &dir, &note, &f->err), ERR_NOT_FOUND, place.a);
	first = home(f, place.a, NULL);
	assert_int_equal(stat(first, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(symlink(place.a, link_to_a), 0);
	assert_string_equal(home(f, link_to_a, NULL), first);
	assert_string_equal(home(f, place.a, NULL), first);
	must(home_find(place.a, 0, &f->arena, &dir, &note, &f->err));
	assert_string_equal(dir, first);
	must(dir_make(AT_FDCWD, place.b, 0755, &f->err));
	expect_error(
		home_find(place.b, 0, &f->arena, &dir, &note, &f->err), ERR_NOT_FOUND, place.b);
	assert_string_not_equal(home(f, place.b, NULL), first);
}

static void
test_moved(void **state)
{
	struct fixture *f = *state;
	struct place place = make_place(f);
	const char *first = home(f, place.a, NULL);
	const char *link_name;

	assert_int_equal(rename(place.a, place.b), 0);
	assert_non_null(real(f, home(f, place.b, "was at")));
	link_name = home(f, place.b, NULL);
	assert_string_equal(real(f, link_name), real(f, first));
	/* A new folder under the old path is another workspace. */
	must(dir_make(AT_FDCWD, place.a, 0755, &f->err));
	assert_string_not_equal(real(f, home(f, place.a, NULL)), real(f, first));
	assert_string_equal(real(f, home(f, place.b, NULL)), real(f, first));
	/* And back again. */
	assert_int_equal(rmdir(place.a), 0);
	assert_int_equal(rename(place.b, place.a), 0);
	assert_string_equal(real(f, home(f, place.a, "was at")), real(f, first));
	assert_string_equal(real(f, home(f, place.a, NULL)), real(f, first));
}

static void
test_replaced(void **state)
{
	struct fixture *f = *state;
	struct place place = make_place(f);
	const char *first = home(f, place.a, NULL);

	assert_int_equal(rename(place.a, place.b), 0);
	must(tree_remove(AT_FDCWD, place.b, &f->err));
	/* So that the new folder does not get the inode of the old one. */
	must(dir_make(AT_FDCWD, place.b, 0755, &f->err));
	must(dir_make(AT_FDCWD, place.a, 0755, &f->err));
	assert_string_equal(home(f, place.a, "made anew"), first);
	assert_string_equal(home(f, place.a, NULL), first);
}

static void
test_copied(void **state)
{
	struct fixture *f = *state;
	struct place place = make_place(f);
	const char *first = home(f, place.a, NULL);
	const char *copy;

	must(home_mark(place.a, first, &f->err));
	must(dir_make(AT_FDCWD, place.b, 0755, &f->err));
	must(home_mark(place.b, first, &f->err));
	copy = home(f, place.b, first);
	assert_string_not_equal(copy, first);
	assert_string_equal(home(f, place.b, NULL), copy);
	assert_string_equal(home(f, place.a, NULL), first);
}

static void
test_two_at_once(void **state)
{
	struct fixture *f = *state;
	struct place place = make_place(f);
	char found[8][512];
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		const char *dir;
		char text[512] = "";
		struct str note;

		if (fork())
			continue;
		if (home_find(place.a, HOME_CREATE, &f->arena, &dir, &note, &f->err) < 0)
			_exit(1);
		(void)snprintf(text, sizeof(text), "%s", dir);
		_exit(write(pipes[1], text, sizeof(text)) != sizeof(text));
	}
	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
		assert_int_equal(read(pipes[0], found[i], sizeof(found[i])), sizeof(found[i]));
		assert_string_equal(found[i], found[0]);
	}
}

static void
test_workspace_of_a_folder(void **state)
{
	struct fixture *f = *state;
	struct place place = make_place(f);
	const char *deep = arena_printf(&f->arena, "%s/x/y/z", place.a);
	const char *workspace;
	AUTO_BUF struct buf mark = BUF_INIT(256);

	must(dir_make_all(AT_FDCWD, deep, 0755, &f->err));
	must(home_workspace(deep, &f->arena, &workspace, &f->err));
	assert_string_equal(workspace, deep);
	must(home_mark(place.a, "/some/store", &f->err));
	must(home_workspace(deep, &f->arena, &workspace, &f->err));
	assert_string_equal(workspace, place.a);
	must(file_read(AT_FDCWD, arena_printf(&f->arena, "%s/.lily", place.a), &mark, &f->err));
	assert_string_equal(buf_cstr(&mark), "/some/store\n");
	must(dir_make(AT_FDCWD, arena_printf(&f->arena, "%s/x/.lily", place.a), 0755, &f->err));
	expect_error(home_mark(arena_printf(&f->arena, "%s/x", place.a), "/s", &f->err),
		ERR_INVALID, "in the way");
	expect_error(home_workspace("/nowhere/at/all", &f->arena, &workspace, &f->err),
		ERR_NOT_FOUND, "/nowhere");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_one_workspace_one_store, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(test_moved, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(test_replaced, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(test_copied, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_two_at_once, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_workspace_of_a_folder, fixture_open_dir, fixture_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
