#include "cli/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void
addresses_are_taken_apart(void **state)
{
	static const struct {
		const char *word, *run, *step;
		uint32_t attempt;
	} cases[] = {
		{NULL, "", NULL, 0},
		{"", "", NULL, 0},
		{"@last", "@last", NULL, 0},
		{"0199a7b2", "0199a7b2", NULL, 0},
		{"0199a7b2-3c4d", "0199a7b2-3c4d", NULL, 0},
		{"0199A7B2", "0199A7B2", NULL, 0},
		{"build", "", "build", 0},
		{"abc", "", "abc", 0},
		{"cafe", "", "cafe", 0},
		{"0199a7b2/build", "0199a7b2", "build", 0},
		{"0199a7b2/group/build", "0199a7b2", "group/build", 0},
		{"group/build", "", "group/build", 0},
		{"@last/cafe", "@last", "cafe", 0},
		{"@7", "", NULL, 7},
		{"@last@7", "@last", NULL, 7},
		{"build@12", "", "build", 12},
		{"0199a7b2/build@12", "0199a7b2", "build", 12},
		{"0199a7b2@3", "0199a7b2", NULL, 3},
		{"0199a7b2/", "0199a7b2", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct target target;

		assert_true(target_parse(&target, cases[i].word));
		assert_string_equal(target.run, cases[i].run);
		assert_int_equal(target.attempt, cases[i].attempt);
		if (cases[i].step)
			assert_string_equal(target.step, cases[i].step);
		else
			assert_null(target.step);
		target_done(&target);
	}
}

static void
attempts_are_numbers(void **state)
{
	static const char *const wrong[] = {
		"@", "@0", "@07", "build@", "build@0", "build@1x", "@9999999999", "a@1@"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct target target;

		if (target_parse(&target, wrong[i]))
			fail_msg("accepted: %s", wrong[i]);
		target_done(&target);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_taken_apart),
		cmocka_unit_test(attempts_are_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
