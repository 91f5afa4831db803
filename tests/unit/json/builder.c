/* Values that are built, and values that are copied. */
#include "json/builder.h"
#include "json/copy.h"
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
expect_json(const struct value *v, const char *wanted)
{
	AUTO_BUF struct buf text = BUF_INIT(1 << 20);

	json_write(v, &text);
	assert_string_equal(buf_cstr(&text), wanted);
}

static void
builds_in_the_order_of_calls(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUILDER struct builder b = BUILDER_INIT(&arena);
	const struct value *root;

	(void)state;
	builder_object(&b, NULL);
	builder_cstr(&b, "b", "x");
	builder_array(&b, "a");
	builder_i64(&b, NULL, INT64_MIN);
	builder_u64(&b, NULL, UINT64_MAX);
	builder_object(&b, NULL);
	builder_end(&b);
	builder_array(&b, NULL);
	builder_end(&b);
	builder_end(&b);
	builder_bool(&b, "t", true);
	builder_null(&b, "n");
	builder_end(&b);
	root = builder_root(&b);
	expect_json(root,
		"{\"b\":\"x\",\"a\":[-9223372036854775808,18446744073709551615,{},[]],"
		"\"t\":true,\"n\":null}");
	/* Keys can be looked up, so their hashes are right. */
	assert_true(value_is_true(value_get(root, STR("t"))));
}

static void
a_scalar_can_be_the_root(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUILDER struct builder b = BUILDER_INIT(&arena);

	(void)state;
	builder_i64(&b, NULL, 7);
	expect_json(builder_root(&b), "7");
}

static void
many_children_are_kept(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUILDER struct builder b = BUILDER_INIT(&arena);
	const struct value *root;

	(void)state;
	builder_array(&b, NULL);
	for (int64_t i = 0; i < 10000; i++)
		builder_i64(&b, NULL, i);
	builder_end(&b);
	root = builder_root(&b);
	assert_int_equal(root->n, 10000);
	for (int64_t i = 0; i < 10000; i++) {
		int64_t number = -1;

		assert_true(value_to_i64(&root->items[i], &number));
		assert_int_equal(number, i);
	}
}

static void
text_becomes_utf8_and_ends_with_nul(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *text;
	} cases[] = {
		{"abc", 2, "ab"},
		{"", 0, ""},
		{"caf\xe9", 4, "caf\xEF\xBF\xBD"},
		{"\xff\xfe", 2, "\xEF\xBF\xBD\xEF\xBF\xBD"},
		{"\xe9x\xc3\xa9", 4, "\xEF\xBF\xBDx\xc3\xa9"},
		{"a\xed\xa0\x80z", 5, "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		AUTO_BUILDER struct builder b = BUILDER_INIT(&arena);
		const struct value *root;

		builder_text(&b, NULL, (struct str){cases[i].bytes, cases[i].n});
		root = builder_root(&b);
		assert_int_equal(root->n, strlen(cases[i].text));
		assert_string_equal(root->text, cases[i].text);
	}
}

static void
a_copy_needs_nothing_of_the_original(void **state)
{
	static const char json[] =
		"{\"a\":[1.50,{\"b\":\"\\u00e9\",\"\":[]},null,true],\"c\":{}}";
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct arena original = ARENA_INIT;
	char text[sizeof(json)];
	struct source source = {.name = "x", .text = {text, sizeof(json) - 1}};
	const struct value *v;
	const struct value *number;
	struct value copy;
	struct err err = ERR_INIT;

	(void)state;
	memcpy(text, json, sizeof(json));
	assert_int_equal(json_parse(&original, &source, JSON_BORROW_TEXT, NULL, &v, &err), 0);
	copy = value_copy(&arena, v);
	assert_true(value_equal(v, &copy));
	memset(text, 'x', sizeof(text));
	arena_done(&original);
	expect_json(&copy, "{\"a\":[1.50,{\"b\":\"\xc3\xa9\",\"\":[]},null,true],\"c\":{}}");
	number = &value_get(&copy, STR("a"))->items[0];
	assert_string_equal(number->text, "1.50");
	assert_string_equal(copy.members[1].key.text, "c");
	assert_int_equal(number->offset, SOURCE_NOWHERE);
}

static void
depth_costs_no_stack(void **state)
{
	enum { DEPTH = 200000 };
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct value *levels = ARENA_ARRAY(&arena, DEPTH, struct value);
	const struct value *v;
	struct value copy;
	size_t depth = 0;

	(void)state;
	levels[0] = value_array(NULL, 0);
	for (size_t i = 1; i < DEPTH; i++)
		levels[i] = value_array(&levels[i - 1], 1);
	copy = value_copy(&arena, &levels[DEPTH - 1]);
	for (v = &copy; v->n; v = &v->items[0])
		depth++;
	assert_int_equal(depth, DEPTH - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_in_the_order_of_calls),
		cmocka_unit_test(a_scalar_can_be_the_root),
		cmocka_unit_test(many_children_are_kept),
		cmocka_unit_test(text_becomes_utf8_and_ends_with_nul),
		cmocka_unit_test(a_copy_needs_nothing_of_the_original),
		cmocka_unit_test(depth_costs_no_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
