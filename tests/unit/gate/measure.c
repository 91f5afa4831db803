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
	{TEXT("coverage"), true, false, 0.8, 0},
	{TEXT("size"), false, true, 0, 100},
};
static const struct gate gate = {.metrics = limits, .n_metrics = ARRAY_SIZE(limits)};

static const struct {
	const char *text;
	const char *why; /* NULL: they keep to the limits */
} judged[] = {
	{"{\"coverage\": 0.8, \"size\": 100}", NULL},
	{"{\"size\": -5, \"coverage\": 1e3, \"other\": 0}", NULL},
	{"{\"coverage\": 0.7999, \"size\": 1}", "coverage is 0.7999, less than 0.8"},
	{"{\"coverage\": 1, \"size\": 100.5}", "size is 100.5, more than 100"},
	{"{\"coverage\": 0, \"size\": 1e9}",
		"coverage is 0, less than 0.8; size is 1000000000, more than 100"},
	{"{\"size\": 1}", "coverage was not measured: it is not in $LILY_METRICS"},
};

static void
test_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(judged); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		AUTO_BUF struct buf why = BUF_INIT(1000);
		struct measures measures = {NULL, 0};
		struct err err = ERR_INIT;

		assert_int_equal(
			measures_read(str_of(judged[i].text), &arena, &measures, &err), 0);
		assert_int_equal(measures_judge(&gate, &measures, &why), judged[i].why == NULL);
		assert_string_equal(buf_cstr(&why), judged[i].why ? judged[i].why : "");
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
	struct measures none = {NULL, 0};

	(void)state;
	assert_false(measures_judge(&gate, &none, &why));
	assert_true(str_starts(buf_str(&why), STR("coverage was not measured")));
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
