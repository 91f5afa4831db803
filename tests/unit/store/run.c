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

/* Many processes ask for the same key at once: one run, and all are told which. */
static void
test_one_run_a_key(void **state)
{
	struct fixture *f = *state;
	struct run_create_spec spec = {.kind = "start", .key = STR("nightly")};
	struct uuid named[6];
	struct run_row row;
	unsigned made = 0;
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		struct run_hold hold;
		struct uuid existing;
		int r;

		if (fork())
			continue;
		r = store_open(f->path, STORE_WRITE, &f->store, &f->err);
		if (r == 0)
			r = run_create(f->store, &spec, &hold, &existing, &f->err);
		if (r < 0)
			_exit(9);
		if (r == 0) {
			existing = hold.chain.id;
			run_release(&hold);
		}
		store_close(f->store);
		_exit(write(pipes[1], &existing, sizeof(existing)) != sizeof(existing)
				? 8
				: r == 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
		made += WEXITSTATUS(status) == 1;
		assert_int_equal(read(pipes[0], &named[i], sizeof(named[i])), sizeof(named[i]));
		assert_memory_equal(named[i].bytes, named[0].bytes, sizeof(named[0].bytes));
	}
	assert_int_equal(made, 1);
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	must(run_find_key(f->store, spec.key, &f->arena, &row, &f->err));
	assert_memory_equal(row.id.bytes, named[0].bytes, sizeof(row.id.bytes));
	assert_int_equal(expect_sound(f, 0).runs, 1);
	expect_error(run_find_key(f->store, STR("other"), &f->arena, &row, &f->err),
		ERR_NOT_FOUND, "other");
}

/* A lane without namespaces ends its tree itself once its lily is gone; killed before, it would
 * leave its tree behind. */
static void
test_a_lane_that_is_ending_its_tree_is_given_the_time(void **state)
{
	struct fixture *f = *state;
	struct run_hold hold;
	int pipes[2];
	pid_t lane;
	char left;

	assert_int_equal(pipe(pipes), 0);
	lane = fork();
	assert_true(lane >= 0);
	if (lane == 0) {
		pid_t step = fork();

		if (step == 0) {
			(void)close(pipes[0]);
			(void)alarm(20);
			for (;;)
				(void)pause();
		}
		(void)close(pipes[1]);
		/* As a step can make it. */
		(void)raise(SIGSTOP);
		(void)usleep(300000);
		(void)kill(step, SIGKILL);
		(void)waitpid(step, NULL, 0);
		_exit(0);
	}
	(void)close(pipes[1]);
	assert_int_equal(waitpid(lane, NULL, WUNTRACED), lane);
	hold = create_run(f);
	must(run_note_lane(&hold, lane, &f->err));
	must(run_bury_lanes(&hold, &f->err));
	/* The end of the pipe tells that the step is dead. */
	must(fcntl(pipes[0], F_SETFL, O_NONBLOCK));
	assert_int_equal(read(pipes[0], &left, 1), 0);
	(void)close(pipes[0]);
	assert_int_equal(waitpid(lane, NULL, 0), lane);
	run_release(&hold);
}

static void
test_finding(void **state)
{
	struct fixture *f = *state;
	struct run_hold first;
	struct run_hold second;
	struct run_row *rows;
	struct run_row row;
	char text[UUID_TEXT_SIZE];
	char bare[33];
	size_t n = 0;

	expect_error(run_find(f->store, STR("@last"), &f->arena, &row, &f->err), ERR_NOT_FOUND,
		"yet");
	first = create_run(f);
	second = create_run(f);
	must(store_flush(f->store, &f->err));
	(void)uuid_to_text(&first.chain.id, text);
	assert_int_equal(find_run(f, text).number, first.chain.run);
	for (size_t i = 0; text[i]; i++)
		if (text[i] != '-')
			bare[n++] = text[i];
	bare[n] = '\0';
	assert_int_equal(find_run(f, bare).number, first.chain.run);
	assert_int_equal(find_run(f, "@last").number, second.chain.run);
	expect_error(run_find(f->store, (struct str){text, 4}, &f->arena, &row, &f->err),
		ERR_INVALID, text);
	expect_error(run_find(f->store, STR("abc"), &f->arena, &row, &f->err), ERR_INVALID,
		"too short");
	expect_error(run_find(f->store, STR("ffffff"), &f->arena, &row, &f->err), ERR_NOT_FOUND,
		"ffffff");
	expect_error(run_find(f->store, STR("a run"), &f->arena, &row, &f->err), ERR_NOT_FOUND,
		"a run");
	must(run_list(f->store, 0, 10, &f->arena, &rows, &n, &f->err));
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].number, second.chain.run);
	must(run_list(f->store, 1, 10, &f->arena, &rows, &n, &f->err));
	assert_int_equal(n, 1);
	expect_error(run_take(f->store, &first.chain.id, &second, &f->err), ERR_DENIED,
		"is being driven by process");
	run_release(&first);
}

