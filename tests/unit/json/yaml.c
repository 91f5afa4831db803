#include "json/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define TEXT_MAX ((size_t)64 << 20)

static int
parse(struct arena *arena, struct str text, const struct yaml_limits *limits,
	const struct value **ret_value, struct err *err)
{
	struct source source = {"f", text};

	return yaml_parse(arena, &source, limits, ret_value, err);
}

struct reading {
	const char *text;
	const char *json;
};

static void
check_readings(const struct reading *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		AUTO_BUF struct buf b = BUF_INIT(TEXT_MAX);
		const struct value *v = NULL;
		struct err err = ERR_INIT;

		if (parse(&arena, str_of(rows[i].text), NULL, &v, &err))
			fail_msg("%s", err.message);
		json_write(v, &b);
		assert_string_equal(buf_cstr(&b), rows[i].json);
	}
}

static void
plain_scalars_are_those_of_the_core_schema(void **state)
{
	static const struct reading rows[] = {
		{"[~, null, Null, NULL, nULL, nil]", "[null,null,null,null,\"nULL\",\"nil\"]"},
		{"a:", "{\"a\":null}"},
		{"[true, True, TRUE, false, False, FALSE, tRUE]",
			"[true,true,true,false,false,false,\"tRUE\"]"},
		{"[yes, no, on, off, y, n, Yes, ON]",
			"[\"yes\",\"no\",\"on\",\"off\",\"y\",\"n\",\"Yes\",\"ON\"]"},
		{"[0, -0, +1, -1, 123456789012345678901234567890]",
			"[0,-0,1,-1,123456789012345678901234567890]"},
		{"[0x1F, 0xffffffffffffffff, 0o17, 0o0, 0x, 0xg, 0o8, -0x1]",
			"[31,18446744073709551615,15,0,\"0x\",\"0xg\",\"0o8\",\"-0x1\"]"},
		{"[1.5, .5, -.5, +.5e3, 1., 1.e3, 1e3, 1E+3, 00.5, 012.50, 012e1]",
			"[1.5,0.5,-0.5,0.5e3,1.0,1.0e3,1e3,1E+3,0.5,12.50,12e1]"},
		{"[1_000, 1:30, 1e, e1, ., +, -a, 0b11, 1.2.3, 2024-01-01]",
			"[\"1_000\",\"1:30\",\"1e\",\"e1\",\".\",\"+\",\"-a\",\"0b11\",\"1.2."
			"3\","
			"\"2024-01-01\"]"},
		{"['1', \"true\", '']", "[\"1\",\"true\",\"\"]"},
		{"3.10", "3.10"},
	};

	(void)state;
	check_readings(rows, ARRAY_SIZE(rows));
}

static void
documents_become_values(void **state)
{
	static const struct reading rows[] = {
		{"a: 1\nb: [x, {y: z}]\n", "{\"a\":1,\"b\":[\"x\",{\"y\":\"z\"}]}"},
		{"{\"a\": [1, \"\\u00e9\", null]}", "{\"a\":[1,\"é\",null]}"},
		{"1: x\nnull: y\ntrue: z\n012: w\n.inf: v\n",
			"{\"1\":\"x\",\"null\":\"y\",\"true\":\"z\",\"012\":\"w\",\".inf\":"
			"\"v\"}"},
		{"? a\n: b\n", "{\"a\":\"b\"}"},
		{"--- |\n  a\n  b\n...\n", "\"a\\nb\\n\""},
		{"%YAML 1.2\n---\n>-\n  a\n  b\n", "\"a b\""},
		{"\xEF\xBB\xBF"
		 "a: 1\n",
			"{\"a\":1}"},
		{"a: \"\\0\\x41\"\n", "{\"a\":\"\\u0000A\"}"},
		{"a: &x [1, 2]\nb: *x\nc: {d: *x}\n",
			"{\"a\":[1,2],\"b\":[1,2],\"c\":{\"d\":[1,2]}}"},
		{"- &a 1\n- *a\n- &a 2\n- *a\n", "[1,1,2,2]"},
		{"- &a [&a 3]\n- *a\n", "[[3],3]"},
		{"- &k 0x10\n- *k : *k\n", "[16,{\"0x10\":16}]"},
		{"&k a: *k\n", "{\"a\":\"a\"}"},
		{"[!!str 1, !!int \"2\", !!float 3, !!bool true, !!null '', ! 4, !!seq [], "
		 "!!map {}]",
			"[\"1\",2,3,true,null,\"4\",[],{}]"},
		{"a: ${{ x.y }}\nb: \"${{ [ }}\"\n",
			"{\"a\":\"${{ x.y }}\",\"b\":\"${{ [ }}\"}"},
		{"\"<<\": 1\n", "{\"<<\":1}"},
	};

	(void)state;
	check_readings(rows, ARRAY_SIZE(rows));
}

