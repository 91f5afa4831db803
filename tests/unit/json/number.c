#include "json/number.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int
sign(int number)
{
	return (number > 0) - (number < 0);
}

static void
compare_is_exact(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		int order;
	} rows[] = {
		{"0", "-0", 0},
		{"0", "0.000e5", 0},
		{"0e99999999999999999999999", "-0.0", 0},
		{"1", "1.0", 0},
		{"0.1", "0.10", 0},
		{"100", "1e2", 0},
		{"1e400", "1E+400", 0},
		{"10e399", "1e400", 0},
		{"0.001e403", "1e400", 0},
		{"1e400", "1e401", -1},
		{"-1e400", "-1e401", 1},
		{"1e-400", "0", 1},
		{"-1e-400", "0", -1},
		{"9007199254740993", "9007199254740992", 1},
		{"9007199254740993", "9007199254740993.0000000000000000000001", -1},
		{"0.1", "0.1000000000000000055511151231257827", -1},
		{"123.456", "123456e-3", 0},
		{"12.3", "1.23", 1},
		{"12", "123", -1},
		{"2", "10", -1},
		{"-2", "-10", 1},
		{"-1", "1", -1},
		{"1e99999999999999999999999999", "1e99999999999999999999999998", 1},
		{"10e99999999999999999999999998", "1e99999999999999999999999999", 0},
		{"1e-99999999999999999999999999", "0.1e-99999999999999999999999998", 0},
		{"1e99999999999999999999999999", "1e-99999999999999999999999999", 1},
		{"1e0000000000000000000000000000002", "100", 0},
		{"1e-0", "1e+00", 0},
		{"0.00001", "1e-5", 0},
		{"100000000000000000000000000000000000000001", "1e41", 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct str a = str_of(rows[i].a);
		struct str b = str_of(rows[i].b);

		assert_int_equal(sign(number_compare(a, b)), rows[i].order);
		assert_int_equal(sign(number_compare(b, a)), -rows[i].order);
		assert_int_equal(number_compare(a, a), 0);
	}
}

static void
whole_numbers_convert_by_lexeme(void **state)
{
	static const struct {
		const char *lexeme;
		bool is_whole;
		bool fits;
		int64_t number;
	} rows[] = {
		{"0", true, true, 0},
		{"-0", true, true, 0},
		{"0e5", true, true, 0},
		{"0.0e-99999999999999999999", true, true, 0},
		{"1.0", true, true, 1},
		{"1e2", true, true, 100},
		{"120e-1", true, true, 12},
		{"1.20e1", true, true, 12},
		{"1.25e1", false, false, 0},
		{"0.5", false, false, 0},
		{"1e-1", false, false, 0},
		{"9223372036854775807", true, true, INT64_MAX},
		{"9223372036854775808", true, false, 0},
		{"-9223372036854775808", true, true, INT64_MIN},
		{"-9223372036854775809", true, false, 0},
		{"9.223372036854775807e18", true, true, INT64_MAX},
		{"-922337203685477580.8e1", true, true, INT64_MIN},
		{"1e18", true, true, 1000000000000000000},
		{"1e19", true, false, 0},
		{"1e99999999999999999999", true, false, 0},
		{"1e-99999999999999999999", false, false, 0},
		{"100000000000000000000e-20", true, true, 1},
		{"18446744073709551616", true, false, 0},
		{"18446744073709551617", true, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct str lexeme = str_of(rows[i].lexeme);
		int64_t number = 77;

		assert_int_equal(number_is_whole(lexeme), rows[i].is_whole);
		assert_int_equal(number_to_i64(lexeme, &number), rows[i].fits);
		assert_int_equal(number, rows[i].fits ? rows[i].number : 77);
	}
}

static void
doubles_are_the_nearest(void **state)
{
	static const struct {
		const char *lexeme;
		double number;
	} rows[] = {
		{"0", 0.0},
		{"1", 1.0},
		{"-1.5", -1.5},
		{"0.1", 0.1},
		{"1e22", 1e22},
		{"1e23", 1e23},
		{"123456789012345678", 123456789012345678.0},
		{"9007199254740993", 9007199254740992.0},
		{"9007199254740993.00000000000000000000001", 9007199254740994.0},
		{"5e-324", 5e-324},
		{"2e-324", 0.0},
		{"1e-99999999999999999999", 0.0},
		{"1.7976931348623157e308", 1.7976931348623157e308},
		{"0.00000000000000000000000000000000000000001e41", 1.0},
		{"1000000000000000000000000000000e-30", 1.0},
	};
	double number = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(number_to_double(str_of(rows[i].lexeme), &number));
		assert_true(number == rows[i].number);
	}
	assert_true(number_to_double(STR("-0"), &number));
	assert_true(number == 0 && signbit(number));
	number = 77;
	assert_false(number_to_double(STR("1e309"), &number));
	assert_false(number_to_double(STR("-1e99999999999999999999"), &number));
	assert_true(number == 77);
}

