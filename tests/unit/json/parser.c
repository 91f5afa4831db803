#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int
parse(struct arena *arena, struct str text, unsigned flags, const struct value **ret_value,
	struct err *err)
{
	struct source source = {"f", text};

	return json_parse(arena, &source, flags, NULL, ret_value, err);
}

struct mistake {
	const char *text;
	const char *start; /* of the message */
};

static const struct mistake mistakes[] = {
	{"", "f:1:1: there is nothing here"},
	{" \n", "f:2:1: there is nothing here"},
	{"[1,\n2,]", "f:2:2: trailing comma"},
	{"{\"a\":1,}", "f:1:7: trailing comma"},
	{"{\"a\":1,\n\n}", "f:1:7: trailing comma"},
	{"[,1]", "f:1:2: nothing stands before this comma"},
	{"['a']", "f:1:2: strings are written in double quotes"},
	{"{'a':1}", "f:1:2: strings are written in double quotes"},
	{"{a:1}", "f:1:2: a key is written in double quotes: \"a\""},
	{"{1:1}", "f:1:2: a key is written in double quotes: \"1\""},
	{"[NaN]", "f:1:2: JSON has no NaN"},
	{"[-Infinity]", "f:1:2: JSON has no infinity"},
	{"[Infinity]", "f:1:2: JSON has no infinity"},
	{"[True]", "f:1:2: JSON writes this as true"},
	{"[None]", "f:1:2: JSON writes this as null"},
	{"[nope]", "f:1:2: \"nope\" is no JSON value"},
	{"[1 // one\n]", "f:1:4: JSON has no comments"},
	{"/* x */ 1", "f:1:1: JSON has no comments"},
	{"{} # x", "f:1:4: JSON has no comments"},
	{"[01]", "f:1:2: a number has no zeros in front"},
	{"01", "f:1:1: a number has no zeros in front"},
	{"[0x1F]", "f:1:2: JSON numbers are decimal"},
	{"[+1]", "f:1:2: a number has no \"+\""},
	{"[.5]", "f:1:2: a number begins with a digit"},
	{"[1.]", "f:1:4: a digit must follow \".\""},
	{"[1.e3]", "f:1:4: a digit must follow \".\""},
	{"[1e]", "f:1:4: the exponent needs a digit"},
	{"[-]", "f:1:3: a digit must follow \"-\""},
	{"[1.2.3]", "f:1:5: a number cannot go on like this"},
	{"[2024-01-01]", "f:1:6: a number cannot go on like this"},
	{"[1 2]", "f:1:4: a comma, or \"]\", is missing"},
	{"{\"a\":1 \"b\":2}", "f:1:8: a comma, or \"}\", is missing"},
	{"[1;2]", "f:1:3: values are separated by \",\""},
	{"[\"a\":1]", "f:1:5: \":\" inside an array"},
	{"{\"a\" 1}", "f:1:6: \":\" is missing after the key"},
	{"{\"a\"=1}", "f:1:5: a key is followed by \":\", not \"=\""},
	{"{\"a\":}", "f:1:6: a value is missing before \"}\""},
	{"{\"a\"}", "f:1:5: \":\" and a value is missing before \"}\""},
	{"[1}", "f:1:3: \"}\" cannot close the array that begins at 1:1"},
	{"{\"a\":[1}", "f:1:8: \"}\" cannot close the array that begins at 1:6"},
	{"{\"a\":1]", "f:1:7: \"]\" cannot close the object that begins at 1:1"},
	{"]", "f:1:1: \"]\" closes nothing"},
	{"[]]", "f:1:3: \"]\" closes nothing"},
	{"[[1,2]", "f:1:7: the text ends inside the array that begins at 1:1, \"]\""},
	{"{\"a\":", "f:1:6: the text ends inside the object that begins at 1:1;"},
	{"1 2", "f:1:3: text after the end of the document"},
	{"[\"abc]", "f:1:2: this string never ends"},
	{"[\"abc\\", "f:1:2: this string never ends"},
	{"[\"abc\n\"]", "f:1:2: this string does not end on its line"},
	{"[\"a\tb\"]", "f:1:4: a tab inside a string: write it as \\t"},
	{"[\"a\x01\"]", "f:1:4: a control character inside a string: write it as \\u0001"},
	{"[\"a\\x\"]", "f:1:4: JSON has no such escape"},
	{"[\"a\\u12g4\"]", "f:1:4: \\u needs four hexadecimal digits"},
	{"[\"a\\ud800\"]", "f:1:4: half a character: \\ud800"},
	{"[\"\\udc00\\ud800\"]", "f:1:3: half a character: \\udc00"},
	{"[\"\\udc00\\udc00\"]", "f:1:3: half a character: \\udc00"},
	{"[\"\\ud800\\ue000\"]", "f:1:3: half a character: \\ud800"},
	{"[\"a\"b\"]", "f:1:5: text after the end of a string"},
	{"\xEF\xBB\xBF{}", "f:1:1: a byte order mark"},
	{"\xFF\xFE{\0", "f: this is UTF-16"},
	{"[\"a\xE5\"]", "f:1:4: byte 0xE5 is not UTF-8 here"},
	{"[\u201Ca\u201D]", "f:1:2: a typographic quote"},
	{"[\u00A0"
	 "1]",
		"f:1:2: a no-break space"},
	{"[`a`]", "f:1:2: strings are written in double quotes"},
	{"[\f1]", "f:1:2: a control character; only space"},
};