struct mistake {
	const char *text;
	const char *start; /* of the message */
};

static void
check_mistakes(const struct mistake *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		const struct value *v = NULL;
		struct err err = ERR_INIT;
		int code = parse(&arena, str_of(rows[i].text), NULL, &v, &err);

		assert_int_equal(code, ERR_INVALID);
		assert_null(v);
		if (!str_starts(str_of(err.message), str_of(rows[i].start)))
			fail_msg("%s\nfor \"%s\"", err.message, rows[i].start);
	}
}

static void
usual_slips_have_hints(void **state)
{
	static const struct mistake rows[] = {
		{"a: { b: ${{ x }} }",
			"f:1:9: inside { } and [ ] an expression must be quoted"},
		{"a: [ ${{ x }}, 1 ]",
			"f:1:6: inside { } and [ ] an expression must be quoted"},
		{"a:\n  - [x,\n     ${{ y }}]", "f:3:6: inside { } and [ ] an expression must"},
		{"path: *.json",
			"f:1:7: \"*\" begins an alias in YAML; if it is text, quote it"},
		{"path: **/*.c", "f:1:7: \"*\" begins an alias"},
		{"path: *all", "f:1:7: no anchor &all stands before this alias"},
		{"if: !x", "f:1:5: the tag \"!x\" is not known"},
		{"if: !x && y", "f:1:5: \"!\" begins a tag in YAML"},
		{"if: !steps.a.ok", "f:1:5: the tag \"!steps.a.ok\" is not known"},
		{"a: !!binary aGk=",
			"f:1:4: the tag \"tag:yaml.org,2002:binary\" is not known"},
		{"a: !!int x", "f:1:4: the tag does not fit"},
		{"a: !!int 1.5", "f:1:4: the tag !!int does not fit"},
		{"a: !!seq {}", "f:1:4: the tag \"tag:yaml.org,2002:seq\""},
		{"a: &b, && c", "f:1:"},
		{"a:\n\tb: 1", "f:2:1: a tab cannot indent in YAML; use spaces"},
		{"a:\n  b: 1\n\tc: 2", "f:3:1: a tab cannot indent"},
		{"\xEF\xBB\xBF\xEF\xBB\xBF"
		 "a: 1",
			"f:1:1: a byte order mark (U+FEFF) stands"},
		{"\n\xEF\xBB\xBF\na: 1", "f:2:1: a byte order mark (U+FEFF) stands"},
		{"a: b\xEF\xBB\xBF"
		 "c",
			"f:1:4: a byte order mark (U+FEFF) stands"},
		{"<<: {a: 1}", "f:1:1: merge keys (<<) are not part of YAML 1.2; write out"},
		{"mode: 0644", "f:1:7: a zero in front"},
		{"a: .inf", "f:1:4: values are finite numbers"},
		{"a: -.INF", "f:1:4: values are finite numbers"},
		{"a: .nan", "f:1:4: values are finite numbers"},
		{"a: 0x1ffffffffffffffff", "f:1:4: more than 64 bits"},
		{"a: @x", "f:1:4: unquoted text cannot begin with \"@\""},
		{"a: `x`", "f:1:4: unquoted text cannot begin with \"`\""},
		{"a: %x", "f:1:4: unquoted text cannot begin with \"%\""},
	};

	(void)state;
	check_mistakes(rows, ARRAY_SIZE(rows));
}