/* The exact short way must agree with the long one of the C library. */
static void
doubles_agree_with_strtod(void **state)
{
	uint64_t bits = 88172645463325252;

	(void)state;
	for (int i = 0; i < 50000; i++) {
		char text[64];
		double number;

		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		(void)snprintf(text, sizeof(text), "%s%ju.%03ue%d", bits & 1 ? "-" : "",
			(uintmax_t)(bits >> (8 + bits % 50)), (unsigned)(bits >> 20 & 511),
			(int)(bits >> 40 & 63) - 32);
		assert_true(number_to_double(str_of(text), &number));
		assert_true(number == strtod(text, NULL));
	}
}

static void
long_lexemes_take_linear_time(void **state)
{
	size_t n = 4 << 20;
	char *digits = malloc(n + 1);
	struct str whole;
	struct str fraction;
	double number;
	int64_t integer;

	(void)state;
	assert_non_null(digits);
	memset(digits, '7', n);
	digits[n] = '\0';
	whole = (struct str){digits, n};
	assert_true(number_is_whole(whole));
	assert_false(number_to_i64(whole, &integer));
	assert_false(number_to_double(whole, &number));
	assert_int_equal(number_compare(whole, (struct str){digits, n - 1}), 1);
	digits[0] = '0';
	digits[1] = '.';
	fraction = (struct str){digits, n};
	assert_true(number_to_double(fraction, &number));
	assert_true(number == 7.0 / 9);
	memset(digits + 2, '0', n - 3);
	assert_int_equal(sign(number_compare(fraction, STR("1e-4194302"))), 1);
	assert_int_equal(number_compare(fraction, STR("7e-4194302")), 0);
	free(digits);
}

static void
written_whole_means_digits_only(void **state)
{
	(void)state;
	assert_true(number_is_written_whole(STR("-12")));
	assert_false(number_is_written_whole(STR("1.0")));
	assert_false(number_is_written_whole(STR("1e2")));
	assert_false(number_is_written_whole(STR("1E2")));
}

