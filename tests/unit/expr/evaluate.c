#include "rig.h"

#include <stdlib.h>

#define NAMES                                                                               \
	"{\"t\":\"x\",\"high\":\"high\",\"n\":3.10,\"b\":true,\"no\":false,\"l\":[1,\"a\"," \
	"null],"                                                                            \
	"\"m\":{\"k\":{\"x\":\"deep\"},\"a.b\":2},\"z\":null,\"big\":9007199254740993,"     \
	"\"yes\":[true,true],\"mixed\":[true,false],\"none\":[],\"words\":[\"a\",\"b\"],"   \
	"\"e\":\"\",\"uml\":\"\xC3\xA4\xE2\x82\xAC\",\"any\":1}"

static const char *
as_json(struct rig *rig, const struct value *v)
{
	struct buf b = BUF_INIT((size_t)1 << 20);
	const char *text;

	json_write(v, &b);
	text = arena_cstr(&rig->arena, buf_str(&b));
	buf_done(&b);
	return text;
}

/* Binds the names, whatever checking says of the kinds. */
static void
bind(struct rig *rig)
{
	for (uint32_t i = 0; i < expr_references(rig->expr); i++) {
		struct err ignored = ERR_INIT;
		unsigned type;

		(void)rig_bind(
			rig, expr_reference(rig->expr, i), EXPR_WANT_DIGEST, &type, &ignored);
	}
}

static const struct row {
	const char *text;
	const char *json;
} rows[] = {
	{"null", "null"},
	{"3.10", "3.10"},
	{"n", "3.10"},
	{"'it''s'", "\"it's\""},
	{"m.k.x", "\"deep\""},
	{"m['a.b']", "2"},
	{"l[1]", "\"a\""},
	{"l[1.0]", "\"a\""},
	{"m[join(words, '.')]", "2"},
	/* Numbers by value, without rounding. */
	{"n == 3.1", "true"},
	{"1e2 == 100", "true"},
	{"-0 == 0", "true"},
	{"big == 9007199254740992", "false"},
	{"big > 9007199254740992", "true"},
	{"0.1 < 0.10000000000000001", "true"},
	{"1e400 > 1e399", "true"},
	/* Texts exactly, by code points. */
	{"t == 'x'", "true"},
	{"t == 'X'", "false"},
	{"'a' < 'b'", "true"},
	{"'Z' < 'a'", "true"},
	{"'a' < 'ab'", "true"},
	{"'2' > '10'", "true"},
	{"'a' >= 'a'", "true"},
	{"'a' <= 'b'", "true"},
	{"2 <= 1", "false"},
	{"2 >= 2", "true"},
	{"2 < 2", "false"},
	{"2 > 2", "false"},
	/* null equals itself alone. */
	{"z == null", "true"},
	{"t == null", "false"},
	{"null != 0", "true"},
	{"l == l", "true"},
	{"m.k != m", "true"},
	{"none == l", "false"},
	{"true != false", "true"},
	{"!b", "false"},
	{"!(n == 4)", "true"},
	/* && and || give their operands, and what decides alone is asked alone. */
	{"b && t", "\"x\""},
	{"no && t", "false"},
	{"no || t", "\"x\""},
	{"b || t", "true"},
	{"b && t || 'other'", "\"x\""},
	{"no && t || 'other'", "\"other\""},
	{"b && e || 'other'", "\"\""},
	{"b && 0 || 'other'", "0"},
	{"no && maybe", "false"},
	{"b || maybe", "true"},
	{"no && (1 == 'a')", "false"},
	{"b && no || b", "true"},
	{"default(maybe, 'd')", "\"d\""},
	{"default(t, maybe)", "\"x\""},
	{"default(z, 'd')", "\"d\""},
	{"default(z, null)", "null"},
	{"default(maybe, maybe2, 3)", "3"},
	{"default(no, true)", "false"},
	{"default(e, 'd')", "\"\""},
	{"default(m.k.y, 'd')", "\"d\""},
	{"default(m.y.z, 'd')", "\"d\""},
	{"default(z.y, 'd')", "\"d\""},
	{"default(l[3], 'd')", "\"d\""},
	{"default(l[10000000000000000000000], 'd')", "\"d\""},
	{"default(maybe == 1, false)", "false"},
	{"default(length(maybe) > 3 && b, 'd')", "\"d\""},
	{"default(default(maybe, maybe), 'd')", "\"d\""},
	{"default(!maybe, b) && b", "true"},
	{"contains('haystack', 'st')", "true"},
	{"contains('haystack', 'ST')", "false"},
	{"contains(t, '')", "true"},
	{"contains('', 'x')", "false"},
	{"contains(l, 'a')", "true"},
	{"contains(l, 1.0)", "true"},
	{"contains(l, '1')", "false"},
	{"contains(l, null)", "true"},
	{"contains(none, 1)", "false"},
	{"startsWith(high, 'hi')", "true"},
	{"startsWith(high, 'Hi')", "false"},
	{"startsWith('a', 'ab')", "false"},
	{"endsWith(high, 'gh')", "true"},
	{"endsWith(high, 'hi')", "false"},
	{"length(uml)", "2"},
	{"length('')", "0"},
	{"length(l)", "3"},
	{"length(m)", "2"},
	{"all(yes)", "true"},
	{"all(mixed)", "false"},
	{"all(none)", "true"},
	{"any(mixed)", "true"},
	{"any(none)", "false"},
	{"join(words)", "\"a,b\""},
	{"join(words, ' / ')", "\"a / b\""},
	{"join(none)", "\"\""},
	{"join(yes, '')", "\"truetrue\""},
	/* SHA-256 of "x", of "[]", and of an artifact that is not read. */
	{"digest(t)",
		"\"sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\""},
	{"digest(none)",
		"\"sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945\""},
	{"digest(file)", "\"" RIG_DIGEST "\""},
	{"default(digest(maybe), 'd')", "\"d\""},
	{"any", "1"},
};

