/* Writing: as read, canonical, and pointers into what was read. */
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEXT_MAX 100000

static const struct value *
parse(struct arena *arena, const char *text)
{
	struct source source = {"test", str_of(text)};
	const struct value *v = NULL;
	struct err err = ERR_INIT;

	if (json_parse(arena, &source, 0, NULL, &v, &err))
		fail_msg("%s", err.message);
	return v;
}

static void
values_are_written_as_they_were_read(void **state)
{
	static const struct {
		const char *text;
		const char *compact;
		const char *indented;
	} rows[] = {
		{"null", "null", "null"},
		{" [ ] ", "[]", "[]"},
		{"{ }", "{}", "{}"},
		{"[1.50, 1E+400 ,true,false]", "[1.50,1E+400,true,false]",
			"[\n  1.50,\n  1E+400,\n  true,\n  false\n]"},
		{"{\"b\":[],\"a\":{\"x\":[0]}}", "{\"b\":[],\"a\":{\"x\":[0]}}",
			"{\n  \"b\": [],\n  \"a\": {\n    \"x\": [\n      0\n    ]\n  }\n}"},
		{"\"\\u0000\\u001f\\b\\f\\n\\r\\t\\\"\\\\\\/\\u007f\\u00e9\"",
			"\"\\u0000\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\x7fé\"",
			"\"\\u0000\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\x7fé\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		AUTO_BUF struct buf b = BUF_INIT(TEXT_MAX);
		const struct value *v = parse(&arena, rows[i].text);

		json_write(v, &b);
		assert_string_equal(buf_cstr(&b), rows[i].compact);
		buf_clear(&b);
		json_write_indented(v, &b);
		assert_string_equal(buf_cstr(&b), rows[i].indented);
	}
}

static void
writing_stops_at_the_maximum(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT(8);
	const struct value *v = parse(&arena, "[[1,2,3],[4,5,6]]");
	struct err err = ERR_INIT;

	(void)state;
	json_write(v, &b);
	assert_int_equal(buf_check(&b, "text", &err), ERR_LIMIT);
	buf_clear(&b);
	assert_int_equal(json_canonical(v, JSON_NUMBERS_EXACT, &b, &err), 0);
	assert_int_equal(buf_check(&b, "text", &err), ERR_LIMIT);
}

static void
canonical_form_is_that_of_rfc_8785(void **state)
{
	static const struct {
		const char *text;
		const char *canonical;
	} rows[] = {
		{"{\"b\":1,\"a\":[ ]}", "{\"a\":[],\"b\":1}"},
		{"[1.0,1e2,-0,-0.0,0.000001,1e-7,1e21,100e18]",
			"[1,100,0,0,0.000001,1e-7,1e+21,100000000000000000000]"},
		{"{\"\":0,\"aa\":1,\"a\":2,\"B\":3,\"\\u0000\":4}",
			"{\"\":0,\"\\u0000\":4,\"B\":3,\"a\":2,\"aa\":1}"},
		/* U+FB33 follows U+1F600 in UTF-16, though not in UTF-8. */
		{"{\"\\ufb33\":1,\"\\ud83d\\ude00\":2,\"\\u20ac\":3,\"\\ud7ff\":4}",
			"{\"€\":3,\"\xED\x9F\xBF\":4,\"😀\":2,\"\uFB33\":1}"},
		{"{\"x\\ufffd\":1,\"x\\ud800\\udc00\":2}", "{\"x\U00010000\":2,\"x\uFFFD\":1}"},
		{"{\"a\":{\"d\":1,\"c\":{\"f\":0,\"e\":0}},\"A\":[{\"z\":1,\"y\":2}]}",
			"{\"A\":[{\"y\":2,\"z\":1}],\"a\":{\"c\":{\"e\":0,\"f\":0},\"d\":1}}"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		AUTO_BUF struct buf b = BUF_INIT(TEXT_MAX);
		struct err err = ERR_INIT;

		assert_int_equal(json_canonical(parse(&arena, rows[i].text), JSON_NUMBERS_EXACT,
					 &b, &err),
			0);
		assert_string_equal(buf_cstr(&b), rows[i].canonical);
	}
}

static void
canonical_form_refuses_what_it_cannot_say(void **state)
{
	static const struct {
		const char *text;
		bool is_fine_nearest;
	} rows[] = {
		{"9007199254740993", true},
		{"0.1000000000000000055511151231257827", true},
		{"1e-400", true},
		{"[1e309]", false},
		{"[-1E+400]", false},
		{"{\"a\":1,\"b\":2,\"a\":3}", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		AUTO_BUF struct buf b = BUF_INIT(TEXT_MAX);
		const struct value *v = parse(&arena, rows[i].text);
		struct err err = ERR_INIT;

		assert_int_equal(json_canonical(v, JSON_NUMBERS_EXACT, &b, &err), ERR_INVALID);
		assert_non_null(strstr(err.message, "RFC 8785"));
		assert_int_equal(json_canonical(v, JSON_NUMBERS_NEAREST, &b, &err),
			rows[i].is_fine_nearest ? 0 : ERR_INVALID);
	}
}

static void
pointers_are_those_of_rfc_6901(void **state)
{
	static const char text[] = "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,"
				   "\"e^f\":3,\"m~n\":8,\"~1\":9,\" \":7}";
	static const struct {
		const char *pointer;
		const char *value; /* NULL for none */
	} rows[] = {
		{"/foo", "[\"bar\",\"baz\"]"},
		{"/foo/0", "\"bar\""},
		{"/foo/1", "\"baz\""},
		{"/", "0"},
		{"/a~1b", "1"},
		{"/c%d", "2"},
		{"/e^f", "3"},
		{"/m~0n", "8"},
		{"/~01", "9"},
		{"/ ", "7"},
		{"foo", NULL},
		{"/foo/", NULL},
		{"/foo/2", NULL},
		{"/foo/-", NULL},
		{"/foo/00", NULL},
		{"/foo/01", NULL},
		{"/foo/+1", NULL},
		{"/foo/4294967296", NULL},
		{"/foo/18446744073709551616", NULL},
		{"/foo/0/x", NULL},
		{"/m~n", NULL},
		{"/m~", NULL},
		{"//", NULL},
		{"/nothing/at/all", NULL},
	};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct value *root = parse(&arena, text);

	(void)state;
	assert_ptr_equal(json_pointer_get(root, STR_EMPTY), root);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_BUF struct buf b = BUF_INIT(TEXT_MAX);
		const struct value *v = json_pointer_get(root, str_of(rows[i].pointer));

		if ((v != NULL) != (rows[i].value != NULL))
			fail_msg("%s", rows[i].pointer);
		if (!v)
			continue;
		json_write(v, &b);
		assert_string_equal(buf_cstr(&b), rows[i].value);
	}
}

static void
built_pointers_lead_back(void **state)
{
	static const char *const keys[] = {"", "a", "~", "/", "~1", "~0", "a/b~c", "0"};
	AUTO_ARENA struct arena arena = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		AUTO_BUF struct buf pointer = BUF_INIT(TEXT_MAX);
		const struct value *root = parse(
			&arena, arena_printf(&arena, "{\"x\":{\"no\":0,\"%s\":1}}", keys[i]));

		json_pointer_add(&pointer, STR("x"));
		json_pointer_add(&pointer, str_of(keys[i]));
		assert_ptr_equal(json_pointer_get(root, buf_str(&pointer)),
			value_get(&root->members[0].value, str_of(keys[i])));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_written_as_they_were_read),
		cmocka_unit_test(writing_stops_at_the_maximum),
		cmocka_unit_test(canonical_form_is_that_of_rfc_8785),
		cmocka_unit_test(canonical_form_refuses_what_it_cannot_say),
		cmocka_unit_test(pointers_are_those_of_rfc_6901),
		cmocka_unit_test(built_pointers_lead_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
