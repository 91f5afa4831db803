#include "rig.h"

#include <stdlib.h>

#define NAMES                                                                                 \
	"{\"t\":\"x\",\"n\":1,\"b\":true,\"l\":[1],\"m\":{\"k\":1},\"null\":null,\"z\":null," \
	"\"any\":1}"

static void
types_are_worked_out(void **state)
{
	static const struct {
		const char *text;
		unsigned type;
	} rows[] = {
		{"null", EXPR_NULL},
		{"true", EXPR_TRUE},
		{"false", EXPR_FALSE},
		{"1", EXPR_NUMBER},
		{"'a'", EXPR_TEXT},
		{"t", EXPR_TEXT},
		{"any", EXPR_ANY},
		{"m.k", EXPR_ANY},
		{"m['k'].x", EXPR_ANY},
		{"l[0]", EXPR_ANY},
		{"z.x", EXPR_ANY},
		{"any.x[1]", EXPR_ANY},
		{"t == 'a'", EXPR_BOOL},
		{"t == null", EXPR_BOOL},
		{"n < 2", EXPR_BOOL},
		{"t < 'b'", EXPR_BOOL},
		{"any < 'b'", EXPR_BOOL},
		{"l == any", EXPR_BOOL},
		{"true == false", EXPR_BOOL},
		{"!any", EXPR_BOOL},
		{"any && t", EXPR_FALSE | EXPR_TEXT},
		{"any && t || n", EXPR_TEXT | EXPR_NUMBER},
		{"n == 1 && n == 2", EXPR_BOOL},
		{"true && t", EXPR_TEXT},
		{"false || t", EXPR_TEXT},
		{"maybe", EXPR_ANY | EXPR_ABSENT},
		{"maybe.x", EXPR_ANY | EXPR_ABSENT},
		{"maybe == 1", EXPR_BOOL | EXPR_ABSENT},
		{"default(maybe, t)", EXPR_ANY & ~(unsigned)EXPR_NULL},
		{"default(maybe == 1, false)", EXPR_BOOL},
		{"default(maybe, maybe2)", EXPR_ANY | EXPR_ABSENT},
		{"default(z, t)", EXPR_TEXT},
		{"contains(t, 'a')", EXPR_BOOL},
		{"contains(l, null)", EXPR_BOOL},
		{"contains(any, any)", EXPR_BOOL},
		{"startsWith(t, t)", EXPR_BOOL},
		{"endsWith(t, t)", EXPR_BOOL},
		{"length(m)", EXPR_NUMBER},
		{"all(l)", EXPR_BOOL},
		{"any(any)", EXPR_BOOL},
		{"join(l, '-')", EXPR_TEXT},
		{"digest(l)", EXPR_TEXT},
		{"digest(file)", EXPR_TEXT},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, NAMES);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct expr_checked checked = {0};

		assert_int_equal(rig_parse(&rig, rows[i].text, 0), 0);
		if (rig_check(&rig, &checked))
			fail_msg("%s: %s", rows[i].text, rig.err.message);
		if (checked.type != rows[i].type)
			fail_msg("%s: type %x, not %x", rows[i].text, checked.type,
				rows[i].type);
	}
	arena_done(&rig.arena);
}

static void
what_cannot_be_right_is_refused(void **state)
{
	static const struct {
		const char *text;
		uint32_t offset;
		const char *says;
	} rows[] = {
		{"unknown", 0, "no name unknown"},
		{"t == 'a' && unknown", 12, "no name unknown"},
		{"t == 1", 2, "a text never equals a number: a number stands without quotes"},
		{"b == 'true'", 2, "true or false never equals a text"},
		{"l != 1", 2, "a list never equals a number"},
		{"t < 1", 2, "two numbers or two texts have an order, not a number"},
		{"b < true", 2, "not true or false"},
		{"l >= l", 2, "not a list"},
		{"null > 1", 5, "not null"},
		{"!t", 0, "! needs true or false, not a text"},
		{"!t == 'a'", 0, "write !(a == b)"},
		{"t && b", 0, "the left side of && must be true or false, not a text"},
		{"t || b", 0, "the left side of || is a text, never false; write default"},
		{"t.x", 0, "t is a text and has no members"},
		{"n[0]", 1, "a number has no members"},
		{"(t == t).x", 8, "true or false has no members"},
		{"l['x']", 0, "l is a list and its items have numbers, such as [0]"},
		{"l[t]", 1, "a member is named by a text, an item by a number, not by a text"},
		{"m[0]", 1, "an item by a number, not by a number"},
		{"any[true]", 3, "not by true or false"},
		{"contains(n, 'a')", 9, "contains needs a text or a list here, not a number"},
		{"contains(t, 1)", 12, "contains needs a text here, not a number"},
		{"contains(l, m)", 12, "not a map"},
		{"startsWith(t, 1)", 14, "startsWith needs a text here, not a number"},
		{"endsWith(l, t)", 9, "endsWith needs a text here, not a list"},
		{"length(n)", 7, "length needs a text or a list or a map here"},
		{"all(b)", 4, "all needs a list here, not true or false"},
		{"any(t)", 4, "any needs a list here"},
		{"join(t)", 5, "join needs a list here, not a text"},
		{"join(l, 1)", 8, "join needs a text here, not a number"},
		{"file", 0, "a file"},
		{"file == 'x'", 0, "a file"},
		{"default(file, 'x')", 8, "a file"},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, NAMES);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct expr_checked checked;

		assert_int_equal(rig_parse(&rig, rows[i].text, 0), 0);
		if (rig_check(&rig, &checked) != ERR_INVALID)
			fail_msg("%s is taken", rows[i].text);
		if (!strstr(rig.err.message, rows[i].says) || rig.offset != rows[i].offset)
			fail_msg("%s: %u: %s", rows[i].text, rig.offset, rig.err.message);
	}
	arena_done(&rig.arena);
}

static void
the_reference_that_may_be_absent_is_named(void **state)
{
	struct expr_checked checked;
	struct rig rig;

	(void)state;
	rig_open(&rig, NAMES);
	assert_int_equal(rig_parse(&rig, "n == 1 && default(maybe, 1) == maybe2", 0), 0);
	assert_int_equal(rig_check(&rig, &checked), 0);
	assert_true(checked.type & EXPR_ABSENT);
	assert_int_equal(checked.may_miss, 2);
	arena_done(&rig.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_worked_out),
		cmocka_unit_test(what_cannot_be_right_is_refused),
		cmocka_unit_test(the_reference_that_may_be_absent_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