static void
multiples_are_exact(void **state)
{
	static const struct {
		const char *number;
		const char *divisor;
		int is_multiple;
	} rows[] = {
		{"0", "3", 1},
		{"-0.0e5", "1e400", 1},
		{"9", "3", 1},
		{"-9", "3", 1},
		{"10", "3", 0},
		{"0.0075", "0.0001", 1},
		{"0.00751", "0.0001", 0},
		{"4.5", "1.5", 1},
		{"35", "1.5", 0},
		{"1.1", "0.1", 1},
		{"3.3", "1.1", 1},
		{"1e308", "0.123456789", 0},
		{"1e308", "0.5", 1},
		{"1e400", "3", 0},
		{"3e400", "3", 1},
		{"1e-400", "1e-401", 1},
		{"1e-401", "1e-400", 0},
		{"7e999999999999999999999", "1024", 1},
		{"7e2", "1024", 0},
		{"1e99999999999999999999999998", "1e99999999999999999999999999", 0},
		{"1e99999999999999999999999999", "1e99999999999999999999999998", 1},
		{"12345678901234567890123456789012345678901234567890", "12345678901234567890",
			0},
		{"12345678901234567890000000000000000000000000", "12345678901234567890", 1},
		{"152415787532388367501905199875019052100", "12345678901234567890", 1},
		{"152415787532388367501905199875019052101", "12345678901234567890", 0},
		{"1e90", "1237940039285380274899124224", 1}, /* 2^90 */
		{"1e89", "1237940039285380274899124224", 0},
		{"1.2345678901234567890e3", "12345678901234567890e-16", 1},
		{"100", "0", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (number_is_multiple(str_of(rows[i].number), str_of(rows[i].divisor)) !=
			rows[i].is_multiple)
			fail_msg("%s of %s", rows[i].number, rows[i].divisor);
}

static void
differences_are_exact(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		const char *limit;
		int order;
	} rows[] = {
		{"3", "1", "2", 0},
		{"0.3", "0.1", "0.2", 0}, /* as doubles it is less */
		{"0.3", "0.1", "0.20000000000000000000000000000000000001", -1},
		{"0.3", "0.1", "0.19999999999999999999999999999999999999", 1},
		{"1", "3", "-2", 0},
		{"-1", "-3", "2", 0},
		{"1", "3", "-2.5", 1},
		{"0", "0", "0", 0},
		{"0", "-0.0e9", "-0", 0},
		{"0", "0", "1e-400", -1},
		{"1e999999999999999999999999", "1e999999999999999999999999", "0", 0},
		{"1e999999999999999999999999", "1", "1e999999999999999999999999", -1},
		{"1e999999999999999999999999", "-1", "1e999999999999999999999999", 1},
		{"1e999999999999999999999999", "-1e-99999999999999999999999",
			"1e999999999999999999999999", 1},
		{"1e-999999999999999999999999", "0", "1", -1},
		{"1e-999999999999999999999999", "0", "0", 1},
		{"1", "1e-999999999999999999999999", "1", -1},
		{"10", "9.999", "0.001", 0},
		{"100000000000000000000", "99999999999999999999.9", "0.1", 0},
		{"1000", "1", "1000", -1},
		{"9007199254740993", "9007199254740992", "1", 0},
		{"123.456e2", "12345.6", "0", 0},
		{"-5", "5", "-10", 0},
		{"-5", "5", "-9.99", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (sign(number_compare_difference(str_of(rows[i].a), str_of(rows[i].b),
			    str_of(rows[i].limit))) != rows[i].order)
			fail_msg("%s - %s and %s", rows[i].a, rows[i].b, rows[i].limit);
}

/* Against whole numbers, scaled by powers of ten and written in several ways. */
static void
differences_agree_with_whole_numbers(void **state)
{
	uint64_t seed = 88172645463325252U;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		static const int scales[] = {1, 10, 100, 1000};
		char texts[3][40];
		int64_t wholes[3];
		int64_t sum;

		for (int i = 0; i < 3; i++) {
			int scale;

			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			scale = (int)(seed % ARRAY_SIZE(scales));
			wholes[i] = (int64_t)((seed >> 8) % 401) - 200;
			(void)snprintf(texts[i], sizeof(texts[i]), "%llde-%d",
				(long long)wholes[i], scale);
			wholes[i] *= scales[3 - scale];
		}
		sum = wholes[0] - wholes[1] - wholes[2];
		if (sign(number_compare_difference(str_of(texts[0]), str_of(texts[1]),
			    str_of(texts[2]))) != (sum > 0) - (sum < 0))
			fail_msg("%s - %s and %s", texts[0], texts[1], texts[2]);
		if (number_is_within(str_of(texts[0]), str_of(texts[1]),
			    wholes[2] < 0 ? str_of(texts[2] + 1) : str_of(texts[2])) !=
			(llabs(wholes[0] - wholes[1]) <= llabs(wholes[2])))
			fail_msg("%s, %s within %s", texts[0], texts[1], texts[2]);
		if (number_is_within_percent(str_of(texts[0]), str_of(texts[1]),
			    wholes[2] < 0 ? str_of(texts[2] + 1) : str_of(texts[2])) !=
			(llabs(wholes[0] - wholes[1]) * 100 * 1000 <=
				llabs(wholes[1]) * llabs(wholes[2])))
			fail_msg("%s, %s within %s percent", texts[0], texts[1], texts[2]);
	}
}

static void
percentages_are_of_the_second(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		const char *percent;
		bool is_within;
	} rows[] = {
		{"101", "100", "1", true},
		{"99", "100", "1", true},
		{"101.0000000000000000000000001", "100", "1", false},
		{"100", "101", "1", true},
		{"100", "99", "1", false},
		{"-101", "-100", "1", true},
		{"-101", "100", "200", false},
		{"-101", "100", "201", true},
		{"0", "0", "0", true},
		{"1e-30", "0", "50", false},
		{"1.0", "1", "0", true},
		{"1.01", "1", "0", false},
		{"1.1e99999999999999999999", "1e99999999999999999999", "10", true},
		{"1.1e99999999999999999999", "1e99999999999999999999", "9.99", false},
		{"0.33", "0.3", "10.0", true},
		{"1e9999999999", "1", "100", false},
		{"1", "1e9999999999", "100", true},
		{"1", "1e9999999999", "99.9999999", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (number_is_within_percent(str_of(rows[i].a), str_of(rows[i].b),
			    str_of(rows[i].percent)) != rows[i].is_within)
			fail_msg("%s, %s, %s %%", rows[i].a, rows[i].b, rows[i].percent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compare_is_exact),
		cmocka_unit_test(multiples_are_exact),
		cmocka_unit_test(whole_numbers_convert_by_lexeme),
		cmocka_unit_test(doubles_are_the_nearest),
		cmocka_unit_test(doubles_agree_with_strtod),
		cmocka_unit_test(long_lexemes_take_linear_time),
		cmocka_unit_test(written_whole_means_digits_only),
		cmocka_unit_test(differences_are_exact),
		cmocka_unit_test(differences_agree_with_whole_numbers),
		cmocka_unit_test(percentages_are_of_the_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
