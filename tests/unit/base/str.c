#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NONE ((struct str){NULL, 0})

static int
sign(int number)
{
	return (number > 0) - (number < 0);
}

static void
compare_is_by_unsigned_bytes(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		int order;
	} rows[] = {
		{"", "", 0},
		{"", "a", -1},
		{"a", "a", 0},
		{"a", "ab", -1},
		{"ab", "a", 1},
		{"a", "b", -1},
		{"\xff", "a", 1},
		{"a\x01", "a\xff", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct str a = str_of(rows[i].a);
		struct str b = str_of(rows[i].b);

		assert_int_equal(sign(str_compare(a, b)), rows[i].order);
		assert_int_equal(sign(str_compare(b, a)), -rows[i].order);
		assert_int_equal(str_equal(a, b), rows[i].order == 0);
	}
	assert_true(str_equal(NONE, STR("")));
	assert_int_equal(str_compare(NONE, STR("")), 0);
}

static void
starts_and_ends(void **state)
{
	(void)state;
	assert_true(str_starts(STR("sha256:ab"), STR("sha256:")));
	assert_false(str_starts(STR("sha256"), STR("sha256:")));
	assert_true(str_starts(STR("x"), STR("")));
	assert_true(str_ends(STR("a.lily.yaml"), STR(".yaml")));
	assert_false(str_ends(STR("yaml"), STR(".yaml")));
	assert_true(str_ends(STR("x"), STR("")));
	assert_true(str_is_below(STR("each/b/two"), STR("each/b")));
	assert_false(str_is_below(STR("each/b"), STR("each/b")));
	assert_false(str_is_below(STR("each/b/"), STR("each/b")));
	assert_false(str_is_below(STR("each/bc/two"), STR("each/b")));
}

/* Under UBSan memcmp(NULL, …, 0) is refused. */
static void
starts_and_ends_accept_views_of_nothing(void **state)
{
	(void)state;
	assert_true(str_starts(NONE, STR("")));
	assert_true(str_starts(STR(""), NONE));
	assert_true(str_starts(NONE, NONE));
	assert_true(str_ends(NONE, STR("")));
	assert_true(str_ends(NONE, NONE));
	assert_false(str_ends(NONE, STR("x")));
}

static void
cut_splits_at_the_first(void **state)
{
	struct str rest;

	(void)state;
	assert_true(str_is(str_cut(STR("a=b=c"), '=', &rest), "a"));
	assert_true(str_is(rest, "b=c"));
	assert_true(str_is(str_cut(STR("a="), '=', &rest), "a"));
	assert_non_null(rest.p);
	assert_int_equal(rest.n, 0);
	assert_true(str_is(str_cut(STR("a"), '=', &rest), "a"));
	assert_null(rest.p);
	assert_int_equal(str_cut(NONE, '=', &rest).n, 0);
	assert_int_equal(str_find(STR("a\0b"), 'b'), 2);
	assert_int_equal(str_find(NONE, 'b'), -1);
}

static void
trim_takes_blanks_of_both_ends(void **state)
{
	(void)state;
	assert_true(str_is(str_trim(STR(" \t\r\na b\n ")), "a b"));
	assert_true(str_is(str_trim(STR(" \n ")), ""));
	assert_int_equal(str_trim(NONE).n, 0);
}

