/* What several turns of a gate come to, and what a step's gates say together. */
#include "gate/report.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MOST 4

static const struct {
	uint32_t pass;
	const char *turns; /* p passed, f failed, e error */
	enum gate_status status;
	bool disagrees;
} judged[] = {
	{1, "p", GATE_PASSED, false},
	{1, "f", GATE_FAILED, false},
	{1, "e", GATE_ERROR, false},
	{2, "pfp", GATE_PASSED, true},
	{2, "pff", GATE_FAILED, true},
	{2, "pee", GATE_ERROR, true},
	{2, "pef", GATE_FAILED, true},
	{3, "ppp", GATE_PASSED, false},
	{3, "pppf", GATE_PASSED, true},
	{4, "eeee", GATE_ERROR, false},
};

static enum gate_status
status_of(char c)
{
	return c == 'p' ? GATE_PASSED : c == 'f' ? GATE_FAILED : GATE_ERROR;
}

static void
test_turns(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(judged); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		const struct gate gate = {.pass = judged[i].pass};
		struct gate_turn turns[MOST] = {0};
		struct gate_report report = {.gate = &gate, .turns = turns};

		for (const char *c = judged[i].turns; *c; c++)
			turns[report.n_turns++] = (struct gate_turn){.status = status_of(*c),
				.reason = *c == 'p' ? NULL : "so it is"};
		report_conclude(&report, &arena);
		assert_int_equal(report.status, judged[i].status);
		assert_int_equal(report_disagrees(&report), judged[i].disagrees);
		/* Which stands for all came to the same end. */
		assert_int_equal(report.decisive->status, judged[i].status);
		if (report.status != GATE_PASSED)
			assert_non_null(strstr(report.reason, "so it is"));
	}
}

static void
test_only_required_ones_block(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct gate must = {.name = STR("must"), .required = true};
	const struct gate may = {.name = STR("may")};
	struct gate_report reports[] = {
		{.gate = &may, .status = GATE_FAILED, .reason = "bad"},
		{.gate = &must, .status = GATE_PASSED},
		{.gate = &must, .status = GATE_ERROR, .reason = "no program\nsecond line"},
		{.gate = &must, .status = GATE_FAILED},
	};

	(void)state;
	assert_null(reports_blocking(reports, 2, 250, &arena));
	assert_string_equal(reports_blocking(reports, 4, 250, &arena),
		"gate must: no program; gate must: did not pass");
	assert_string_equal(
		reports_blocking(reports, 4, 5, &arena), "gate must: no program; and 1 more");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_only_required_ones_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
