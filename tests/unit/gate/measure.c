/* What a gate measured, and whether that keeps to its limits. */
#include "gate/measure.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TEXT(literal)                        \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

static const struct gate_metric limits[] = {
	{TEXT("coverage"), {TEXT("0.8"), {NULL, 0}, TEXT("-0.1")}},
	{TEXT("size"), {{NULL, 0}, TEXT("100"), {NULL, 0}, TEXT("5")}},
};
static const struct gate gate = {.metrics = limits, .n_metrics = ARRAY_SIZE(limits)};

static const struct {
	const char *text;
	const char *before; /* NULL: nothing */
	const char *why;    /* NULL: they keep to the limits */
	const char *unmeasured;
} judged[] = {
	{"{\"coverage\": 0.8, \"size\": 100}", NULL, NULL, "coverage, size"},
	{"{\"size\": -5, \"coverage\": 1e3, \"other\": 0}", NULL, NULL, "coverage, size"},
	{"{\"coverage\": 0.7999, \"size\": 1}", NULL, "coverage is 0.7999, less than 0.8",
		"coverage, size"},
	{"{\"coverage\": 1, \"size\": 100.5}", NULL, "size is 100.5, more than 100",
		"coverage, size"},
	{"{\"coverage\": 0, \"size\": 1e9}", NULL,
		"coverage is 0, less than 0.8; size is 1e9, more than 100", "coverage, size"},
	{"{\"size\": 1}", NULL, "coverage was not measured: it is not in $LILY_METRICS",
		"size"},
	/* Exactly, and not as the double next to it. */
	{"{\"coverage\": 0.79999999999999999999999, \"size\": 1}", NULL,
		"coverage is 0.79999999999999999999999, less than 0.8", "coverage, size"},
	{"{\"coverage\": 0.8, \"size\": 8}", "{\"coverage\": 0.9, \"size\": 3}", NULL, ""},
	{"{\"coverage\": 0.8, \"size\": 9}", "{\"coverage\": 0.9, \"size\": 4}", NULL, ""},
	{"{\"coverage\": 0.8, \"size\": 9.01}",
		"{\"coverage\": 0.90000000000000000001, \"size\": 4}",
		"coverage is 0.8 and was 0.90000000000000000001: it changed by less than -0.1; "
		"size is 9.01 and was 4: it changed by more than 5",
		""},
	{"{\"coverage\": 0.7, \"size\": 0}", "{\"coverage\": 0.9, \"size\": 4}",
		"coverage is 0.7, less than 0.8; coverage is 0.7 and was 0.9: it changed by "
		"less "
		"than -0.1",
		""},
	{"{\"coverage\": 2, \"size\": 0}", "{\"size\": 4}", NULL, "coverage"},
	{"{\"size\": 4}", "{\"size\": 4, \"coverage\": 1}",
		"coverage was not measured: it is not in $LILY_METRICS", ""},
};

static void
test_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(judged); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		AUTO_BUF struct buf why = BUF_INIT(1000);
		AUTO_BUF struct buf unmeasured = BUF_INIT(1000);
		struct measures measures = {NULL, 0};
		struct measures before = {NULL, 0};
		struct err err = ERR_INIT;

		assert_int_equal(
			measures_read(str_of(judged[i].text), &arena, &measures, &err), 0);
		if (judged[i].before)
			assert_int_equal(
				measures_read(str_of(judged[i].before), &arena, &before, &err),
				0);
		assert_int_equal(measures_judge(&gate, &measures,
					 judged[i].before ? &before : NULL, &why, &unmeasured),
			judged[i].why == NULL);
		assert_string_equal(buf_cstr(&why), judged[i].why ? judged[i].why : "");
		assert_string_equal(buf_cstr(&unmeasured), judged[i].unmeasured);
		for (size_t j = 1; j < measures.n; j++)
			assert_true(str_compare(measures.items[j - 1].name,
					    measures.items[j].name) < 0);
	}
}

/* What was not measured at all is no pass. */
static void
test_nothing_measured(void **state)
{
	AUTO_BUF struct buf why = BUF_INIT(1000);
	AUTO_BUF struct buf unmeasured = BUF_INIT(1000);
	struct measures none = {NULL, 0};

	(void)state;
	assert_false(measures_judge(&gate, &none, NULL, &why, &unmeasured));
	assert_true(str_starts(buf_str(&why), STR("coverage was not measured")));
}

/* A result holds the nearest double, and what was written where that is another number. */
static void
test_numbers_are_kept(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct measures measures;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(measures_read(STR("{\"a\": 1.50, \"b\": 0.12345678901234567890}"),
				 &arena, &measures, &err),
		0);
	assert_true(str_is(value_text(&measures.items[0].value), "1.5"));
	assert_false(measures.items[0].is_rounded);
	assert_true(str_is(value_text(&measures.items[1].value), "0.12345678901234568"));
	assert_true(measures.items[1].is_rounded);
	assert_true(str_is(measures.items[1].exact, "0.12345678901234567890"));
	assert_int_equal(
		measures_read(STR("{\"a\": -1e999}"), &arena, &measures, &err), ERR_INVALID);
	assert_non_null(strstr(err.message, "\"a\" is -1e999, larger than a number"));
	err = ERR_INIT;
	assert_int_equal(
		measures_read(STR("{\"a\": \"3\"}"), &arena, &measures, &err), ERR_INVALID);
	assert_non_null(strstr(err.message, "\"a\" is string, not a number"));
}

static const char *const wrong[] = {
	"",
	"[]",
	"3",
	"{",
	"{\"a\": \"3\"}",
	"{\"a\": null}",
	"{\"a b\": 1}",
	"{\"a\": 1, \"a\": 2}",
	"{\"a\": NaN}",
	"{\"a\": 1e999}",
};

static void
test_what_is_no_metrics(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct measures measures;
		struct err err = ERR_INIT;

		assert_int_equal(
			measures_read(str_of(wrong[i]), &arena, &measures, &err), ERR_INVALID);
		assert_non_null(strstr(err.message, "$LILY_METRICS"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_nothing_measured),
		cmocka_unit_test(test_what_is_no_metrics),
		cmocka_unit_test(test_numbers_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
