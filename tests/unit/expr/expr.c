#include "rig.h"

#include <stdlib.h>

/* What is read, and the canonical text of it. */
static void
canonical_text(void **state)
{
	static const struct {
		const char *text;
		const char *canonical; /* NULL: the same */
	} rows[] = {
		{"true", NULL},
		{" null ", "null"},
		{"3.10", NULL},
		{"-0.5e+10", NULL},
		{"'it''s'", NULL},
		{"''", NULL},
		{"a", NULL},
		{"a.b-c.d_e.1st", NULL},
		{"a['b']['c.d']", "a.b['c.d']"},
		{"a [ 'b' ]", "a.b"},
		{"a['-x']", NULL},
		{"a['']", NULL},
		{"a[0]", NULL},
		{"a[b.c]", NULL},
		{"a[b == c]", NULL},
		{"a[0].b['c']", "a[0].b.c"},
		{"(a).b", NULL},
		{"(a)[0]", "a[0]"},
		{"(a == b).c", NULL},
		{"default(a, b).c", NULL},
		{"a==b", "a == b"},
		{"a\n!=\tb", "a != b"},
		{"a<b", "a < b"},
		{"a <= b == (c >= d)", "a <= b == c >= d"},
		{"(a == b) < c", NULL},
		{"a == (b == c)", NULL},
		{"(a == b) == c", "a == b == c"},
		{"a && b || c", NULL},
		{"a && (b || c)", NULL},
		{"(a && b) || c", "a && b || c"},
		{"a || (b || c)", NULL},
		{"(a || b) || c", "a || b || c"},
		{"! a", "!a"},
		{"!!a", NULL},
		{"!a.b", NULL},
		{"(!a).b", NULL},
		{"!(a == b)", NULL},
		{"!a == b", NULL},
		{"(!a) == b", "!a == b"},
		{"contains(a,'x')", "contains(a, 'x')"},
		{"default(a, b, (c))", "default(a, b, c)"},
		{"join(a)", NULL},
		{"digest ( a )", "digest(a)"},
		{"length(default(a, 'x')) > 3", NULL},
		{"trueish", NULL},
		{"nullable.x", NULL},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, "{}");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *canonical = rows[i].canonical ? rows[i].canonical : rows[i].text;
		const char *text;

		if (rig_parse(&rig, rows[i].text, 0))
			fail_msg("%s: %s", rows[i].text, rig.err.message);
		text = rig_text(&rig, rig.expr);
		assert_string_equal(text, canonical);
		assert_int_equal(rig_parse(&rig, text, 0), 0);
		assert_string_equal(rig_text(&rig, rig.expr), canonical);
	}
	arena_done(&rig.arena);
}

/* What plans have besides. */
static void
text_of_plans(void **state)
{
	static const char *const rows[] = {
		"[]",
		"{}",
		"[1, 'a', null, [true], {'k': 3.10}]",
		"{'a': b, 'c d': [e, 1], 'f': {}}",
		"contains(['a', 'b'], c.d)",
		"concat('x-', a.b, '.md')",
		"[a][0]",
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, "{}");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(rig_parse(&rig, rows[i], 0), ERR_INVALID);
		if (rig_parse(&rig, rows[i], EXPR_PLAN))
			fail_msg("%s: %s", rows[i], rig.err.message);
		assert_string_equal(rig_text(&rig, rig.expr), rows[i]);
	}
	arena_done(&rig.arena);
}

