#include "fixture.h"

#include <sys/wait.h>

static void
test_life_of_a_run(void **state)
{
	struct fixture *f = *state;
	struct digest plan = put(f, "{\"plan\":1}");
	char hex[DIGEST_HEX_SIZE];
	char text[256];
	struct run_hold hold = create_run(f);
	struct run_row row;

	assert_int_equal(hold.chain.seq, 1);
	assert_int_equal(hold.next_attempt, 1);
	assert_int_equal(hold.next_artifact, 1);
	(void)snprintf(text, sizeof(text),
		"{\"inputs\":[],\"plan\":\"%s\",\"steps\":3,\"workflow\":\"named\"}",
		digest_to_hex(&plan, hex));
	append(f, &hold, EVENT_RUN_PLANNED, text);
	append(f, &hold, EVENT_RUN_STARTED,
		"{\"boot\":\"b\",\"pid\":1,\"slots\":2,\"start\":3}");
	run_step(f, &hold, 0);
	run_step(f, &hold, 1);
	must(store_flush(f->store, &f->err));
	row = find_run(f, "@last");
	assert_true(row.held);
	assert_int_equal(row.holder_pid, getpid());
	assert_true(str_is(row.status, "running"));
	assert_true(str_is(row.workflow, "named"));
	assert_true(str_is(row.source, "test.lily.yaml"));
	assert_int_equal(row.steps, 3);
	assert_int_equal(row.succeeded, 2);
	assert_int_equal(row.attempts, 2);
	assert_int_equal(row.seq, 11);
	assert_true(row.has_plan && digest_equal(&row.plan, &plan));
	run_release(&hold);
	row = find_run(f, "");
	assert_false(row.held);
	assert_true(str_is(row.status, "running"));
	must(run_take(f->store, &row.id, &hold, &f->err));
	assert_int_equal(hold.chain.seq, 11);
	assert_int_equal(hold.next_attempt, 3);
	append(f, &hold, EVENT_RUN_FINISHED, "{\"reason\":\"why\",\"status\":\"failed\"}");
	run_release(&hold);
	row = find_run(f, "@last");
	assert_true(str_is(row.status, "failed"));
	assert_true(str_is(row.reason, "why"));
	assert_true(row.ended_us > 0);
	expect_error(run_take(f->store, &row.id, &hold, &f->err), ERR_INVALID, "has ended");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_life_of_a_run, fixture_open, fixture_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
