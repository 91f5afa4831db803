#include "rig.h"

static const char *
find(const char *text)
{
	struct err err = ERR_INIT;
	const char *path;

	if (location_find(&rig.surroundings, str_of(text), &rig.arena, &path, &err) < 0)
		fail_msg("%s: %s", text, err.message);
	return rig_short(&rig.arena, str_of(path));
}

static void
expect_refusal(const char *text, const char *message)
{
	struct err err = ERR_INIT;
	const char *path;

	assert_int_equal(
		location_find(&rig.surroundings, str_of(text), &rig.arena, &path, &err),
		ERR_INVALID);
	if (!strstr(err.message, message))
		fail_msg("%s: %s", text, err.message);
}

static void
test_starts(void **state)
{
	(void)state;
	assert_string_equal(find("src"), "W/src");
	assert_string_equal(find("./src/"), "W/src");
	assert_string_equal(find("."), "W");
	assert_string_equal(find("./"), "W");
	assert_string_equal(find(".."), "~");
	assert_string_equal(find("../data"), "~/data");
	assert_string_equal(find("~"), "~");
	assert_string_equal(find("~/x//y/./z/"), "~/x/y/z");
	assert_string_equal(find("$HOME/x"), "~/x");
	assert_string_equal(find("${HOME}/x"), "~/x");
	assert_string_equal(find("/"), "/");
	assert_string_equal(find("/no/such/path"), "/no/such/path");
	assert_string_equal(find("src/later/on"), "W/src/later/on");
	assert_string_equal(find("tools/gen/below/a/file"), "W/tools/gen/below/a/file");
}

static void
test_refusals(void **state)
{
	char *deep = arena_bytes(&rig.arena, 5000);

	(void)state;
	memset(deep, 'a', 4999);
	deep[4999] = '\0';
	expect_refusal("", "1 to");
	expect_refusal(deep, "1 to");
	expect_refusal("~root/x", "only one's own");
	expect_refusal("$HOMES", "no expressions");
	expect_refusal("a/..", "behind a name");
	expect_refusal("~/../x", "behind a name");
	expect_refusal("a?b", "no patterns");
}

static void
test_links_of_root_are_followed(void **state)
{
	char target[64] = "";

	(void)state;
	if (readlink("/bin", target, sizeof(target) - 1) < 0 || strcmp(target, "usr/bin") != 0)
		skip();
	assert_string_equal(find("/bin"), "/usr/bin");
	assert_string_equal(find("/bin/later"), "/usr/bin/later");
}

/* As root, too, whose links in the workspace are owned by root. */
static void
test_links_of_others_are_refused(void **state)
{
	struct err err = ERR_INIT;
	const char *path;
	const char *public = arena_printf(&rig.arena, "%s/public", rig.root);
	const char *link = arena_printf(&rig.arena, "%s/link", public);

	(void)state;
	expect_refusal("link", "is a link to ../data");
	expect_refusal("link/x/y", "write the path that it leads to");
	expect_refusal(arena_printf(&rig.arena, "%s/link", rig.surroundings.workspace),
		"is a link to ../data");
	assert_int_equal(dir_make(AT_FDCWD, public, 0777, &err), 0);
	assert_int_equal(chmod(public, 0777), 0);
	assert_int_equal(symlink("/etc", link), 0);
	expect_refusal(link, "is a link to /etc");
	assert_int_equal(
		location_find_program(&rig.surroundings, str_of(link), &rig.arena, &path, &err),
		ERR_INVALID);
}

static void
test_a_circle_of_links_ends(void **state)
{
	const char *a = arena_printf(&rig.arena, "%s/own/a", rig.root);
	const char *b = arena_printf(&rig.arena, "%s/own/b", rig.root);

	(void)state;
	rig_folder("own");
	assert_int_equal(symlink("b", a), 0);
	assert_int_equal(symlink("a", b), 0);
	expect_refusal(a, getuid() == 0 ? "too many links" : "is a link to b");
}

static void
test_covers(void **state)
{
	(void)state;
	assert_true(location_covers("/", "/"));
	assert_true(location_covers("/", "/a"));
	assert_true(location_covers("/a", "/a"));
	assert_true(location_covers("/a", "/a/b"));
	assert_false(location_covers("/a", "/ab"));
	assert_false(location_covers("/a/b", "/a"));
	assert_false(location_covers("/a", "/"));
}

static void
test_programs(void **state)
{
	struct err err = ERR_INIT;
	const char *path;

	(void)state;
	assert_int_equal(
		location_find_program(&rig.surroundings, STR("cargo"), &rig.arena, &path, &err),
		0);
	assert_string_equal(rig_short(&rig.arena, str_of(path)), "~/.cargo/bin/cargo");
	assert_int_equal(location_find_program(&rig.surroundings, STR("./tools/gen"),
				 &rig.arena, &path, &err),
		0);
	assert_string_equal(rig_short(&rig.arena, str_of(path)), "W/tools/gen");
	assert_int_equal(location_find_program(
				 &rig.surroundings, STR("no-such"), &rig.arena, &path, &err),
		ERR_NOT_FOUND);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_starts),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_links_of_root_are_followed),
		cmocka_unit_test(test_links_of_others_are_refused),
		cmocka_unit_test(test_a_circle_of_links_ends),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_programs),
	};

	return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
