#include "base/clock.h"

#include "base/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define MS INT64_C(1000)
#define S (1000 * MS)
#define M (60 * S)
#define H (60 * M)
#define D (24 * H)

static void
clocks_run(void **state)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	int64_t utc = clock_utc_us();
	int64_t boot = clock_boot_us();

	(void)state;
	assert_int_equal(nanosleep(&pause, NULL), 0);
	assert_true(clock_boot_us() - boot >= 2000);
	assert_true(utc > INT64_C(1600000000) * S);
}

static void
text_is_rfc_3339(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} rows[] = {
		{0, "1970-01-01T00:00:00.000000Z"},
		{1, "1970-01-01T00:00:00.000001Z"},
		{-1, "1969-12-31T23:59:59.999999Z"},
		{INT64_C(951782400) * S, "2000-02-29T00:00:00.000000Z"},
		{INT64_C(1767323045678901), "2026-01-02T03:04:05.678901Z"},
		{INT64_C(253402300799999999), "9999-12-31T23:59:59.999999Z"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[CLOCK_TEXT_SIZE];

		assert_string_equal(clock_to_text(rows[i].us, text), rows[i].text);
	}
}

/* A fifth digit of the year pushed the Z out of the text; such a time can stand in a broken store. */
static void
years_beyond_four_digits_keep_the_form(void **state)
{
	char text[CLOCK_TEXT_SIZE];

	(void)state;
	assert_string_equal(clock_to_text(INT64_C(253402300800000000), text),
		"9999-12-31T23:59:59.999999Z");
	assert_string_equal(clock_to_text(INT64_MAX, text), "9999-12-31T23:59:59.999999Z");
	assert_string_equal(clock_to_text(INT64_MIN, text), "0001-01-01T00:00:00.000000Z");
}

static void
boot_id_is_a_uuid(void **state)
{
	char id[CLOCK_BOOT_ID_SIZE];
	char again[CLOCK_BOOT_ID_SIZE];
	struct err err = ERR_INIT;
	struct uuid uuid;

	(void)state;
	assert_int_equal(clock_boot_id(id, &err), 0);
	assert_true(uuid_parse(str_of(id), &uuid));
	assert_int_equal(clock_boot_id(again, &err), 0);
	assert_string_equal(id, again);
}

static void
durations_for_people(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} rows[] = {
		{0, "0ms"},
		{999, "0ms"},
		{45 * MS, "45ms"},
		{S - 1, "999ms"},
		{S, "1.0s"},
		{12 * S + 345 * MS, "12.3s"},
		{M - 1, "59.9s"},
		{M, "1m 00s"},
		{3 * M + 4 * S, "3m 04s"},
		{H - 1, "59m 59s"},
		{H + 2 * M, "1h 02m"},
		{30 * H, "30h 00m"},
		{-5 * MS, "-5ms"},
		{-100 * D, "-8640000000ms"},
		{INT64_MAX, "2562047788h 00m"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[CLOCK_DURATION_SIZE];

		assert_string_equal(clock_duration_to_text(rows[i].us, text), rows[i].text);
	}
}

static void
durations_in_files(void **state)
{
	static const struct {
		const char *text;
		int64_t us; /* -1: refused */
	} rows[] = {
		{"90s", 90 * S},
		{"10m", 10 * M},
		{"1h30m", H + 30 * M},
		{"7d", 7 * D},
		{"250ms", 250 * MS},
		{"1d2h3m4s5ms", D + 2 * H + 3 * M + 4 * S + 5 * MS},
		{"0s", 0},
		{"007s", 7 * S},
		{"36500d", 36500 * D},
		{"36501d", -1},
		{"36500d1s", -1},
		{"99999999999s", -1},
		{"2147483647d", -1},
		{"", -1},
		{"s", -1},
		{"10", -1},
		{"1m30", -1},
		{"1 m", -1},
		{" 1m", -1},
		{"1m ", -1},
		{"-1m", -1},
		{"1.5s", -1},
		{"1M", -1},
		{"1min", -1},
		{"1w", -1},
		{"30m1h", -1},
		{"1h1h", -1},
		{"1us", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t us = 77;
		bool good = clock_parse_duration(str_of(rows[i].text), &us);

		if (good != (rows[i].us >= 0) || us != (good ? rows[i].us : 77))
			fail_msg("\"%s\": %d, %lld", rows[i].text, good, (long long)us);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_run),
		cmocka_unit_test(text_is_rfc_3339),
		cmocka_unit_test(years_beyond_four_digits_keep_the_form),
		cmocka_unit_test(boot_id_is_a_uuid),
		cmocka_unit_test(durations_for_people),
		cmocka_unit_test(durations_in_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
