#include "json/value.h"
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct value *
parse(struct arena *arena, const char *text)
{
	struct source source = {"test", str_of(text)};
	const struct json_limits limits = {1 << 28, 10000000};
	const struct value *v = NULL;
	struct err err = ERR_INIT;

	if (json_parse(arena, &source, 0, &limits, &v, &err))
		fail_msg("%s", err.message);
	return v;
}

static void
equality_is_that_of_json_schema(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		bool equal;
	} rows[] = {
		{"null", "null", true},
		{"null", "false", false},
		{"true", "true", true},
		{"true", "false", false},
		{"0", "false", false},
		{"1", "1.0", true},
		{"1e400", "1E+400", true},
		{"0.1", "0.10", true},
		{"-0", "0", true},
		{"-0", "-0.0", true},
		{"10", "1e1", true},
		{"10", "-10", false},
		{"1", "-1", false},
		{"123456789012345678901234567890", "123456789012345678901234567890", true},
		{"123456789012345678901234567890", "123456789012345678901234567891", false},
		{"9007199254740993", "9007199254740992", false},
		{"1", "\"1\"", false},
		{"\"a\"", "\"\\u0061\"", true},
		{"\"a\"", "\"b\"", false},
		{"\"\"", "\"\\u0000\"", false},
		{"\"\\u00e9\"", "\"e\\u0301\"", false},
		{"[]", "{}", false},
		{"[]", "[]", true},
		{"[1,2]", "[2,1]", false},
		{"[1]", "[1,1]", false},
		{"[[1],[2]]", "[[1.0],[2]]", true},
		{"[[1],[2]]", "[[1],[3]]", false},
		{"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
		{"{\"a\":1,\"b\":2}", "{\"b\":1,\"a\":2}", false},
		{"{\"a\":1}", "{\"b\":1}", false},
		{"{\"a\":1}", "{\"a\":1,\"b\":1}", false},
		{"{\"a\":{\"x\":[1],\"y\":2}}", "{\"a\":{\"y\":2,\"x\":[1]}}", true},
		{"{\"a\":1,\"a\":1}", "{\"a\":1,\"b\":1}", false},
		{"{\"a\":1,\"a\":2,\"b\":0}", "{\"b\":0,\"a\":1,\"a\":2}", true},
		{"{\"a\":1,\"a\":2}", "{\"a\":2,\"a\":1}", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		const struct value *a = parse(&arena, rows[i].a);
		const struct value *b = parse(&arena, rows[i].b);

		if (value_equal(a, b) != rows[i].equal || value_equal(b, a) != rows[i].equal)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
	}
}

static void
deep_values_compare_without_recursion(void **state)
{
	size_t n = 1000000;
	AUTO_ARENA struct arena arena = ARENA_INIT;
	char *text = malloc(2 * n + 2);

	(void)state;
	assert_non_null(text);
	memset(text, '[', n);
	text[n] = '1';
	memset(text + n + 1, ']', n);
	text[2 * n + 1] = '\0';
	assert_true(value_equal(parse(&arena, text), parse(&arena, text)));
	free(text);
}

static void
members_are_found_by_key(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct value *v = parse(&arena,
		"{\"first\":0,\"a\":1,\"long key that is more than "
		"sixteen\":2,\"\":3,\"a\":4}");

	(void)state;
	assert_string_equal(value_kind_name(value_get(v, STR("a"))), "number");
	assert_true(str_is(value_text(value_get(v, STR("a"))), "4"));
	assert_true(str_is(value_text(value_get(v, STR("first"))), "0"));
	assert_true(str_is(
		value_text(value_get(v, STR("long key that is more than sixteen"))), "2"));
	assert_true(str_is(value_text(value_get(v, STR_EMPTY)), "3"));
	assert_null(value_get(v, STR("b")));
	assert_null(value_get(NULL, STR("a")));
	assert_null(value_get(value_get(v, STR("a")), STR("a")));
}

/* Every length, and each byte of each: a hash that overlooks one would find no fault with it. */
static void
the_hash_depends_on_every_byte(void **state)
{
	char text[100];

	(void)state;
	for (size_t n = 0; n + 1 < sizeof(text); n++) {
		uint32_t hash;

		memset(text, 'a', sizeof(text));
		hash = value_hash((struct str){text, n});
		assert_true(hash == value_hash((struct str){text, n}));
		assert_true(hash != value_hash((struct str){text, n + 1}));
		for (size_t i = 0; i < n; i++) {
			text[i] = 'b';
			assert_true(hash != value_hash((struct str){text, n}));
			text[i] = 'a';
		}
	}
}

static void
made_values_are_like_read_ones(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct value items[] = {value_null(), value_bool(true), value_bool(false),
		value_string(STR("x")), value_number(STR("1.50")),
		value_i64(&arena, INT64_MIN)};
	struct member member = {value_string(STR("k")), value_array(items, ARRAY_SIZE(items))};
	struct value object = value_object(&member, 1);
	const struct value *read =
		parse(&arena, "{\"k\":[null,true,false,\"x\",1.5,-9223372036854775808]}");
	int64_t number;
	double real;

	(void)state;
	assert_true(value_equal(&object, read));
	assert_int_equal(object.offset, SOURCE_NOWHERE);
	assert_true(items[5].flags & VALUE_IS_INTEGER);
	assert_false(items[4].flags & VALUE_IS_INTEGER);
	assert_true(value_to_i64(&items[5], &number));
	assert_true(number == INT64_MIN);
	assert_true(value_to_double(&items[4], &real));
	assert_true(real == 1.5);
	assert_false(value_to_i64(&items[3], &number));
	assert_false(value_to_double(&items[0], &real));
	assert_true(value_is_true(&items[1]));
	assert_false(value_is_true(&items[2]));
	assert_false(value_is_true(&items[0]));
	assert_int_equal(value_text(&items[0]).n, 0);
}

static void
every_kind_has_its_name(void **state)
{
	static const char *const texts[][2] = {{"null", "null"}, {"true", "boolean"},
		{"1", "number"}, {"\"\"", "string"}, {"[]", "array"}, {"{}", "object"}};
	AUTO_ARENA struct arena arena = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_string_equal(value_kind_name(parse(&arena, texts[i][0])), texts[i][1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equality_is_that_of_json_schema),
		cmocka_unit_test(deep_values_compare_without_recursion),
		cmocka_unit_test(members_are_found_by_key),
		cmocka_unit_test(the_hash_depends_on_every_byte),
		cmocka_unit_test(made_values_are_like_read_ones),
		cmocka_unit_test(every_kind_has_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