static void
mistakes_are_explained(void **state)
{
	static const struct mistake rows[] = {
		{"", "f:1:1: there is nothing here"},
		{"# only a comment\n", "f:2:1: there is nothing here"},
		{"a: 1\n---\nb: 2\n", "f:2:1: a second document begins here"},
		{"a: 1\nb: 2\na: 3\n", "f:3:1: duplicate key \"a\": it is already at 1:1;"},
		{"{x: 1, \"x\": 2}", "f:1:8: duplicate key \"x\": it is already at 1:2;"},
		{"a:\n  1: x\n  \"1\": y", "f:3:3: duplicate key \"1\": it is already at 2:3;"},
		{"é: &é\n", "f:1:4: \"&\" begins an anchor"},
		{"? [a]\n: b", "f:1:3: a key must be text, not a list"},
		{"{a: 1}: b", "f:1:1: a key must be text, not a mapping"},
		{"- &x [1]\n- *x : 2", "f:2:3: a key must be text, and *x is none"},
		{"a: &x [*x]", "f:1:8: the alias *x stands inside the value that it repeats"},
		{"a: b: c", "f:1:5: this \":\" is read as the end of a key"},
		{"a:\n  - b\n c: d", "f:3:2: a key was expected here; check the indentation"},
		{"- a\nb: c", "f:2:1: \"- \" was expected here"},
		{"a: \"x\" y", "f:1:8: text after a closing quote"},
		{"a: \"x\nb: 1", "f:1:4: this quoted text never ends"},
		{"a: 'x", "f:1:4: this quoted text never ends"},
		{"a: 1\nfoo\nb: 2", "f:2:1: this is neither \"key: value\" nor part of"},
		{"a: [1, 2\nb: 3",
			"f:2:2: \",\" or \"]\" is missing in the list that begins at 1:4"},
		{"a: {b: 1",
			"f:1:9: \",\" or \"}\" is missing in the mapping that begins at 1:4"},
		{"a: [1, 2]]", "f:1:10: "},
		{"a: - b", "f:1:4: a list item cannot begin here"},
		{"a: \"\\q\"", "f:1:5: YAML has no such escape in double quotes"},
		{"a: \"\\ud83d\\ude00\"", "f:1:7: this escape names no character"},
		{"a: \"\\xzz\"", "f:1:"},
		{"a: x\x01y", "f:1:5: the character U+0001 may not be in a YAML text"},
		{"é: \"a\xC3(\"", "f:1:6: byte 0xC3 is not UTF-8 here"},
		{"\xFF\xFE"
		 "a",
			"f: this is UTF-16"},
		{"\xEF\xBB\xBF"
		 "é: 1\r\nb: @",
			"f:2:4: unquoted text cannot begin"},
		{"a: |x\n  b", "f:1:5: the text of a block begins on the line after"},
	};

	(void)state;
	check_mistakes(rows, ARRAY_SIZE(rows));
}

static void
nul_bytes_are_refused(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct value *v;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(parse(&arena, STR("a: 1\0\nb: 2"), NULL, &v, &err), ERR_INVALID);
	assert_true(str_starts(str_of(err.message),
		STR("f:1:5: the character U+0000 may not be in a YAML text; "
		    "is this UTF-16")));
}

/* Line ends and characters of every length before a place must not shift it. */
static void
values_know_their_place(void **state)
{
	static const char text[] = "\xEF\xBB\xBF# é 😀\r\nä: [€, 😀x]\r\n\"b\":\n  - &x y\n"
				   "  - *x\n  - {k: }\r\nz: |\n  é\n";
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct value *v;
	const struct value *list;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(parse(&arena, STR(text), NULL, &v, &err), 0);
	assert_int_equal(v->members[0].key.offset, strstr(text, "ä:") - text);
	list = &v->members[0].value;
	assert_int_equal(list->offset, strchr(text, '[') - text);
	assert_int_equal(list->items[0].offset, strstr(text, "€") - text);
	assert_int_equal(list->items[1].offset, strstr(text, "😀x") - text);
	assert_int_equal(v->members[1].key.offset, strchr(text, '"') - text);
	list = &v->members[1].value;
	assert_int_equal(list->items[0].offset, strchr(text, '&') - text);
	assert_int_equal(list->items[1].offset, strchr(text, '*') - text);
	assert_int_equal(list->items[2].offset, strchr(text, '{') - text);
	assert_int_equal(list->items[2].members[0].value.kind, VALUE_NULL);
	assert_int_equal(v->members[2].key.offset, strstr(text, "z:") - text);
	assert_int_equal(v->members[2].value.offset, strchr(text, '|') - text);
}

static void
plain_scalars_are_marked(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct value *v;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(
		parse(&arena, STR("[a, 1, 'b', !!str c, \"d\", true]"), NULL, &v, &err), 0);
	assert_true(v->items[0].flags & VALUE_IS_PLAIN);
	assert_true(v->items[1].flags & VALUE_IS_PLAIN);
	assert_true(v->items[1].flags & VALUE_IS_INTEGER);
	assert_false(v->items[2].flags & VALUE_IS_PLAIN);
	assert_false(v->items[3].flags & VALUE_IS_PLAIN);
	assert_false(v->items[4].flags & VALUE_IS_PLAIN);
	assert_true(v->items[5].flags & VALUE_IS_PLAIN);
	assert_true(value_is_true(&v->items[5]));
}

/* Nine levels of nine aliases each: 387 million values in 400 bytes. */
static void
alias_bombs_are_refused_at_once(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);
	const struct value *v;
	struct err err = ERR_INIT;
	clock_t start = clock();

	(void)state;
	buf_add_cstr(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 9; i++) {
		buf_printf(&text, "a%d: &a%d [", i, i);
		for (int j = 0; j < 9; j++)
			buf_printf(&text, "%s*a%d", j ? ", " : "", i - 1);
		buf_add_cstr(&text, "]\n");
	}
	assert_int_equal(parse(&arena, buf_str(&text), NULL, &v, &err), ERR_LIMIT);
	assert_non_null(strstr(err.message, "more than the limit of 20000000 values"));
	assert_true(clock() - start < CLOCKS_PER_SEC);
}

