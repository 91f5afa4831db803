/* The protocol, spoken directly. */
#include "sandbox/lane.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

struct fixture {
	char path[64];
	struct lane *lane;
	int out[2];
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = ERR_INIT;
	struct lane_spec spec = {.program = LILY_LANE};
	int dir;

	(void)snprintf(f->path, sizeof(f->path), "/tmp/lily-lane-XXXXXX");
	if (!mkdtemp(f->path) || dir_open(AT_FDCWD, f->path, &dir, &err) < 0 ||
		lane_directories_make(dir, &err) < 0)
		return -1;
	(void)close(dir);
	spec.path = f->path;
	if (lane_start(&spec, &f->lane, &err) < 0 || pipe2(f->out, O_CLOEXEC) != 0)
		return -1;
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	lane_free(f->lane);
	(void)close(f->out[0]);
	(void)close(f->out[1]);
	if (tree_remove(AT_FDCWD, f->path, &err) < 0)
		return -1;
	free(f);
	return 0;
}

/* The next report, or its code. */
static int
next(const struct fixture *f, struct lane_report *ret_report)
{
	struct pollfd ready = {.fd = lane_socket(f->lane), .events = POLLIN};
	struct err err = ERR_INIT;

	assert_int_equal(poll(&ready, 1, 20000), 1);
	return lane_next(f->lane, ret_report, &err);
}

static void
run(const struct fixture *f, uint32_t number, const char *script)
{
	AUTO_BUF struct buf strings = BUF_INIT(4096);
	struct err err = ERR_INIT;
	struct lane_step step = {
		.number = number,
		.program = "/bin/sh",
		.cwd = "/",
		.n_argv = 3,
		.n_environ = 1,
		.stdout_fd = f->out[1],
		.stderr_fd = f->out[1],
		.grace_us = 1000000,
	};

	buf_add(&strings, "sh\0-c", 6);
	buf_add(&strings, script, strlen(script) + 1);
	buf_add(&strings, "A=b", 4);
	step.strings = buf_str(&strings);
	if (lane_run(f->lane, &step, &err) < 0)
		fail_msg("%s", err.message);
}

static void
test_reports_in_order(void **state)
{
	struct fixture *f = *state;
	struct lane_report report;
	struct err err = ERR_INIT;
	int64_t before = clock_utc_us();

	run(f, 7, "[ $A = b ] && sleep 0.05; exit 6");
	assert_int_equal(next(f, &report), 1);
	assert_int_equal(report.type, LANE_READY);
	assert_int_equal(next(f, &report), 1);
	assert_int_equal(report.type, LANE_STARTED);
	assert_int_equal(report.number, 7);
	assert_in_range(report.started_us, before, clock_utc_us());
	assert_int_equal(next(f, &report), 1);
	assert_int_equal(report.type, LANE_EXITED);
	assert_int_equal(report.number, 7);
	assert_int_equal(WEXITSTATUS(report.status), 6);
	assert_true(report.ended_us >= report.started_us + 50000);
	assert_int_equal(report.dirty, 0);
	assert_int_equal(lane_next(f->lane, &report, &err), 0);
	assert_int_equal(lane_clear(f->lane, &err), 0);
	assert_int_equal(next(f, &report), 1);
	assert_int_equal(report.type, LANE_CLEARED);
	assert_int_equal(report.error, 0);
}

/* A CANCEL of a step that has ended is nobody's. */
static void
test_late_cancel(void **state)
{
	struct fixture *f = *state;
	struct lane_report report;
	struct err err = ERR_INIT;

	assert_int_equal(next(f, &report), 1);
	for (uint32_t i = 1; i <= 20; i++) {
		assert_int_equal(lane_cancel(f->lane, i - 1, &err), 0);
		run(f, i, "sleep 0.02");
		assert_int_equal(lane_cancel(f->lane, i - 1, &err), 0);
		do
			assert_int_equal(next(f, &report), 1);
		while (report.type != LANE_EXITED);
		assert_int_equal(report.number, i);
		assert_int_equal(report.status, 0);
		assert_int_equal(report.flags, 0);
	}
}

/* What is no request ends the lane, and what it runs. */
static void
test_nonsense(void **state)
{
	struct fixture *f = *state;
	struct lane_report report;

	assert_int_equal(next(f, &report), 1);
	assert_int_equal(send(lane_socket(f->lane), "nonsense", 8, 0), 8);
	assert_int_equal(next(f, &report), ERR_SYS);
	assert_int_equal(lane_reap(f->lane, 10000), 1);
}

static void
test_truncated_step(void **state)
{
	struct fixture *f = *state;
	struct lane_report report;
	struct {
		struct lane_request request;
		char strings[64];
	} message = {.request = {.type = LANE_STEP, .n_argv = 9, .size = 64}};

	assert_int_equal(next(f, &report), 1);
	assert_int_equal(
		send(lane_socket(f->lane), &message, sizeof(message), 0), sizeof(message));
	assert_true(next(f, &report) < 0);
	assert_int_equal(lane_reap(f->lane, 10000), 1);
}

static void
test_kill(void **state)
{
	struct fixture *f = *state;
	struct lane_report report;
	struct err err = ERR_INIT;

	assert_int_equal(lane_reap(f->lane, 0), 0);
	run(f, 1, "trap '' TERM; sleep 60 & sleep 60; :");
	assert_int_equal(next(f, &report), 1);
	assert_int_equal(next(f, &report), 1);
	lane_kill(f->lane);
	assert_int_equal(lane_reap(f->lane, 10000), 1);
	assert_int_equal(lane_reap(f->lane, 0), 1);
	assert_true(lane_next(f->lane, &report, &err) < 0);
	assert_true(lane_cancel(f->lane, 1, &err) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reports_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_late_cancel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nonsense, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_truncated_step, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kill, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
