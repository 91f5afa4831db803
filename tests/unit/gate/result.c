/* A report as a document: it is what its schema says, and says what the report does. */
#include "gate/result.h"

#include "contract/envelope.h"
#include "contract/registry.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TEXT(literal)                        \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

static const struct gate_metric limits[] = {{TEXT("m"), {TEXT("1"), TEXT("3"), TEXT("-0.5")}}};
static const struct gate program = {.name = TEXT("tests"),
	.runner = GATE_EXEC,
	.required = true,
	.times = 2,
	.pass = 1,
	.metrics = limits,
	.n_metrics = 1};
static const struct gate_subject subject = {
	.run = {{1, 2, 3}}, .step = TEXT("part/build"), .item = TEXT("x"), .attempt = 7};

/* The payload of the envelope, which is valid. */
static const struct value *
read_payload(struct str document, struct arena *arena)
{
	struct registry *kernel = registry_new(REGISTRY_OF_KERNEL);
	struct checker *checker = checker_new(NULL);
	const struct schema *schema;
	struct envelope envelope;
	struct err err = ERR_INIT;

	assert_int_equal(
		envelope_read(arena_str(arena, document), "result", arena, &envelope, &err), 0);
	assert_true(str_is(envelope.schema_id, RESULT_SCHEMA));
	assert_int_equal(registry_get(kernel, STR(RESULT_SCHEMA), &schema, &err), 0);
	assert_int_equal(schema_is_valid(schema, checker, envelope.payload, &err), 1);
	checker_free(checker);
	registry_free(kernel);
	return envelope.payload;
}

static const struct value *
write_and_read(
	const struct gate_report *report, const struct gate_subject *of, struct arena *arena)
{
	AUTO_BUF struct buf b = BUF_INIT(RESULT_BYTES_MAX);
	struct err err = ERR_INIT;

	assert_int_equal(result_write(report, of, &b, &err), 0);
	return read_payload(buf_str(&b), arena);
}

static bool
says(const struct value *payload, const char *member, const char *text)
{
	const struct value *v = value_get(payload, str_of(member));

	return v && str_is(value_text(v), text);
}

static void
test_program(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct gate_turn turns[] = {{.status = GATE_FAILED,
					    .reason = "exit status 2",
					    .ended = true,
					    .exit_code = 2,
					    .has_log = true,
					    .log = {.number = 11}},
		{.status = GATE_ERROR, .ended = true, .exit_code = -1, .signal = 9}};
	struct gate_input inputs[] = {{STR("in"), {{1}}, 4}, {STR("other"), {{2}}, 0}};
	struct gate_evidence files[] = {{.number = 12}};
	struct measure before = {
		.name = STR("m"), .exact = STR("2.5"), .value = value_number(STR("2.5"))};
	struct measure measure = {.name = STR("m"),
		.exact = STR("2.00000000000000000001"),
		.value = value_number(STR("2")),
		.is_rounded = true,
		.before = &before,
		.limits = &limits[0],
		.passed = true};
	struct gate_before runs[] = {{STR("build:gate:tests"), true, {{9}}, 5},
		{STR("build:out:o"), false, {{0}}, 0}};
	struct gate_report report = {.gate = &program,
		.started_us = 1,
		.ended_us = 2,
		.turns = turns,
		.n_turns = 2,
		.inputs = inputs,
		.n_inputs = 2,
		.before = runs,
		.n_before = 2,
		.files = files,
		.n_files = 1,
		.measures = {&measure, 1}};
	const struct value *payload;

	(void)state;
	report_conclude(&report, &arena);
	payload = write_and_read(&report, &subject, &arena);
	assert_true(says(payload, "status", "failed"));
	assert_true(says(payload, "runner", "exec"));
	assert_true(says(payload, "exit", "2"));
	assert_true(says(payload, "step", "part/build"));
	assert_true(says(payload, "log", "01020300-0000-0000-0000-000000000000:11"));
	assert_int_equal(value_get(payload, STR("verdicts"))->n, 2);
	assert_true(value_is_true(value_get(payload, STR("disagreement"))));
	assert_int_equal(value_get(payload, STR("inputs"))->n, 2);
}

/* Of the run, by an expression, and without anything that was measured. */
static void
test_least(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct gate gate = {.name = STR("g"), .runner = GATE_EXPR, .times = 1, .pass = 1};
	const struct gate_subject run = {.run = {{9}}};
	struct gate_turn turn = {.status = GATE_PASSED, .exit_code = -1};
	struct gate_report report = {
		.gate = &gate, .ended_us = 5, .turns = &turn, .n_turns = 1, .is_bound = true};
	const struct value *payload;

	(void)state;
	report_conclude(&report, &arena);
	payload = write_and_read(&report, &run, &arena);
	assert_int_equal(value_get(payload, STR("step"))->kind, VALUE_NULL);
	assert_int_equal(value_get(payload, STR("reason"))->kind, VALUE_NULL);
	assert_true(value_is_true(value_get(payload, STR("bound"))));
	assert_null(value_get(payload, STR("exit")));
}

/* What passed is nothing to learn from. */
static void
test_feedback(void **state)
{
	AUTO_BUF struct buf b = BUF_INIT(RESULT_BYTES_MAX);
	struct gate_turn turn = {.status = GATE_FAILED, .printed = "3 tests failed"};
	struct gate_report reports[] = {{.gate = &program, .status = GATE_PASSED},
		{.gate = &program,
			.status = GATE_FAILED,
			.reason = "exit status 1",
			.decisive = &turn}};

	(void)state;
	results_write_feedback(reports, 2, &b);
	assert_string_equal(buf_cstr(&b),
		"[{\"gate\":\"tests\",\"printed\":\"3 tests failed\",\"reason\":\"exit status "
		"1\",\"required\":true,\"status\":\"failed\"}]\n");
}

static void
test_take_over(void **state)
{
	struct gate_turn turn = {.exit_code = -1};
	const struct gate_report report = {.gate = &program,
		.turns = &turn,
		.n_turns = 1,
		.decisive = &turn,
		.ended_us = 1,
		.has_key = true,
		.key = {{5}}};
	static const struct uuid run = {{9}};
	AUTO_BUF struct buf first = BUF_INIT(RESULT_BYTES_MAX);
	AUTO_BUF struct buf taken = BUF_INIT(RESULT_BYTES_MAX);
	AUTO_BUF struct buf again = BUF_INIT(RESULT_BYTES_MAX);
	struct arena arena = ARENA_INIT;
	const struct value *payload;
	int64_t attempt = 0;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(result_write(&report, &subject, &first, &err), 0);
	assert_int_equal(result_take_over(buf_str(&first), &run, 3, &taken, &err), 0);
	payload = read_payload(buf_str(&taken), &arena);
	assert_true(value_to_i64(
		value_get(value_get(payload, STR("reused")), STR("attempt")), &attempt));
	assert_int_equal(attempt, 3);
	assert_true(says(payload, "key",
		"0500000000000000000000000000000000000000000000000000000000000000"));
	/* What was taken over is taken over as it is: it names what was judged. */
	assert_int_equal(result_take_over(buf_str(&taken), &subject.run, 8, &again, &err), 0);
	assert_true(str_equal(buf_str(&again), buf_str(&taken)));
	assert_int_equal(
		result_take_over(STR("{\"status\":\"passed\"}"), &run, 3, &again, &err),
		ERR_CORRUPT);
	arena_done(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_feedback),
		cmocka_unit_test(test_take_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
