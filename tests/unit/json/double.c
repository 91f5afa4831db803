/*
 * Shortest doubles: by hand where the usual search goes wrong, by the C library's exact reading
 * and printing for every exponent, and against node on many (scripts/check-doubles).
 */
#include "json/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static double
double_of(uint64_t bits)
{
	double number;

	memcpy(&number, &bits, sizeof(number));
	return number;
}

static void
known_numbers_are_written_as_ecmascript_does(void **state)
{
	/* RFC 8785, appendix B, and powers of two whose lower neighbour is nearer. */
	static const struct {
		uint64_t bits;
		const char *text;
	} rows[] = {
		{0x0000000000000000, "0"},
		{0x8000000000000000, "0"},
		{0x0000000000000001, "5e-324"},
		{0x8000000000000001, "-5e-324"},
		{0x0000000000000003, "1.5e-323"},
		{0x000FFFFFFFFFFFFF, "2.225073858507201e-308"},
		{0x0010000000000000, "2.2250738585072014e-308"},
		{0x7fefffffffffffff, "1.7976931348623157e+308"},
		{0xffefffffffffffff, "-1.7976931348623157e+308"},
		{0x4340000000000000, "9007199254740992"},
		{0xc340000000000000, "-9007199254740992"},
		{0x4430000000000000, "295147905179352830000"},
		{0x44b52d02c7e14af5, "9.999999999999997e+22"},
		{0x44b52d02c7e14af6, "1e+23"},
		{0x44b52d02c7e14af7, "1.0000000000000001e+23"},
		{0x444b1ae4d6e2ef4e, "999999999999999700000"},
		{0x444b1ae4d6e2ef4f, "999999999999999900000"},
		{0x444b1ae4d6e2ef50, "1e+21"},
		{0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
		{0x3eb0c6f7a0b5ed8d, "0.000001"},
		{0x41b3de4355555553, "333333333.3333332"},
		{0x41b3de4355555554, "333333333.33333325"},
		{0x41b3de4355555555, "333333333.3333333"},
		{0x41b3de4355555556, "333333333.3333334"},
		{0x41b3de4355555557, "333333333.33333343"},
		{0xbecbf647612f3696, "-0.0000033333333333333333"},
		{0x43143ff3c1cb0959, "1424953923781206.2"},
		{0x3d30000000000000, "5.684341886080802e-14"},
		{0x3fb999999999999a, "0.1"},
		{0x3ff0000000000000, "1"},
		{0x4059000000000000, "100"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[32];
		size_t n = json_number_to_text(double_of(rows[i].bits), text);

		text[n] = '\0';
		assert_string_equal(text, rows[i].text);
	}
}

/* Digits of a number that is written in any of the forms, without zeros on either side. */
static size_t
count_digits(const char *text)
{
	size_t n = 0;
	size_t zeros = 0;

	for (; *text && *text != 'e'; text++) {
		if (*text < '0' || *text > '9')
			continue;
		if (*text == '0') {
			zeros += n > 0;
			continue;
		}
		n += zeros + 1;
		zeros = 0;
	}
	return n;
}

/* It reads back as itself; no correctly rounded decimal with fewer digits does; and with as many
 * digits the correctly rounded one is what is written, if that reads back at all. */
static void
check_shortest(double number)
{
	char text[32];
	char other[64];
	size_t n = json_number_to_text(number, text);
	int digits;

	text[n] = '\0';
	assert_true(strtod(text, NULL) == number);
	digits = (int)count_digits(text);
	assert_in_range(digits, 1, 17);
	if (digits > 1) {
		(void)snprintf(other, sizeof(other), "%.*e", digits - 2, number);
		assert_true(strtod(other, NULL) != number);
	}
	(void)snprintf(other, sizeof(other), "%.*e", digits - 1, number);
	if (strtod(other, NULL) == number)
		assert_true(strtold(other, NULL) == strtold(text, NULL));
}

static void
every_exponent_gives_the_shortest_digits(void **state)
{
	static const uint64_t fractions[] = {
		0, 1, 2, 0x8000000000000, 0xFFFFFFFFFFFFF, 0x5555555555555, 0x123456789ABCD};

	(void)state;
	for (uint64_t exponent = 0; exponent < 2047; exponent++)
		for (size_t i = 0; i < ARRAY_SIZE(fractions); i++)
			if (exponent || fractions[i])
				check_shortest(double_of(exponent << 52 | fractions[i]));
}

static void
scattered_bits_give_the_shortest_digits(void **state)
{
	uint64_t bits = 0x9E3779B97F4A7C15;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		double number;

		bits = bits * 6364136223846793005U + 1442695040888963407U;
		number = double_of(bits ^ bits >> 31);
		if (isfinite(number) && number != 0)
			check_shortest(fabs(number));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_numbers_are_written_as_ecmascript_does),
		cmocka_unit_test(every_exponent_gives_the_shortest_digits),
		cmocka_unit_test(scattered_bits_give_the_shortest_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
