#include "contract/file_uri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static void
paths_become_uris_and_come_back(void **state)
{
	static const struct {
		const char *path;
		const char *uri;
		const char *back;
	} rows[] = {
		{"/a/b.json", "file:///a/b.json", "/a/b.json"},
		{"/a b#c?d%e", "file:///a%20b%23c%3Fd%25e", "/a b#c?d%e"},
		{"/\xC3\xA9\xFF", "file:///%C3%A9%FF", "/\xC3\xA9\xFF"},
		{"/a/./b/../c", "file:///a/c", "/a/c"},
		{"/a//b", "file:///a//b", "/a//b"},
		{"/..", "file:///", "/"},
		{"/a;b=c:d@e", "file:///a;b=c:d@e", "/a;b=c:d@e"},
	};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str uri;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(file_uri_of(rows[i].path, &arena, &uri, &err), 0);
		assert_true(str_is(uri, rows[i].uri));
		assert_string_equal(file_uri_path(uri, &arena), rows[i].back);
	}
}

static void
relative_paths_begin_where_we_are(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str uri;

	(void)state;
	assert_int_equal(chdir("/usr/bin"), 0);
	assert_int_equal(file_uri_of("../a.json", &arena, &uri, &err), 0);
	assert_true(str_is(uri, "file:///usr/a.json"));
	assert_int_equal(file_uri_of("./", &arena, &uri, &err), 0);
	assert_true(str_is(uri, "file:///usr/bin/"));
}

static void
other_uris_are_no_paths(void **state)
{
	static const char *const others[] = {"https://a.test/b", "urn:a:b", "file:a",
		"file://elsewhere/a", "file://", "file:///a%00b", "/a", ""};
	AUTO_ARENA struct arena arena = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_null(file_uri_path(str_of(others[i]), &arena));
	assert_string_equal(file_uri_path(STR("file://localhost/a"), &arena), "/a");
}

static void
a_scheme_makes_a_reference_absolute(void **state)
{
	(void)state;
	assert_true(uri_is_relative(STR("a.json")));
	assert_true(uri_is_relative(STR("../a.json#/x:y")));
	assert_true(uri_is_relative(STR("#a:b")));
	assert_true(uri_is_relative(STR("a/b:c")));
	assert_true(uri_is_relative(STR("?a:b")));
	assert_true(uri_is_relative(STR_EMPTY));
	assert_false(uri_is_relative(STR("file:///a")));
	assert_false(uri_is_relative(STR("urn:a")));
	assert_false(uri_is_relative(STR("a.json:b")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_become_uris_and_come_back),
		cmocka_unit_test(relative_paths_begin_where_we_are),
		cmocka_unit_test(other_uris_are_no_paths),
		cmocka_unit_test(a_scheme_makes_a_reference_absolute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
