#include "cli/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
safe_shows_what_terminals_would_obey(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *line, *lines;
	} cases[] = {
#define CASE(bytes, line, lines) {bytes, sizeof(bytes) - 1, line, lines}
		CASE("plain", "plain", "plain"),
		CASE("", "", ""),
		CASE("a\nb\tc", "a\\nb\\tc", "a\nb\tc"),
		CASE("\033[31mred", "\\x1b[31mred", "\\x1b[31mred"),
		CASE("a\rb", "a\\rb", "a\\rb"),
		CASE("a\0b", "a\\x00b", "a\\x00b"),
		CASE("\x7f", "\\x7f", "\\x7f"),
		CASE("caf\xc3\xa9 \xe2\x9c\x93", "caf\xc3\xa9 \xe2\x9c\x93",
			"caf\xc3\xa9 \xe2\x9c\x93"),
		CASE("\xc2\x9b"
		     "31m",
			"\\u{009b}31m", "\\u{009b}31m"),
		CASE("\xe2\x80\xae"
		     "cba",
			"\\u{202e}cba", "\\u{202e}cba"),
		CASE("\xe2\x81\xa6", "\\u{2066}", "\\u{2066}"),
		CASE("\xe2\x80\x8b", "\\u{200b}", "\\u{200b}"),
		CASE("\xff\xc3", "\\xff\\xc3", "\\xff\\xc3"),
		CASE("\xc0\x80", "\\xc0\\x80", "\\xc0\\x80"),
		CASE("\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80"),
		CASE("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80"),
		CASE("\xe2\x82", "\\xe2\\x82", "\\xe2\\x82"),
#undef CASE
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_TEXT struct text line = TEXT_INIT;
		AUTO_TEXT struct text lines = TEXT_INIT;

		text_add_safe(&line, cases[i].bytes, cases[i].n, TEXT_LINE);
		text_add_safe(&lines, cases[i].bytes, cases[i].n, TEXT_LINES);
		assert_string_equal(text_string(&line), cases[i].line);
		assert_string_equal(text_string(&lines), cases[i].lines);
	}
}

/* Whatever the bytes: nothing that a terminal acts on comes out. */
static void
safe_of_any_bytes_has_no_control(void **state)
{
	unsigned seed = 12345;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		AUTO_TEXT struct text safe = TEXT_INIT;
		char bytes[64];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1103515245U + 12345U;
			bytes[i] = (char)(seed >> 16);
		}
		text_add_safe(&safe, bytes, sizeof(bytes), TEXT_LINE);
		for (size_t i = 0; i < safe.size;) {
			uint32_t c;
			size_t n = text_character(safe.bytes + i, safe.size - i, &c);

			assert_true(n > 0);
			assert_true(c >= 0x20 && c != 0x7f && !(c >= 0x80 && c <= 0x9f));
			i += n;
		}
	}
}

static void
json_strings_are_json(void **state)
{
	AUTO_TEXT struct text text = TEXT_INIT;

	(void)state;
	text_add_json(&text, "a\"b\\c\n\x01\xff\xc3\xa9", 10);
	assert_string_equal(
		text_string(&text), "\"a\\\"b\\\\c\\u000a\\u0001\xef\xbf\xbd\xc3\xa9\"");
}