static void
values(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, NAMES);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct value v;

		assert_int_equal(rig_parse(&rig, rows[i].text, 0), 0);
		bind(&rig);
		if (rig_evaluate(&rig, &v))
			fail_msg("%s: %s", rows[i].text, rig.err.message);
		if (strcmp(as_json(&rig, &v), rows[i].json) != 0)
			fail_msg("%s: %s", rows[i].text, as_json(&rig, &v));
	}
	arena_done(&rig.arena);
}

static void
values_of_plans(void **state)
{
	static const struct row more[] = {
		{"[t, [n], {'k': b}]", "[\"x\",[3.10],{\"k\":true}]"},
		{"{'a': {'b': t}}.a", "{\"b\":\"x\"}"},
		{"concat('v', n, '-', b, e, t)", "\"v3.10-truex\""},
		{"contains(['x', 'y'], t)", "true"},
		{"[1, 2] == [t == t && 1 || 2, 2]", "true"},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, NAMES);
	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		struct value v;

		assert_int_equal(rig_parse(&rig, more[i].text, EXPR_PLAN), 0);
		bind(&rig);
		if (rig_evaluate(&rig, &v))
			fail_msg("%s: %s", more[i].text, rig.err.message);
		assert_string_equal(as_json(&rig, &v), more[i].json);
	}
	arena_done(&rig.arena);
}

static void
what_does_not_fit_is_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
		uint32_t offset;
		const char *says;
	} wrong[] = {
		{"any == 'x'", ERR_INVALID, 4,
			"the number 1 and the text 'x' cannot be compared"},
		{"no == 0", ERR_INVALID, 3, "cannot be compared"},
		{"any < 'x'", ERR_INVALID, 4, "have no order"},
		{"z < 1", ERR_INVALID, 2, "null and the number 1 have no order"},
		{"true > false", ERR_INVALID, 5, "have no order"},
		{"!t", ERR_INVALID, 0, "! needs true or false, not the text 'x'"},
		{"t && b", ERR_INVALID, 0, "the left side of && must be true or false"},
		{"z && b", ERR_INVALID, 0, "not null"},
		{"z || b", ERR_INVALID, 0, "the left side of || is null; write default"},
		{"maybe", ERR_NOT_FOUND, 0, "\"maybe\" is not there; write default(a, b)"},
		{"maybe.x.y", ERR_NOT_FOUND, 0, "\"maybe\" is not there"},
		{"t == maybe", ERR_NOT_FOUND, 5, "\"maybe\" is not there"},
		{"maybe && b", ERR_NOT_FOUND, 0, "\"maybe\" is not there"},
		{"default(maybe, maybe2)", ERR_NOT_FOUND, 15, "\"maybe2\" is not there"},
		{"m.y", ERR_NOT_FOUND, 0, "the member \"y\" is not there"},
		{"l[3]", ERR_NOT_FOUND, 0, "item 3 of a list of 3 is not there"},
		{"z.x", ERR_NOT_FOUND, 0, "the member \"x\" (of null) is not there"},
		{"t.x", ERR_INVALID, 0, "the text 'x' has no members"},
		{"l[0.5]", ERR_INVALID, 1, "a whole number from 0 on, not the number 0.5"},
		{"l[-1]", ERR_INVALID, 1, "a whole number from 0 on"},
		{"l.x", ERR_INVALID, 0, "a whole number from 0 on, not the text 'x'"},
		{"m[0]", ERR_INVALID, 1, "a member of a map is named by a text"},
		{"contains(n, 1)", ERR_INVALID, 9, "contains needs a text or a list here"},
		{"contains(t, n)", ERR_INVALID, 12, "contains needs a text here"},
		{"contains(l, m)", ERR_INVALID, 12, "not a map"},
		{"startsWith(n, 'x')", ERR_INVALID, 11, "startsWith needs a text here"},
		{"endsWith(t, n)", ERR_INVALID, 12, "endsWith needs a text here"},
		{"length(n)", ERR_INVALID, 7, "length needs"},
		{"all(t)", ERR_INVALID, 4, "all needs a list"},
		{"all(l)", ERR_INVALID, 4, "its item 0 is the number 1"},
		{"any(words)", ERR_INVALID, 4, "its item 0 is the text 'a'"},
		{"join(t)", ERR_INVALID, 5, "join needs a list"},
		{"join(words, n)", ERR_INVALID, 12, "join needs a text here"},
		{"join(l)", ERR_INVALID, 5, "join: item 2: null is no text"},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, NAMES);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct value v;
		int r;

		assert_int_equal(rig_parse(&rig, wrong[i].text, 0), 0);
		bind(&rig);
		r = rig_evaluate(&rig, &v);
		if (r != wrong[i].code || rig.offset != wrong[i].offset ||
			!strstr(rig.err.message, wrong[i].says))
			fail_msg("%s: %d: %u: %s", wrong[i].text, r, rig.offset,
				rig.err.message);
	}
	arena_done(&rig.arena);
}

