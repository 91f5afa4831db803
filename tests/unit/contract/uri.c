#include "contract/uri.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* RFC 3986, 5.4, and what schemas do besides. */
static void
references_resolve(void **state)
{
	static const char *const base = "http://a/b/c/d;p?q";
	static const struct {
		const char *base;
		const char *reference;
		const char *result;
	} rows[] = {
		{NULL, "g:h", "g:h"},
		{NULL, "g", "http://a/b/c/g"},
		{NULL, "./g", "http://a/b/c/g"},
		{NULL, "g/", "http://a/b/c/g/"},
		{NULL, "/g", "http://a/g"},
		{NULL, "//g", "http://g"},
		{NULL, "?y", "http://a/b/c/d;p?y"},
		{NULL, "g?y", "http://a/b/c/g?y"},
		{NULL, "#s", "http://a/b/c/d;p?q#s"},
		{NULL, "g#s", "http://a/b/c/g#s"},
		{NULL, "g?y#s", "http://a/b/c/g?y#s"},
		{NULL, ";x", "http://a/b/c/;x"},
		{NULL, "", "http://a/b/c/d;p?q"},
		{NULL, ".", "http://a/b/c/"},
		{NULL, "./", "http://a/b/c/"},
		{NULL, "..", "http://a/b/"},
		{NULL, "../g", "http://a/b/g"},
		{NULL, "../..", "http://a/"},
		{NULL, "../../g", "http://a/g"},
		{NULL, "../../../g", "http://a/g"},
		{NULL, "/./g", "http://a/g"},
		{NULL, "/../g", "http://a/g"},
		{NULL, "g.", "http://a/b/c/g."},
		{NULL, "..g", "http://a/b/c/..g"},
		{NULL, "./../g", "http://a/b/g"},
		{NULL, "g/./h", "http://a/b/c/g/h"},
		{NULL, "g/../h", "http://a/b/c/h"},
		{NULL, "g;x=1/../y", "http://a/b/c/y"},
		{NULL, "g?y/../x", "http://a/b/c/g?y/../x"},
		{NULL, "g#s/../x", "http://a/b/c/g#s/../x"},
		{"http://a", "b", "http://a/b"},
		{"", "b.json", "b.json"},
		{"", "#/x", "#/x"},
		{"a.json", "./b.json", "b.json"},
		{"dir/a.json", "../b.json", "/b.json"},
		{"urn:uuid:deadbeef", "#foo", "urn:uuid:deadbeef#foo"},
		{"urn:example:a", "urn:example:b#c", "urn:example:b#c"},
		{"http://a/b#old", "#new", "http://a/b#new"},
		{"file:///x/y.json", "z.json", "file:///x/z.json"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct str from = str_of(rows[i].base ? rows[i].base : base);
		struct str result = uri_resolve(&arena, from, str_of(rows[i].reference));

		if (!str_is(result, rows[i].result))
			fail_msg("%s: %.*s, not %s", rows[i].reference, STR_ARG(result),
				rows[i].result);
	}
}

static void
fragments_are_cut(void **state)
{
	struct str fragment;

	(void)state;
	assert_true(str_is(uri_without_fragment(STR("a#b#c"), &fragment), "a"));
	assert_true(str_is(fragment, "b#c"));
	assert_true(str_is(uri_without_fragment(STR("a#"), &fragment), "a"));
	assert_non_null(fragment.p);
	assert_true(str_is(uri_without_fragment(STR("a"), &fragment), "a"));
	assert_null(fragment.p);
}

static void
percent_signs_are_decoded_and_encoded(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT(100);

	(void)state;
	assert_true(str_is(uri_decode(&arena, STR("%25%5e%5E%zz%2")), "%^^%zz%2"));
	assert_true(str_is(uri_decode(&arena, STR("plain")), "plain"));
	uri_encode_fragment(STR("/a^b\"c%/\xC3\xA9$"), &b);
	assert_string_equal(buf_cstr(&b), "/a%5Eb%22c%25/%C3%A9$");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references_resolve),
		cmocka_unit_test(fragments_are_cut),
		cmocka_unit_test(percent_signs_are_decoded_and_encoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
