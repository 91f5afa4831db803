#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workspace/moves.h"

static const struct side none = {.type = SIDE_NONE};
static const struct side file = {.type = SIDE_FILE, .size = 1};
static const struct side dir = {.type = SIDE_DIR};

static void
expect_order(const struct write_entry *entries, size_t n, enum moves_direction direction,
	const char *expected)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT(4096);
	struct write_set set = {.entries = entries, .n = n};
	struct moves moves = moves_of(&set, direction, &arena);

	for (size_t i = 0; i < moves.n; i++)
		buf_printf(&b, "%s%s%s", i ? " " : "",
			moves.items[i].to.type == SIDE_NONE ? "-" : "+", moves.items[i].name);
	assert_string_equal(buf_cstr(&b), expected);
}

static void
test_folders_before_what_is_in_them(void **state)
{
	const struct write_entry entries[] = {{STR("a"), none, dir}, {STR("a-b"), none, file},
		{STR("a/b"), none, dir}, {STR("a/b/c"), none, file}, {STR("d"), dir, none},
		{STR("d/e"), file, none}};

	expect_order(
		entries, ARRAY_SIZE(entries), MOVES_FORWARD, "+a +a/b +a-b +a/b/c -d/e -d");
	expect_order(
		entries, ARRAY_SIZE(entries), MOVES_BACKWARD, "+d +d/e -a/b/c -a/b -a-b -a");
	(void)state;
}

static void
test_what_is_in_the_way_goes_first(void **state)
{
	const struct write_entry entries[] = {{STR("a"), dir, file}, {STR("a-b"), dir, file},
		{STR("a/x"), file, none}, {STR("b"), file, dir}, {STR("b/y"), none, file},
		{STR("c"), file, none}};

	expect_order(entries, ARRAY_SIZE(entries), MOVES_FORWARD,
		"-b -a/x -a-b -a +b +a +a-b +b/y -c");
	expect_order(entries, ARRAY_SIZE(entries), MOVES_BACKWARD,
		"-b/y -b -a-b -a +a +a-b +a/x +b +c");
	(void)state;
}

static void
test_a_repository_stays_whole(void **state)
{
	const struct write_entry entries[] = {{STR(".git/HEAD"), file, dir},
		{STR(".git/index"), file, file}, {STR(".git/logs/HEAD"), file, file},
		{STR(".git/objects"), none, dir}, {STR(".git/objects/ab"), none, dir},
		{STR(".git/objects/ab/cd"), none, file}, {STR(".git/refs/heads/x"), none, file},
		{STR("z"), none, file}};

	expect_order(entries + 1, ARRAY_SIZE(entries) - 1, MOVES_FORWARD,
		"+.git/objects +.git/objects/ab +z +.git/objects/ab/cd +.git/logs/HEAD "
		"+.git/index +.git/refs/heads/x");
	(void)state;
}

static void
test_which_repository_a_path_lies_in(void **state)
{
	static const struct {
		const char *path;
		const char *repository;
	} table[] = {{".git", ""}, {".git/x", ".git"}, {"a/.git/b/c", "a/.git"},
		{"a.git/x", ""}, {"a/b", ""}, {"x/.gitignore", ""}};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_true(
			str_is(moves_repository(str_of(table[i].path)), table[i].repository));
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folders_before_what_is_in_them),
		cmocka_unit_test(test_what_is_in_the_way_goes_first),
		cmocka_unit_test(test_a_repository_stays_whole),
		cmocka_unit_test(test_which_repository_a_path_lies_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