static void
to_u64_accepts_digits_only(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool good;
		uint64_t number;
	} rows[] = {
		{"0", 10, true, 0},
		{"007", 10, true, 7},
		{"10", 10, true, 10},
		{"11", 10, false, 0},
		{"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, false, 0},
		{"99999999999999999999", UINT64_MAX, false, 0},
		{"", 10, false, 0},
		{"-1", 10, false, 0},
		{"+1", 10, false, 0},
		{" 1", 10, false, 0},
		{"1 ", 10, false, 0},
		{"1a", 10, false, 0},
		{"0x1", 10, false, 0},
		{"/", 10, false, 0},
		{":", 10, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t number = 77;

		if (str_to_u64(str_of(rows[i].text), rows[i].max, &number) != rows[i].good)
			fail_msg("\"%s\"", rows[i].text);
		assert_int_equal(number, rows[i].good ? rows[i].number : 77);
	}
}

/* RFC 3629 section 4, each bound from both sides; `at` is the first bad byte, -1 for none. */
static void
utf8_follows_the_table_of_rfc_3629(void **state)
{
	static const struct {
		struct str bytes;
		int at;
	} rows[] = {
		{{"", 0}, -1},
		{{"\x00", 1}, -1},
		{{"\x7f", 1}, -1},
		{{"\x80", 1}, 0},
		{{"\xbf", 1}, 0},
		{{"\xc0\x80", 2}, 0},
		{{"\xc1\xbf", 2}, 0},
		{{"\xc2\x80", 2}, -1},
		{{"\xc2\x7f", 2}, 0},
		{{"\xc2\xc0", 2}, 0},
		{{"\xdf\xbf", 2}, -1},
		{{"\xdf", 1}, 0},
		{{"\xe0\x9f\xbf", 3}, 0},
		{{"\xe0\xa0\x80", 3}, -1},
		{{"\xe1\x80\x80", 3}, -1},
		{{"\xe1\x80", 2}, 0},
		{{"\xe1\x80\x7f", 3}, 0},
		{{"\xed\x9f\xbf", 3}, -1},
		{{"\xed\xa0\x80", 3}, 0},
		{{"\xed\xbf\xbf", 3}, 0},
		{{"\xee\x80\x80", 3}, -1},
		{{"\xef\xbf\xbf", 3}, -1},
		{{"\xf0\x8f\xbf\xbf", 4}, 0},
		{{"\xf0\x90\x80\x80", 4}, -1},
		{{"\xf0\x90\x80", 3}, 0},
		{{"\xf3\xbf\xbf\xbf", 4}, -1},
		{{"\xf4\x8f\xbf\xbf", 4}, -1},
		{{"\xf4\x90\x80\x80", 4}, 0},
		{{"\xf5\x80\x80\x80", 4}, 0},
		{{"\xff", 1}, 0},
		{{"abcdefgh\xff", 9}, 8},
		{{"abcdefg\xff", 8}, 7},
		{{"abcdefghi\xc3\xa4jklmnopqr\xc3", 21}, 20},
		{{"abc\xe2\x82\xac", 6}, -1},
		{{"abc\xe2\x82\xac"
		  "abcdefgh\x80",
			 15},
			14},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t at = 999;
		bool good = str_is_utf8(rows[i].bytes, &at);

		if (good != (rows[i].at < 0) || at != (good ? 999 : (size_t)rows[i].at))
			fail_msg("row %zu: %s at %zu", i, good ? "accepted" : "refused", at);
	}
	assert_true(str_is_utf8(NONE, NULL));
	assert_false(str_is_utf8(STR("\x80"), NULL));
}

static void
names(void **state)
{
	static const char *const good[] = {"a", "Z9", "_x", "0", "a.b-c_d", "9-"};
	static const char *const bad[] = {
		"", ".a", "-a", "a b", "a/b", "\xc3\xa4", "a\n", "a:"};
	char longest[130];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (!str_is_name(str_of(good[i])))
			fail_msg("%s refused", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (str_is_name(str_of(bad[i])))
			fail_msg("%s accepted", bad[i]);
	memset(longest, 'n', sizeof(longest));
	assert_true(str_is_name((struct str){longest, 128}));
	assert_false(str_is_name((struct str){longest, 129}));
	assert_false(str_is_name((struct str){"a\0b", 3}));
}

static void
nearest_is_a_slip_or_nothing(void **state)
{
	static const struct str words[] = {
		{"steps", 5}, {"params", 6}, {"timeout", 7}, {"in", 2}, {"needs", 5}};
	static const struct {
		const char *typed;
		const char *meant;
	} rows[] = {
		{"step", "steps"},
		{"stpes", "steps"},
		{"timeuot", "timeout"},
		{"ni", "in"},
		{"param", "params"},
		{"timout", "timeout"},
		{"time_out", "timeout"},
		{"im", "in"},
		{"need", "needs"},
		{"xyz", ""},
		{"frobnicate", ""},
		{"steps", "steps"},
		{"STEPS", "steps"},
		{"IN", "in"},
	};
	char longer[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct str found = str_nearest(str_of(rows[i].typed), words, ARRAY_SIZE(words));

		if (!str_is(found, rows[i].meant))
			fail_msg("%s: %.*s", rows[i].typed, STR_ARG(found));
	}
	assert_int_equal(str_nearest(STR("a"), NULL, 0).n, 0);
	memset(longer, 's', sizeof(longer));
	assert_int_equal(
		str_nearest((struct str){longer, sizeof(longer)}, words, ARRAY_SIZE(words)).n,
		0);
	assert_int_equal(
		str_nearest(STR("sss"), &(struct str){longer, sizeof(longer)}, 1).n, 0);
}

/* A slip leaves something of what was meant. */
static void
nearest_has_something_in_common(void **state)
{
	static const struct str words[] = {{"x", 1}, {"no", 2}};

	(void)state;
	assert_int_equal(str_nearest(STR("z"), words, 2).n, 0);
	assert_int_equal(str_nearest(STR("o"), words, 2).n, 2);
	assert_int_equal(str_nearest(STR("X"), words, 2).n, 1);
}

/* Whoever wrote nothing made no slip. */
static void
nearest_to_nothing_is_nothing(void **state)
{
	static const struct str words[] = {{"x", 1}};

	(void)state;
	assert_int_equal(str_nearest(STR(""), words, 1).n, 0);
}

static void
hash_is_stable_and_spreads(void **state)
{
	enum { N = 20000, BINS = 64 };
	size_t bins[BINS] = {0};
	char text[32];

	(void)state;
	for (int i = 0; i < N; i++) {
		int n = snprintf(text, sizeof(text), "step-%d", i);
		uint64_t hash = str_hash((struct str){text, (size_t)n});

		assert_true(hash == str_hash(str_of(text)));
		bins[hash % BINS]++;
	}
	for (size_t i = 0; i < BINS; i++)
		if (bins[i] < N / BINS / 2 || bins[i] > 2 * N / BINS)
			fail_msg("bin %zu holds %zu", i, bins[i]);
	assert_true(str_hash(NONE) == str_hash(STR("")));
	assert_true(str_hash((struct str){"a\0", 2}) != str_hash(STR("a")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compare_is_by_unsigned_bytes),
		cmocka_unit_test(starts_and_ends),
		cmocka_unit_test(starts_and_ends_accept_views_of_nothing),
		cmocka_unit_test(cut_splits_at_the_first),
		cmocka_unit_test(trim_takes_blanks_of_both_ends),
		cmocka_unit_test(to_u64_accepts_digits_only),
		cmocka_unit_test(utf8_follows_the_table_of_rfc_3629),
		cmocka_unit_test(names),
		cmocka_unit_test(nearest_is_a_slip_or_nothing),
		cmocka_unit_test(nearest_has_something_in_common),
		cmocka_unit_test(nearest_to_nothing_is_nothing),
		cmocka_unit_test(hash_is_stable_and_spreads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