static void
durations(void **state)
{
	static const struct {
		int64_t us;
		const char *shown;
	} cases[] = {
		{-5, "0µs"},
		{0, "0µs"},
		{999, "999µs"},
		{1000, "1ms"},
		{99999, "99ms"},
		{100000, "0.1s"},
		{3249999, "3.2s"},
		{59999999, "59.9s"},
		{60000000, "1m 00s"},
		{3599999999, "59m 59s"},
		{3600000000, "1h 00m"},
		{86399999999, "23h 59m"},
		{86400000000, "1d 00h"},
		{5 * 86400000000 + 7 * 3600000000LL, "5d 07h"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_TEXT struct text text = TEXT_INIT;

		text_add_duration(&text, cases[i].us);
		assert_string_equal(text_string(&text), cases[i].shown);
	}
}

static void
sizes_and_counts(void **state)
{
	static const struct {
		uint64_t number;
		const char *size, *count;
	} cases[] = {
		{0, "0 B", "0"},
		{999, "999 B", "999"},
		{1000, "1.0 kB", "1000"},
		{9949, "9.9 kB", "9949"},
		{9999, "10 kB", "9999"},
		{10000, "10 kB", "10 000"},
		{999499, "999 kB", "999 499"},
		{999500, "1.0 MB", "999 500"},
		{1234567, "1.2 MB", "1 234 567"},
		{UINT64_MAX, "18 EB", "18 446 744 073 709 551 615"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_TEXT struct text size = TEXT_INIT;
		AUTO_TEXT struct text count = TEXT_INIT;

		text_add_size(&size, cases[i].number);
		text_add_count(&count, cases[i].number);
		assert_string_equal(text_string(&size), cases[i].size);
		assert_string_equal(text_string(&count), cases[i].count);
	}
}

static void
times_go_and_come_back(void **state)
{
	static const struct {
		int64_t us;
		const char *shown;
	} cases[] = {
		{0, "1970-01-01T00:00:00.000000Z"},
		{1767323045678901, "2026-01-02T03:04:05.678901Z"},
		{951782400000000, "2000-02-29T00:00:00.000000Z"},
	};
	static const char *const wrong[] = {"", "2026", "2026-01-02", "2026-01-02T03:04:05",
		"2026-01-02T03:04:05+01:00", "2026-01-02T03:04:05.1Zx", "x"};
	int64_t us;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_TEXT struct text text = TEXT_INIT;

		text_add_time(&text, cases[i].us);
		assert_string_equal(text_string(&text), cases[i].shown);
		assert_true(text_parse_time(cases[i].shown, &us));
		assert_int_equal(us, cases[i].us);
	}
	assert_true(text_parse_time("2026-01-02T03:04:05Z", &us));
	assert_int_equal(us, 1767323045000000);
	assert_true(text_parse_time("2026-01-02T03:04:05.5Z", &us));
	assert_int_equal(us, 1767323045500000);
	assert_true(text_parse_time("2026-01-02T03:04:05.123456789Z", &us));
	assert_int_equal(us, 1767323045123456);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(text_parse_time(wrong[i], &us));
}

static void
cutting_counts_columns(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
		const char *shown;
	} cases[] = {
		{"hello", 5, "hello"},
		{"hello", 4, "hel…"},
		{"hello", 1, "…"},
		{"hello", 0, ""},
		{"", 0, ""},
		{"ééééé", 3, "éé…"},
		{"日本語", 6, "日本語"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
	};

	(void)state;
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		skip();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_TEXT struct text text = TEXT_INIT;

		text_add_cut(&text, cases[i].text, strlen(cases[i].text), cases[i].columns);
		assert_string_equal(text_string(&text), cases[i].shown);
		assert_true(text_width(text_string(&text), text.size) <= cases[i].columns);
	}
}

static void
wrapping_breaks_at_blanks(void **state)
{
	AUTO_TEXT struct text text = TEXT_INIT;

	(void)state;
	text_add_wrapped(&text, "one two three four five six\n\nseven", 2, 22);
	assert_string_equal(
		text_string(&text), "  one two three four\n  five six\n\n  seven\n");
	text_clear(&text);
	text_add_wrapped(&text, "  kept as it is, however long it may be\nx", 0, 20);
	assert_string_equal(text_string(&text), "  kept as it is, however long it may be\nx\n");
	text_clear(&text);
	text_add_wrapped(&text, "averyveryverylongwordthatdoesnotfit b", 0, 20);
	assert_string_equal(text_string(&text), "averyveryverylongwordthatdoesnotfit\nb\n");
}

static void
growing_keeps_everything(void **state)
{
	AUTO_TEXT struct text text = TEXT_INIT;

	(void)state;
	assert_string_equal(text_string(&text), "");
	for (int i = 0; i < 10000; i++)
		text_format(&text, "%d,", i % 10);
	assert_int_equal(text.size, 20000);
	assert_memory_equal(text_string(&text) + 19980, "0,1,2,3,4,5,6,7,8,9,", 20);
	text_fill(&text, '-', 5);
	assert_string_equal(text_string(&text) + 20000, "-----");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(safe_shows_what_terminals_would_obey),
		cmocka_unit_test(safe_of_any_bytes_has_no_control),
		cmocka_unit_test(json_strings_are_json),
		cmocka_unit_test(durations),
		cmocka_unit_test(sizes_and_counts),
		cmocka_unit_test(times_go_and_come_back),
		cmocka_unit_test(cutting_counts_columns),
		cmocka_unit_test(wrapping_breaks_at_blanks),
		cmocka_unit_test(growing_keeps_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
