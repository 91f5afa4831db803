#include "base/size.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void
test_sizes_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes; /* -1: no size */
	} rows[] = {
		{"0", 0},
		{"600", 600},
		{"200k", 200000},
		{"64Ki", 65536},
		{"3M", 3000000},
		{"3Mi", 3145728},
		{"2G", 2000000000},
		{"2Gi", INT64_C(2147483648)},
		{"1T", INT64_C(1000000000000)},
		{"1Ti", INT64_C(1099511627776)},
		{"9223372036854775807", INT64_MAX},
		{"9223372036854775808", -1},
		{"9223373T", -1},
		{"8388608Ti", -1},
		{"", -1},
		{"k", -1},
		{"2 G", -1},
		{"2g", -1},
		{"2K", -1},
		{"2ki", -1},
		{"2GB", -1},
		{"-2", -1},
		{"1.5G", -1},
		{"0x10", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t bytes = 77;
		bool good = size_parse(str_of(rows[i].text), &bytes);

		if (good != (rows[i].bytes >= 0) ||
			bytes != (uint64_t)(good ? rows[i].bytes : 77))
			fail_msg("\"%s\": %d, %llu", rows[i].text, good,
				(unsigned long long)bytes);
	}
}

static void
test_sizes_are_written_as_they_are_read(void **state)
{
	static const char *const texts[] = {"0", "1", "999", "1023", "1001", "1k", "1Ki", "2M",
		"2Mi", "1500k", "3G", "3Gi", "7T", "7Ti", "9223372036854775807"};
	char text[SIZE_TEXT_SIZE];
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_true(size_parse(str_of(texts[i]), &bytes));
		assert_string_equal(size_to_text(bytes, text), texts[i]);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes_are_read),
		cmocka_unit_test(test_sizes_are_written_as_they_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