static void
only_what_is_needed_is_asked_for(void **state)
{
	static const struct {
		const char *text;
		unsigned asked;
	} some[] = {
		{"no && t", 1},
		{"b || t", 1},
		{"no && t || n", 2},
		{"default(t, n, b)", 1},
		{"default(maybe, n, b)", 2},
		{"no && (t == high) || b", 2},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, NAMES);
	for (size_t i = 0; i < ARRAY_SIZE(some); i++) {
		struct value v;

		assert_int_equal(rig_parse(&rig, some[i].text, 0), 0);
		bind(&rig);
		rig.asked = 0;
		assert_int_equal(rig_evaluate(&rig, &v), 0);
		assert_int_equal(rig.asked, some[i].asked);
	}
	arena_done(&rig.arena);
}

static void
cost_is_bounded(void **state)
{
	struct expr_scope scope;
	struct rig rig;
	struct value v;

	(void)state;
	rig_open(&rig, "{\"l\":[1,2,3,4,5,6,7,8,9,10]}");
	scope = (struct expr_scope){rig_get, &rig, &rig.arena, 20};
	assert_int_equal(rig_parse(&rig, "contains(l, 1)", 0), 0);
	assert_int_equal(expr_evaluate(rig.expr, &scope, &v, &rig.offset, &rig.err), 0);
	assert_int_equal(rig_parse(&rig, "contains(l, 1) && contains(l, 2)", 0), 0);
	assert_int_equal(expr_evaluate(rig.expr, &scope, &v, &rig.offset, &rig.err), ERR_LIMIT);
	assert_int_equal(rig.offset, 18);
	assert_non_null(strstr(rig.err.message, "takes too much work"));
	assert_int_equal(rig_parse(&rig, "l == l && l == l", 0), 0);
	assert_int_equal(expr_evaluate(rig.expr, &scope, &v, &rig.offset, &rig.err), ERR_LIMIT);
	arena_done(&rig.arena);
}

static void
conditions_are_true_or_false(void **state)
{
	struct expr_scope scope;
	struct rig rig;
	bool truth = false;

	(void)state;
	rig_open(&rig, NAMES);
	scope = (struct expr_scope){rig_get, &rig, &rig.arena, 0};
	assert_int_equal(rig_parse(&rig, "t == 'x'", 0), 0);
	assert_int_equal(
		expr_evaluate_condition(rig.expr, &scope, &truth, &rig.offset, &rig.err), 0);
	assert_true(truth);
	assert_int_equal(rig_parse(&rig, "t", 0), 0);
	assert_int_equal(
		expr_evaluate_condition(rig.expr, &scope, &truth, &rig.offset, &rig.err),
		ERR_INVALID);
	assert_non_null(strstr(rig.err.message, "true or false, not the text 'x'"));
	arena_done(&rig.arena);
}

/* Names that begin with "later" stay. */
static int
get_known(void *context, uint32_t number, enum expr_want want, struct value *ret_value,
	struct err *err)
{
	struct rig *rig = context;