static void
wrong_forms(void **state)
{
	static const struct {
		const char *text;
		uint32_t offset;
		const char *says;
	} rows[] = {
		{"", 0, "a value is missing at the end"},
		{"a ==", 4, "a value is missing at the end"},
		{"== a", 0, "a value is missing before \"=\""},
		{"a == == b", 5, "a value is missing before \"=\""},
		{"a = b", 2, "write == to compare"},
		{"a === b", 2, "only one kind of equality"},
		{"a =~ b", 2, "no patterns"},
		{"a & b", 2, "write &&"},
		{"a | b", 2, "write ||"},
		{"a <> b", 2, "write !="},
		{"a and b", 2, "write &&"},
		{"a or b", 2, "write ||"},
		{"not a", 0, "write !"},
		{"a in b", 2, "write contains(list, item)"},
		{"a ? b : c", 2, "condition && value || other"},
		{"a ?? b", 2, "default(a, b)"},
		{"a + b", 2, "no arithmetic"},
		{"a - 1", 2, "no arithmetic"},
		{"-a", 0, "no arithmetic"},
		{"a * 2", 2, "no arithmetic"},
		{"a.*", 2, "a name is missing behind the dot"},
		{"*", 0, "there is no *"},
		{"a.", 2, "a name is missing behind the dot"},
		{"a b", 2, "an operator such as == or && is missing before \"b\""},
		{"a 'b'", 2, "an operator such as == or && is missing here"},
		{"'a", 0, "the text is not closed"},
		{"a == \"b\"", 5, "single quotes"},
		{"a \"b\"", 2, "single quotes"},
		{"0x1F", 0, "is not a number"},
		{"1.", 0, "is not a number"},
		{"01", 0, "is not a number"},
		{".5", 0, "a number begins with a digit"},
		{"+5", 0, "no + in front"},
		{"(a", 0, "this bracket is not closed"},
		{"a[0", 1, "this bracket is not closed"},
		{"contains(a, b", 0, "brackets of this function are not closed"},
		{"a)", 1, "\")\" closes nothing"},
		{"(a]", 2, "\"]\" closes nothing"},
		{"a, b", 1, "\",\" does not belong here"},
		{"a: b", 1, "\":\" does not belong here"},
		{"(a, b)", 2, "\",\" does not belong here"},
		{"[a]", 0, "a list cannot be written"},
		{"{}", 0, "a map cannot be written"},
		{"${{ a }}", 0, "${{ }} does not stand within"},
		{"contains(a)", 0, "contains takes 2 arguments, not 1"},
		{"length()", 0, "length takes 1 argument, not 0"},
		{"default(a)", 0, "default takes at least 2 arguments, not 1"},
		{"join(a, b, c)", 0, "join takes at most 2 arguments, not 3"},
		{"contains(a,)", 11, "a value is missing before \")\""},
		{"startswith(a, b)", 0, "did you mean startsWith?"},
		{"concat(a, b)", 0, "there is no function \"concat\""},
		{"format('a')", 0, "write the text around ${{ }}"},
		{"success()", 0, "there is no function success"},
		{"toJSON(a)", 0, "take the value by `in`"},
		{"frobnicate(a)", 0, "there are contains, startsWith"},
		{"a == \xC3\xA4", 5, "a value is missing before \"\xC3\xA4\""},
		{"a == '\xFF'", 6, "not UTF-8"},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, "{}");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(rig_parse(&rig, rows[i].text, 0), ERR_INVALID);
		if (!strstr(rig.err.message, rows[i].says) || rig.offset != rows[i].offset)
			fail_msg("%s: %u: %s", rows[i].text, rig.offset, rig.err.message);
	}
	arena_done(&rig.arena);
}

static void
plans_are_not_trusted(void **state)
{
	static const char *const rows[] = {
		"{a: 1}",
		"{'a': 1,}",
		"{'a'}",
		"{'a', 1}",
		"{1: 2}",
		"[1: 2]",
		"['a' 'b']",
		"[1,]",
		"{'a': 1: 2}",
		"[}",
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, "{}");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rig_parse(&rig, rows[i], EXPR_PLAN) != ERR_INVALID)
			fail_msg("%s was read", rows[i]);
	arena_done(&rig.arena);
}

