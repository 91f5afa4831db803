/* When a failed attempt is followed by another. */
#include "run/verdict.h"

#include "route/terms.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct uuid run = {{1, 2, 3}};
static const struct uuid other = {{3, 2, 1}};

static const struct retry_rule plain = {
	.attempts = 10, .backoff_us = 1000, .factor = 3, .max_backoff_us = 20000};

static void
test_backoff_grows_up_to_its_bound(void **state)
{
	static const int64_t expected[] = {1000, 3000, 9000, 20000, 20000};

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(verdict_backoff(&plain, &run, STR("a"), i + 1), expected[i]);
	assert_int_equal(verdict_backoff(&plain, &run, STR("a"), UINT32_MAX), 20000);
}

/* Full jitter: uniform up to the bound, and the same whoever computes it. */
static void
test_jitter_is_drawn_from_run_step_and_attempt(void **state)
{
	struct retry_rule rule = plain;
	int64_t sum = 0;
	int64_t least = INT64_MAX;
	int64_t most = 0;

	(void)state;
	rule.full_jitter = true;
	rule.factor = 1;
	rule.backoff_us = rule.max_backoff_us = 1000000;
	for (uint32_t i = 1; i <= 1000; i++) {
		int64_t delay = verdict_backoff(&rule, &run, STR("a"), i);

		assert_int_equal(delay, verdict_backoff(&rule, &run, STR("a"), i));
		assert_int_not_equal(delay, verdict_backoff(&rule, &run, STR("b"), i));
		assert_int_not_equal(delay, verdict_backoff(&rule, &other, STR("a"), i));
		assert_true(delay >= 0 && delay < 1000000);
		sum += delay;
		least = MIN(least, delay);
		most = MAX(most, delay);
	}
	assert_true(sum > 460000000 && sum < 540000000);
	assert_true(least < 20000 && most > 980000);
}

static void
test_classes(void **state)
{
	static const int32_t codes[] = {75};
	const struct retry_rule rule = {.attempts = 3,
		.classes = 1U << FAILURE_TIMEOUT,
		.exit_codes = codes,
		.n_exit_codes = 1};
	struct attempt_end end = {.exit_code = 75};

	(void)state;
	assert_true(verdict_may_retry(&rule, FAILURE_TIMEOUT, &end, 1));
	assert_true(verdict_may_retry(&rule, FAILURE_TIMEOUT, &end, 2));
	assert_false(verdict_may_retry(&rule, FAILURE_TIMEOUT, &end, 3));
	assert_false(verdict_may_retry(&rule, FAILURE_SIGNAL, &end, 1));
	assert_true(verdict_may_retry(&rule, FAILURE_EXIT, &end, 1));
	end.exit_code = 1;
	assert_false(verdict_may_retry(&rule, FAILURE_EXIT, &end, 1));
}

/* What a run can fail by, its rules can ask for. */
static void
test_rules_know_every_class(void **state)
{
	uint32_t number;

	(void)state;
	for (enum failure_class class = 0; class <= FAILURE_STEPS; class ++)
		assert_true(
			terms_find(&route_errors, str_of(failure_class_name(class)), &number));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backoff_grows_up_to_its_bound),
		cmocka_unit_test(test_jitter_is_drawn_from_run_step_and_attempt),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_rules_know_every_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