/* Each level repeats the one before: 40 deep once expanded, 2 deep as written. */
static void
aliases_count_towards_the_depth(void **state)
{
	const struct yaml_limits limits = {.bytes = 10000, .depth = 41, .values = 10000};
	const struct yaml_limits lower = {.bytes = 10000, .depth = 40, .values = 10000};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);
	const struct value *v;
	struct err err = ERR_INIT;

	(void)state;
	buf_add_cstr(&text, "- &a0 []\n");
	for (int i = 1; i < 40; i++)
		buf_printf(&text, "- &a%d [*a%d]\n", i, i - 1);
	assert_int_equal(parse(&arena, buf_str(&text), &limits, &v, &err), 0);
	assert_int_equal(parse(&arena, buf_str(&text), &lower, &v, &err), ERR_LIMIT);
	assert_non_null(strstr(err.message, "nested deeper than the limit of 40 levels"));
}

static void
limits_are_errors_of_their_own(void **state)
{
	const struct yaml_limits limits = {.bytes = 40, .depth = 2, .values = 5};
	static const struct {
		const char *text;
		int code;
	} rows[] = {
		{"[[]]", 0},
		{"[[[]]]", ERR_LIMIT},
		{"- - - a", ERR_LIMIT},
		{"[1, 2, 3, 4]", 0},
		{"[1, 2, 3, 4, 5]", ERR_LIMIT},
		{"[&a [1], *a]", 0},
		{"[&a [1], *a, 2]", ERR_LIMIT},
		{"{a: 1, b: 2}", 0},
		{"{a: 1, b: 2, c: 3}", ERR_LIMIT},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ERR_LIMIT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		const struct value *v;
		struct err err = ERR_INIT;

		if (parse(&arena, str_of(rows[i].text), &limits, &v, &err) != rows[i].code)
			fail_msg("%s %s", rows[i].text, err.message);
	}
}

static void
depth_is_refused_in_every_form(void **state)
{
	static const char *const forms[] = {
		"[", "{a: ", "- ", "? ", "[{a: ", "- - a: ", "{", "[a, "};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);
		const struct value *v;
		struct err err = ERR_INIT;
		clock_t start = clock();
		int code;

		for (int j = 0; j < 100000; j++)
			buf_add_cstr(&text, forms[i]);
		code = parse(&arena, buf_str(&text), NULL, &v, &err);
		assert_true(code == ERR_LIMIT || code == ERR_INVALID);
		assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
	}
}

static void
a_long_line_is_no_trouble(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);
	const struct value *v;
	struct err err = ERR_INIT;

	(void)state;
	buf_add_cstr(&text, "a: ");
	for (int i = 0; i < 1 << 20; i++)
		buf_add_char(&text, 'x');
	assert_int_equal(parse(&arena, buf_str(&text), NULL, &v, &err), 0);
	assert_int_equal(v->members[0].value.n, 1 << 20);
	buf_add_cstr(&text, ": y");
	assert_int_equal(parse(&arena, buf_str(&text), NULL, &v, &err), ERR_INVALID);
	assert_true(strlen(err.message) < ERR_MESSAGE_SIZE - 1);
}

/* Cut off anywhere, a text is read or refused; nothing beyond its end is looked at. */
static void
truncations_are_harmless(void **state)
{
	static const char text[] =
		"%YAML 1.2\n---\na: &x \"q\\u00e9\"\nb:\n  - {c: [*x, 1.5]}\n"
		"  - |\n    é\n  - 'it''s'\n? k\n: !!str 5\n...\n";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		char *copy = malloc(n ? n : 1);
		const struct value *v = NULL;
		struct err err = ERR_INIT;
		int code;

		assert_non_null(copy);
		memcpy(copy, text, n);
		code = parse(&arena, (struct str){copy, n}, NULL, &v, &err);
		assert_true(code == 0 || code == ERR_INVALID);
		assert_true((v != NULL) == (code == 0));
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_scalars_are_those_of_the_core_schema),
		cmocka_unit_test(documents_become_values),
		cmocka_unit_test(usual_slips_have_hints),
		cmocka_unit_test(mistakes_are_explained),
		cmocka_unit_test(nul_bytes_are_refused),
		cmocka_unit_test(values_know_their_place),
		cmocka_unit_test(plain_scalars_are_marked),
		cmocka_unit_test(alias_bombs_are_refused_at_once),
		cmocka_unit_test(aliases_count_towards_the_depth),
		cmocka_unit_test(limits_are_errors_of_their_own),
		cmocka_unit_test(depth_is_refused_in_every_form),
		cmocka_unit_test(a_long_line_is_no_trouble),
		cmocka_unit_test(truncations_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
