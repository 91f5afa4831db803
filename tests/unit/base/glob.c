#include "base/glob.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static char root[] = "/tmp/lily-glob-XXXXXX";
static int top = -1;

static void
make(const char *path)
{
	char folder[256];
	struct err err = ERR_INIT;

	(void)snprintf(folder, sizeof(folder), "%.*s",
		(int)(strrchr(path, '/') ? strrchr(path, '/') - path : 0), path);
	if (*folder)
		assert_int_equal(dir_make_all(top, folder, 0755, &err), 0);
	assert_int_equal(file_replace(top, path, STR("x"), 0644, FILE_NO_SYNC, &err), 0);
}

static int
set_up(void **state)
{
	static const char *const files[] = {"a.csv", "b.csv", "b.txt", ".hidden.csv",
		"x[1].csv", "out/b.csv", "out/a.csv", "out/deep/c.csv", "out/deep/er/d.csv",
		"out/.git/e.csv", "out/deep/n.txt", "2024/01/t.csv", "2024/02/t.csv",
		"back\\slash"};

	(void)state;
	if (!mkdtemp(root))
		return -1;
	top = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		make(files[i]);
	return symlinkat("a.csv", top, "link.csv") || symlinkat("out", top, "link") ||
		symlinkat("/tmp", top, "outside");
}

static int
tear_down(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	(void)close(top);
	return tree_remove(AT_FDCWD, root, &err);
}

static void
finds_what_the_pattern_says(void **state)
{
	static const struct {
		const char *pattern;
		const char *folder;
		const char *paths;
	} cases[] = {
		{"*.csv", ".", "a.csv b.csv link.csv x[1].csv"},
		{".*.csv", ".", ".hidden.csv"},
		{"?.csv", ".", "a.csv b.csv"},
		{"[!a].csv", ".", "b.csv"},
		{"./*.txt", ".", "b.txt"},
		{"out/*.csv", "out", "a.csv b.csv"},
		{"out/*", "out", "a.csv b.csv"},
		{"out/*/*", "out", "deep/c.csv deep/n.txt"},
		{"out/**/*.csv", "out", "a.csv b.csv deep/c.csv deep/er/d.csv"},
		{"out/**", "out", "a.csv b.csv deep/c.csv deep/er/d.csv deep/n.txt"},
		{"out/**/**/*.csv", "out", "a.csv b.csv deep/c.csv deep/er/d.csv"},
		{"out/**/er/*", "out", "deep/er/d.csv"},
		{"out//./deep//*.txt", "out//./deep/", "n.txt"},
		{"*/*/t.csv", ".", "2024/01/t.csv 2024/02/t.csv"},
		{"20*/0[2-9]/*", ".", "2024/02/t.csv"},
		{"x\\[1\\].csv", ".", "x[1].csv"},
		{"back\\\\*", ".", "back\\slash"},
		{"out/.git/*", "out/.git", "e.csv"},
		{"link/*.csv", "link", "a.csv b.csv"},
		{"*/a.csv", ".", "out/a.csv"},
		{"nowhere/*.csv", "nowhere", ""},
		{"a.csv/*", "a.csv", ""},
		{"*.nothing", ".", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		AUTO_BUF struct buf paths = BUF_INIT(4096);
		struct glob_found found;
		struct err err = ERR_INIT;

		assert_true(glob_is_pattern(str_of(cases[i].pattern)));
		assert_int_equal(
			glob_find(top, str_of(cases[i].pattern), &arena, &found, &err), 0);
		for (size_t j = 0; j < found.n; j++)
			buf_printf(&paths, "%s%.*s", j ? " " : "", STR_ARG(found.paths[j]));
		assert_string_equal(buf_cstr(&paths), cases[i].paths);
		assert_true(str_is(found.folder, cases[i].folder));
	}
	assert_false(glob_is_pattern(STR("plain/path.csv")));
}

static void
does_not_leave_the_directory(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct glob_found found;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(glob_find(top, STR("outside/*"), &arena, &found, &err), ERR_DENIED);
}

static void
has_a_limit_of_components(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf pattern = BUF_INIT(4096);
	struct glob_found found;
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < GLOB_COMPONENTS_MAX; i++)
		buf_add_cstr(&pattern, i ? "/*" : "*");
	assert_int_equal(glob_find(top, buf_str(&pattern), &arena, &found, &err), 0);
	buf_add_cstr(&pattern, "/*");
	assert_int_equal(glob_find(top, buf_str(&pattern), &arena, &found, &err), ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_the_pattern_says),
		cmocka_unit_test(does_not_leave_the_directory),
		cmocka_unit_test(has_a_limit_of_components),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