	if (str_starts(expr_bound(rig->expr, number)->segments[0].name, STR("later")))
		return 0;
	return rig_get(context, number, want, ret_value, err);
}

static void
folding_puts_in_what_is_known(void **state)
{
	static const struct {
		const char *text;
		const char *folded;
	} some[] = {
		{"n", "3.10"},
		{"n == 3.1 && later", "later"},
		{"no && later", "false"},
		{"later && b", "later && true"},
		{"later == t", "later == 'x'"},
		{"t == later", "'x' == later"},
		{"no || later.x", "later.x"},
		{"later || b && t", "later || 'x'"},
		{"contains(words, later)", "contains(['a', 'b'], later)"},
		{"m == later", "{'k': {'x': 'deep'}, 'a.b': 2} == later"},
		{"default(later, z, t)", "default(later, 'x')"},
		{"default(z, later, t, later2)", "default(later, 'x')"},
		{"default(z, z, later)", "later"},
		{"default(z, t, later)", "'x'"},
		{"default(m.y, later)", "later"},
		{"default(m.y == 1, later)", "later"},
		{"default(later == m.y, 1)", "1"},
		{"default(default(z, later), t)", "default(later, 'x')"},
		{"length(words) == 2 && later || 'n'", "later || 'n'"},
		{"no && later || t", "'x'"},
		{"later && (b && later2)", "later && later2"},
		{"!(later == (b && n || 1))", "!(later == 3.10)"},
		{"later[n == 4 && 1 || 0]", "later[0]"},
		{"m[later]", "{'k': {'x': 'deep'}, 'a.b': 2}[later]"},
		{"join(words, later)", "join(['a', 'b'], later)"},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, NAMES);
	for (size_t i = 0; i < ARRAY_SIZE(some); i++) {
		struct expr_scope scope = {get_known, &rig, &rig.arena, 0};
		struct expr *folded;
		const char *wanted = some[i].folded;

		assert_int_equal(rig_parse(&rig, some[i].text, 0), 0);
		if (expr_fold(rig.expr, &scope, &folded, &rig.offset, &rig.err))
			fail_msg("%s: %s", some[i].text, rig.err.message);
		if (strcmp(rig_text(&rig, folded), wanted) != 0)
			fail_msg("%s: %s", some[i].text, rig_text(&rig, folded));
		assert_int_equal(rig_parse(&rig, wanted, EXPR_PLAN), 0);
		assert_string_equal(rig_text(&rig, rig.expr), wanted);
	}
	arena_done(&rig.arena);
}

static void
folding_finds_what_is_wrong(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *says;
	} wrong[] = {
		{"any == 'x' && later", ERR_INVALID, "cannot be compared"},
		{"m.y", ERR_NOT_FOUND, "the member \"y\" is not there"},
		{"m.y == later", ERR_NOT_FOUND, "the member \"y\" is not there"},
		{"default(later, m.y)", ERR_NOT_FOUND, "the member \"y\" is not there"},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, NAMES);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct expr_scope scope = {get_known, &rig, &rig.arena, 0};
		struct expr *folded;

		assert_int_equal(rig_parse(&rig, wrong[i].text, 0), 0);
		assert_int_equal(expr_fold(rig.expr, &scope, &folded, &rig.offset, &rig.err),
			wrong[i].code);
		if (!strstr(rig.err.message, wrong[i].says))
			fail_msg("%s: %s", wrong[i].text, rig.err.message);
	}
	arena_done(&rig.arena);
}

/* Whatever is evaluated gives the same when it is folded. */
static void
folding_agrees_with_evaluating(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, NAMES);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct expr_scope scope = {get_known, &rig, &rig.arena, 0};
		struct expr *folded;

		if (strstr(rows[i].text, "maybe") || strstr(rows[i].text, "file"))
			continue;
		assert_int_equal(rig_parse(&rig, rows[i].text, 0), 0);
		if (expr_fold(rig.expr, &scope, &folded, &rig.offset, &rig.err))
			fail_msg("%s: %s", rows[i].text, rig.err.message);
		assert_non_null(expr_lone_literal(folded));
		assert_string_equal(as_json(&rig, expr_lone_literal(folded)), rows[i].json);
	}
	arena_done(&rig.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(values_of_plans),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(only_what_is_needed_is_asked_for),
		cmocka_unit_test(cost_is_bounded),
		cmocka_unit_test(conditions_are_true_or_false),
		cmocka_unit_test(folding_puts_in_what_is_known),
		cmocka_unit_test(folding_finds_what_is_wrong),
		cmocka_unit_test(folding_agrees_with_evaluating),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