static const char *
nested(struct rig *rig, const char *open, unsigned n, const char *inner, const char *close)
{
	struct buf b = BUF_INIT((size_t)1 << 20);
	const char *text;

	for (unsigned i = 0; i < n; i++)
		buf_add_cstr(&b, open);
	buf_add_cstr(&b, inner);
	for (unsigned i = 0; i < n; i++)
		buf_add_cstr(&b, close);
	text = arena_cstr(&rig->arena, buf_str(&b));
	buf_done(&b);
	return text;
}

static void
depth_and_size_are_bounded(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, "{}");
	assert_int_equal(rig_parse(&rig, nested(&rig, "(", EXPR_DEPTH_MAX, "a", ")"), 0), 0);
	assert_int_equal(
		rig_parse(&rig, nested(&rig, "(", EXPR_DEPTH_MAX + 1, "a", ")"), 0), ERR_LIMIT);
	assert_int_equal(rig.offset, EXPR_DEPTH_MAX);
	assert_int_equal(
		rig_parse(&rig, nested(&rig, "!", EXPR_DEPTH_MAX + 1, "a", ""), 0), ERR_LIMIT);
	assert_int_equal(rig_parse(&rig, nested(&rig, "a && ", 9000, "a", ""), 0), 0);
	assert_int_equal(rig_parse(&rig, nested(&rig, "a && ", 20000, "a", ""), 0), ERR_LIMIT);
	assert_int_equal(
		rig_parse(&rig, nested(&rig, "[", EXPR_PLAN_DEPTH_MAX, "a", "]"), EXPR_PLAN),
		0);
	assert_int_equal(rig_parse(&rig, nested(&rig, "[", EXPR_PLAN_DEPTH_MAX + 1, "a", "]"),
				 EXPR_PLAN),
		ERR_LIMIT);
	arena_done(&rig.arena);
}

static void
parts_become_trees(void **state)
{
	const struct expr *parts[3];
	struct value key = value_string(STR("k"));
	struct rig rig;

	(void)state;
	rig_open(&rig, "{}");
	parts[0] = expr_new_literal(&rig.arena, &key);
	assert_int_equal(rig_parse(&rig, "a.b && c", 0), 0);
	parts[1] = rig.expr;
	assert_string_equal(rig_text(&rig, expr_new_made(&rig.arena, EXPR_MADE_MAP, parts, 2)),
		"{'k': a.b && c}");
	assert_int_equal(rig_parse(&rig, "d", 0), 0);
	parts[2] = rig.expr;
	assert_string_equal(rig_text(&rig, expr_new_made(&rig.arena, EXPR_MADE_TEXT, parts, 3)),
		"concat('k', a.b && c, d)");
	rig.expr = expr_new_made(&rig.arena, EXPR_MADE_LIST, parts, 3);
	assert_string_equal(rig_text(&rig, rig.expr), "['k', a.b && c, d]");
	assert_int_equal(expr_references(rig.expr), 3);
	assert_true(str_is(expr_bound(rig.expr, 2)->segments[0].name, "d"));
	arena_done(&rig.arena);
}

static void
lone_parts_are_known(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, "{}");
	assert_int_equal(rig_parse(&rig, "(a.b)", 0), 0);
	assert_non_null(expr_lone_reference(rig.expr));
	assert_int_equal(expr_lone_reference(rig.expr)->n, 2);
	assert_null(expr_lone_literal(rig.expr));
	assert_int_equal(rig_parse(&rig, "'a'", 0), 0);
	assert_non_null(expr_lone_literal(rig.expr));
	assert_null(expr_lone_reference(rig.expr));
	assert_int_equal(rig_parse(&rig, "!a", 0), 0);
	assert_null(expr_lone_literal(rig.expr));
	assert_null(expr_lone_reference(rig.expr));
	arena_done(&rig.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_text),
		cmocka_unit_test(text_of_plans),
		cmocka_unit_test(wrong_forms),
		cmocka_unit_test(plans_are_not_trusted),
		cmocka_unit_test(depth_and_size_are_bounded),
		cmocka_unit_test(parts_become_trees),
		cmocka_unit_test(lone_parts_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