/* What a message says is what its user has: all of it is tested, place included. */
static void
mistakes_are_explained(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		const struct value *v = NULL;
		struct err err = ERR_INIT;
		int code = parse(&arena, str_of(mistakes[i].text), 0, &v, &err);

		assert_int_equal(code, ERR_INVALID);
		assert_null(v);
		if (!str_starts(str_of(err.message), str_of(mistakes[i].start)))
			fail_msg("%s\nfor \"%s\"", err.message, mistakes[i].start);
	}
}

static void
nul_bytes_are_refused_and_kept_in_escapes(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct value *v = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(parse(&arena, STR("[1\0]"), 0, &v, &err), ERR_INVALID);
	assert_true(str_starts(str_of(err.message), STR("f:1:3: a NUL byte")));
	assert_int_equal(parse(&arena, STR("1\0"), 0, &v, &err), ERR_INVALID);
	assert_int_equal(parse(&arena, STR("[\"\\u0000x\"]"), 0, &v, &err), 0);
	assert_true(str_equal(value_text(&v->items[0]), STR("\0x")));
}

static void
values_know_their_place(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const char *text = " {\n \"é\": [1, \"x\"],\n \"b\": {} }";
	const struct value *v;
	const struct value *list;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(parse(&arena, str_of(text), 0, &v, &err), 0);
	assert_int_equal(v->offset, 1);
	list = &v->members[0].value;
	assert_int_equal(v->members[0].key.offset, strstr(text, "\"é") - text);
	assert_int_equal(list->offset, strchr(text, '[') - text);
	assert_int_equal(list->items[0].offset, strchr(text, '1') - text);
	assert_int_equal(list->items[1].offset, strstr(text, "\"x") - text);
	assert_int_equal(v->members[1].value.offset, strstr(text, "{}") - text);
	assert_int_equal(v->members[1].value.n, 0);
}

static void
numbers_keep_their_lexeme(void **state)
{
	static const struct {
		const char *text;
		bool is_integer;
	} rows[] = {{"0", true}, {"-0", true}, {"123", true}, {"1.0", false}, {"1E+400", false},
		{"-0.0e-0", false}, {"3.10", false}, {"123456789012345678901234567890", true}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		const struct value *v;
		struct err err = ERR_INIT;

		assert_int_equal(parse(&arena, str_of(rows[i].text), 0, &v, &err), 0);
		assert_int_equal(v->kind, VALUE_NUMBER);
		assert_true(str_is(value_text(v), rows[i].text));
		assert_int_equal((v->flags & VALUE_IS_INTEGER) != 0, rows[i].is_integer);
	}
}

/* Each special byte at each place of a string, so that no step of the scanner overlooks one. */
static void
strings_of_every_length_are_scanned_rightly(void **state)
{
	(void)state;
	for (size_t n = 0; n < 70; n++) {
		for (size_t at = 0; at <= n; at++) {
			AUTO_ARENA struct arena arena = ARENA_INIT;
			AUTO_BUF struct buf text = BUF_INIT(1000);
			const struct value *v;
			struct err err = ERR_INIT;

			buf_add_char(&text, '"');
			for (size_t i = 0; i < n; i++)
				buf_add_cstr(&text, i == at ? "\\n" : i % 5 ? "x" : "\x7f");
			buf_add_char(&text, '"');
			assert_int_equal(parse(&arena, buf_str(&text), 0, &v, &err), 0);
			assert_int_equal(v->n, n);
			assert_true(at == n || v->text[at] == '\n');
			assert_true(v->hash == value_hash(value_text(v)));
			if (at == n)
				continue;
			text.p[at + 1] = '\x1f';
			assert_int_equal(
				parse(&arena, buf_str(&text), 0, &v, &err), ERR_INVALID);
			text.p[at + 1] = '"';
			assert_int_equal(
				parse(&arena, buf_str(&text), 0, &v, &err), ERR_INVALID);
		}
	}
}