static void
test_requests(void **state)
{
	struct fixture *f = *state;
	struct run_hold hold = create_run(f);
	struct request request;
	int64_t id;

	assert_int_equal(
		request_next(f->store, hold.chain.run, &f->arena, &request, &f->err), 0);
	must(request_put(
		f->store, hold.chain.run, STR("cancel"), STR("{\"a\":1}"), &id, &f->err));
	must(request_put(f->store, hold.chain.run, STR("second"), STR("{}"), NULL, &f->err));
	assert_int_equal(
		request_next(f->store, hold.chain.run, &f->arena, &request, &f->err), 1);
	assert_int_equal(request.id, id);
	assert_true(str_is(request.kind, "cancel") && str_is(request.payload, "{\"a\":1}"));
	must(request_done(f->store, id, &f->err));
	/* At once, durable or not. */
	assert_int_equal(
		request_next(f->store, hold.chain.run, &f->arena, &request, &f->err), 1);
	assert_true(str_is(request.kind, "second"));
	must(request_done(f->store, request.id, &f->err));
	run_release(&hold);
	reopen(f);
	assert_int_equal(
		request_next(f->store, hold.chain.run, &f->arena, &request, &f->err), 0);
}

static void
test_artifacts_and_attempts(void **state)
{
	struct fixture *f = *state;
	struct digest digest = put(f, "made");
	struct run_work_order order = {.name = STR("ask"),
		.kind = STR("text"),
		.digest = digest,
		.size = 4,
		.type = STR("")};
	struct run_create_spec spec = {.kind = "start", .work_order = &order};
	struct artifact_filter filter = {.run = -1, .digest = &digest};
	struct attempt_row *attempts;
	struct visit_row *visits;
	struct artifact_row *rows;
	struct artifact_row one;
	char hex[DIGEST_HEX_SIZE];
	char text[512];
	struct run_hold hold;
	size_t n;

	must(run_create(f->store, &spec, &hold, NULL, &f->err));
	assert_int_equal(hold.next_artifact, 2);
	append(f, &hold, EVENT_ATTEMPT_SUBMITTED,
		"{\"handle\":{\"lane\":7},\"i\":4,\"in\":[],\"n\":1,\"step\":\"s\",\"try\":1}");
	(void)snprintf(text, sizeof(text),
		"{\"class\":\"exit\",\"message\":\"no\",\"n\":1,\"out\":[{\"artifact\":2,"
		"\"kind\":\"file\",\"name\":\"o\",\"sha256\":\"%s\",\"size\":4,\"type\":\"\"}],"
		"\"until\":5}",
		digest_to_hex(&digest, hex));
	append(f, &hold, EVENT_ATTEMPT_REJECTED, text);
	must(store_flush(f->store, &f->err));
	must(artifact_list(f->store, &filter, &f->arena, &rows, &n, &f->err));
	assert_int_equal(n, 1);
	assert_true(str_is(rows[0].role, "work_order"));
	filter.with_rejected = true;
	must(artifact_list(f->store, &filter, &f->arena, &rows, &n, &f->err));
	assert_int_equal(n, 2);
	must(artifact_find(f->store, hold.chain.run, 2, &f->arena, &one, &f->err));
	assert_true(str_is(one.producer, "s") && str_is(one.role, "rejected"));
	assert_int_equal(one.attempt, 1);
	expect_error(artifact_find(f->store, hold.chain.run, 3, &f->arena, &one, &f->err),
		ERR_NOT_FOUND, "artifact 3");
	must(run_visits(f->store, hold.chain.run, &f->arena, &visits, &n, &f->err));
	assert_int_equal(n, 1);
	assert_true(str_is(visits[0].state, "waiting") && str_is(visits[0].name, "s"));
	assert_int_equal(visits[0].until_us, 5);
	must(run_attempts(f->store, hold.chain.run, 4, &f->arena, &attempts, &n, &f->err));
	assert_int_equal(n, 1);
	assert_true(str_is(attempts[0].handle, "{\"lane\":7}"));
	assert_true(str_is(attempts[0].inputs, "[]"));
	assert_true(str_is(attempts[0].message, "no") && str_is(attempts[0].state, "rejected"));
	must(run_attempts(f->store, hold.chain.run, 5, &f->arena, &attempts, &n, &f->err));
	assert_int_equal(n, 0);
	run_release(&hold);
	(void)expect_sound(f, 0);
}

