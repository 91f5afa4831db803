#include "cli/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* The first of 9 7 5 4 8 124 6 1 wins, whichever way they meet. */
static void
the_worst_wins(void **state)
{
	static const int order[] = {9, 7, 5, 4, 8, 124, 6, 1, 0};
	size_t n = sizeof(order) / sizeof(order[0]);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t k = i; k < n; k++) {
			assert_int_equal(status_worst(order[i], order[k]), order[i]);
			assert_int_equal(status_worst(order[k], order[i]), order[i]);
		}
	assert_int_equal(status_worst(3, 0), 3);
	assert_int_equal(status_worst(0, 3), 3);
	assert_int_equal(status_worst(9, 3), 9);
	assert_int_equal(status_worst(3, 9), 9);
}

static void
errors_have_their_status(void **state)
{
	static const struct {
		int code, status;
	} cases[] = {
		{LILY_ERROR_SYSTEM, 9},
		{LILY_ERROR_NOT_FOUND, 3},
		{LILY_ERROR_INVALID, 3},
		{LILY_ERROR_DENIED, 9},
		{LILY_ERROR_CORRUPT, 9},
		{LILY_ERROR_LIMIT, 8},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lily_error error = {.code = cases[i].code};

		assert_int_equal(status_of_error(&error), cases[i].status);
	}
}

static void
runs_have_their_status(void **state)
{
	static const struct {
		const char *run;
		int status;
	} cases[] = {
		{"{\"status\":\"succeeded\",\"failed_steps\":[]}", 0},
		{"{\"status\":\"running\"}", 0},
		{"{\"status\":\"interrupted\"}", 0},
		{"{\"status\":\"cancelled\",\"failed_steps\":[{\"class\":\"timeout\"}]}", 7},
		{"{\"status\":\"failed\",\"failed_steps\":[{\"class\":\"exit\"}]}", 1},
		{"{\"status\":\"failed\",\"failed_steps\":[]}", 1},
		{"{\"status\":\"failed\",\"failed_steps\":[{\"class\":\"exit\"},"
		 "{\"class\":\"timeout\"}]}",
			124},
		{"{\"status\":\"failed\",\"failed_steps\":[{\"class\":\"timeouts\"}]}", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lily_document *document;

		assert_int_equal(lily_document_parse("run", cases[i].run, strlen(cases[i].run),
					 &document, NULL),
			0);
		assert_int_equal(status_of_run(lily_document_root(document)), cases[i].status);
		lily_document_free(document);
	}
}

static void
every_status_has_a_meaning(void **state)
{
	(void)state;
#define X(name, number, meaning) assert_string_equal(status_meaning(number), meaning);
	STATUSES(X)
#undef X
	assert_null(status_meaning(77));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worst_wins),
		cmocka_unit_test(errors_have_their_status),
		cmocka_unit_test(runs_have_their_status),
		cmocka_unit_test(every_status_has_a_meaning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