static void
escapes_are_decoded(void **state)
{
	static const struct {
		const char *text;
		const char *meaning;
	} rows[] = {
		{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
		{"\"\\u0041\\u00e9\\u20AC\\uFFFF\"", "Aé€\uFFFF"},
		{"\"\\ud83d\\ude00x\"", "😀x"},
		{"\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", "\U00010000\U0010FFFF"},
		{"\"a\\u007f\\u0080\\u07ff\\u0800\"", "a\x7f\xC2\x80\xDF\xBF\xE0\xA0\x80"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		const struct value *v;
		struct err err = ERR_INIT;

		assert_int_equal(parse(&arena, str_of(rows[i].text), 0, &v, &err), 0);
		assert_true(str_is(value_text(v), rows[i].meaning));
	}
}

static void
duplicate_keys_are_found_with_both_places(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	const struct value *v;
	struct str text = STR("{\"a\":1,\n \"b\":{\"a\":2},\n \"\\u0061\":3}");

	(void)state;
	assert_int_equal(parse(&arena, text, 0, &v, &err), 0);
	assert_int_equal(v->n, 3);
	assert_int_equal(parse(&arena, text, JSON_UNIQUE_KEYS, &v, &err), ERR_INVALID);
	assert_true(str_starts(
		str_of(err.message), STR("f:3:2: duplicate key \"a\": it is already at 1:2;")));
}

/* In objects that are searched and in ones that are hashed. */
static void
a_duplicate_is_found_wherever_it_is(void **state)
{
	(void)state;
	for (unsigned n = 2; n < 40; n++) {
		for (unsigned twin = 1; twin < n; twin++) {
			AUTO_ARENA struct arena arena = ARENA_INIT;
			AUTO_BUF struct buf text = BUF_INIT(4000);
			const struct value *v;
			struct err err = ERR_INIT;

			for (unsigned i = 0; i < n; i++)
				buf_printf(&text, "%c\"k%u\":0", i ? ',' : '{', i);
			buf_add_char(&text, '}');
			assert_int_equal(
				parse(&arena, buf_str(&text), JSON_UNIQUE_KEYS, &v, &err), 0);
			text.n--;
			buf_printf(&text, ",\"k%u\":0}", twin);
			assert_int_equal(
				parse(&arena, buf_str(&text), JSON_UNIQUE_KEYS, &v, &err),
				ERR_INVALID);
			assert_non_null(strstr(err.message, "duplicate key"));
		}
	}
}

static void
children_lie_side_by_side(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(1 << 20);
	const struct value *v;
	struct err err = ERR_INIT;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		buf_printf(&text, "%c[%u,{\"k\":%u}]", i ? ',' : '[', i, i);
	buf_add_char(&text, ']');
	assert_int_equal(parse(&arena, buf_str(&text), 0, &v, &err), 0);
	assert_int_equal(v->n, 1000);
	for (unsigned i = 0; i < 1000; i++) {
		int64_t number;

		assert_true(value_to_i64(&v->items[i].items[0], &number));
		assert_int_equal(number, i);
		assert_true(value_to_i64(value_get(&v->items[i].items[1], STR("k")), &number));
		assert_int_equal(number, i);
	}
}

static void
text_is_borrowed_only_if_asked(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	char text[] = "[\"abc\", 12, \"d\\te\"]";
	struct str s = str_of(text);
	const struct value *own;
	const struct value *borrowed;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(parse(&arena, s, 0, &own, &err), 0);
	assert_int_equal(parse(&arena, s, JSON_BORROW_TEXT, &borrowed, &err), 0);
	assert_ptr_equal(borrowed->items[0].text, text + 2);
	assert_true(value_equal(own, borrowed));
	memset(text, 'z', s.n);
	assert_true(str_is(value_text(&own->items[0]), "abc"));
	assert_true(str_is(value_text(&own->items[1]), "12"));
	assert_true(str_is(value_text(&borrowed->items[2]), "d\te"));
}

static void
limits_are_errors_of_their_own(void **state)
{
	const struct json_limits limits = {.bytes = 10, .depth = 3};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct source source = {"f", STR("[[[1]]]")};
	const struct value *v = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(json_parse(&arena, &source, 0, &limits, &v, &err), 0);
	source.text = STR("[[[[1]]]]");
	assert_int_equal(json_parse(&arena, &source, 0, &limits, &v, &err), ERR_LIMIT);
	assert_true(str_starts(str_of(err.message), STR("f:1:4: nested deeper than")));
	source.text = STR("[1,{\"a\":{\"b\":{}}}]");
	assert_int_equal(json_parse(&arena, &source, 0, &limits, &v, &err), ERR_LIMIT);
	source.text = STR("          1");
	assert_int_equal(json_parse(&arena, &source, 0, &limits, &v, &err), ERR_LIMIT);
	assert_string_equal(err.message, "f: 11 bytes are more than the limit of 10");
}

static void
depth_costs_no_stack(void **state)
{
	const struct json_limits limits = {.bytes = 1 << 30, .depth = UINT32_MAX};
	size_t n = 100000;
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(1 << 30);
	const struct value *v;
	struct err err = ERR_INIT;
	struct source source = {"f", STR_EMPTY};

	(void)state;
	for (size_t i = 0; i < n; i++)
		buf_add_cstr(&text, i % 2 ? "[" : "{\"\":");
	source.text = buf_str(&text);
	assert_int_equal(json_parse(&arena, &source, 0, NULL, &v, &err), ERR_LIMIT);
	assert_int_equal(json_parse(&arena, &source, 0, &limits, &v, &err), ERR_INVALID);
	assert_non_null(strstr(err.message, "the text ends inside the array"));
	buf_add_cstr(&text, "1");
	for (size_t i = n; i-- > 0;)
		buf_add_cstr(&text, i % 2 ? "]" : "}");
	source.text = buf_str(&text);
	assert_int_equal(json_parse(&arena, &source, JSON_UNIQUE_KEYS, &limits, &v, &err), 0);
}

/* Wherever a text is cut off, it is refused; memory beyond its end is never looked at. */
static void
every_truncation_is_refused(void **state)
{
	static const char text[] = "{\"a\\n\\ud83d\\ude00\": [1.5e+3, true, false, null, "
				   "\"\", {\"b\": -0.1}], \"é\": []}";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		char *copy = malloc(n ? n : 1);
		const struct value *v;
		struct err err = ERR_INIT;
		int code;

		assert_non_null(copy);
		memcpy(copy, text, n);
		code = parse(&arena, (struct str){copy, n}, JSON_BORROW_TEXT, &v, &err);
		assert_int_equal(code, n == sizeof(text) - 1 ? 0 : ERR_INVALID);
		free(copy);
	}
}

static void
a_long_line_is_no_trouble(void **state)
{
	size_t n = 1 << 20;
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(1 << 22);
	const struct value *v;
	struct err err = ERR_INIT;

	(void)state;
	buf_add_cstr(&text, "[\"");
	for (size_t i = 0; i < n; i++)
		buf_add_char(&text, 'x');
	buf_add_cstr(&text, "\"]");
	assert_int_equal(parse(&arena, buf_str(&text), 0, &v, &err), 0);
	assert_int_equal(v->items[0].n, n);
	text.n--;
	buf_add_cstr(&text, ", oops]");
	assert_int_equal(parse(&arena, buf_str(&text), 0, &v, &err), ERR_INVALID);
	assert_true(str_starts(str_of(err.message), STR("f:1:1048582: \"oops\"")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_are_explained),
		cmocka_unit_test(nul_bytes_are_refused_and_kept_in_escapes),
		cmocka_unit_test(values_know_their_place),
		cmocka_unit_test(numbers_keep_their_lexeme),
		cmocka_unit_test(strings_of_every_length_are_scanned_rightly),
		cmocka_unit_test(escapes_are_decoded),
		cmocka_unit_test(duplicate_keys_are_found_with_both_places),
		cmocka_unit_test(a_duplicate_is_found_wherever_it_is),
		cmocka_unit_test(children_lie_side_by_side),
		cmocka_unit_test(text_is_borrowed_only_if_asked),
		cmocka_unit_test(limits_are_errors_of_their_own),
		cmocka_unit_test(depth_costs_no_stack),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(a_long_line_is_no_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