/* What a step made in a visit that counts no more is kept, and is not what it made. */
static void
test_visits_that_are_superseded(void **state)
{
	struct fixture *f = *state;
	struct digest digest = put(f, "made");
	struct artifact_filter filter = {.run = -1};
	struct run_hold hold = create_run(f);
	struct attempt_row *attempts;
	struct visit_row *visits;
	struct artifact_row *rows;
	char hex[DIGEST_HEX_SIZE];
	char text[512];
	size_t n;

	run_step(f, &hold, 0);
	append(f, &hold, EVENT_ATTEMPT_SUBMITTED,
		"{\"i\":1,\"n\":2,\"step\":\"s1\",\"try\":1}");
	(void)snprintf(text, sizeof(text),
		"{\"n\":2,\"out\":[{\"artifact\":2,\"kind\":\"file\",\"name\":\"o\","
		"\"sha256\":\"%s\",\"size\":4,\"type\":\"\"}]}",
		digest_to_hex(&digest, hex));
	append(f, &hold, EVENT_ATTEMPT_ACCEPTED, text);
	append(f, &hold, EVENT_ATTEMPT_SUBMITTED,
		"{\"i\":2,\"n\":3,\"once\":\"k\",\"step\":\"s2\",\"try\":1}");
	append(f, &hold, EVENT_VISITS_SUPERSEDED,
		"{\"after\":3,\"by\":\"s3\",\"n\":1,\"rule\":\"again\",\"steps\":["
		"{\"i\":1,\"step\":\"s1\",\"visit\":2},{\"i\":2,\"step\":\"s2\",\"visit\":2}],"
		"\"to\":\"s1\"}");
	/* It runs a little longer than its visit, which is not what is unknown now. */
	append(f, &hold, EVENT_ATTEMPT_INTERRUPTED, "{\"n\":3,\"once\":\"k\"}");
	append(f, &hold, EVENT_ATTEMPT_SUBMITTED,
		"{\"i\":1,\"n\":4,\"step\":\"s1\",\"try\":1,\"visit\":2}");
	must(store_flush(f->store, &f->err));
	must(run_visits(f->store, hold.chain.run, &f->arena, &visits, &n, &f->err));
	assert_int_equal(n, 3);
	assert_true(str_is(visits[0].state, "succeeded") && visits[0].visit == 1);
	assert_true(str_is(visits[1].state, "running") && visits[1].visit == 2);
	assert_int_equal(visits[1].attempts, 1);
	assert_int_equal(visits[1].since, 3);
	assert_true(str_is(visits[2].state, "pending") && visits[2].visit == 2);
	must(run_attempts(
		f->store, hold.chain.run, STORE_ALL, &f->arena, &attempts, &n, &f->err));
	assert_int_equal(n, 4);
	assert_true(attempts[1].visit == 1 && str_is(attempts[1].state, "accepted"));
	assert_true(attempts[2].visit == 1 && str_is(attempts[2].state, "interrupted"));
	assert_int_equal(attempts[3].visit, 2);
	must(artifact_list(f->store, &filter, &f->arena, &rows, &n, &f->err));
	assert_int_equal(n, 0);
	filter.with_rejected = true;
	must(artifact_list(f->store, &filter, &f->arena, &rows, &n, &f->err));
	assert_int_equal(n, 1);
	assert_true(str_is(rows[0].role, "superseded"));
	run_release(&hold);
	(void)expect_sound(f, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_one_run_a_key, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_a_lane_that_is_ending_its_tree_is_given_the_time, fixture_open,
			fixture_close),
		cmocka_unit_test_setup_teardown(test_finding, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(test_requests, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_artifacts_and_attempts, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_visits_that_are_superseded, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_life_of_a_run, fixture_open, fixture_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
