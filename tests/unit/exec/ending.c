/* I4: when an attempt is said to have ended, nothing of it lives; and how its time is kept. */
#include "rig.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

/* A marker in a command line, to find survivors by. */
static const char *
marker(char text[32])
{
	static unsigned n;

	(void)snprintf(text, 32, "%d%05d.5", 7 + (int)(n++ % 3), (int)getpid() % 100000);
	return text;
}

struct ending {
	const char *what;
	const char *script; /* $m is the marker, an argument of sleep */
	int64_t timeout_us;
	int64_t grace_us;
	int exit_code;
	int signal;
	bool timed_out;
	double least_s;
	double most_s;
};

/* A busy machine may make one of them late. */
#define TRIES 3

static const struct ending endings[] = {
	{"daemon", "setsid sh -c 'sleep $m & sleep $m' >/dev/null 2>&1 </dev/null & exit 0", 0,
		2000000, 0, 0, false, 0, 1.5},
	{"double fork", "(setsid sleep $m & ) ; (sleep $m & ) & exit 7", 0, 2000000, 7, 0,
		false, 0, 1.5},
	{"ignores TERM", "trap '' TERM; sleep $m; sleep $m", 200000, 300000, -1, 9, true, 0.5,
		0.7},
	{"dies of TERM", "sleep $m & sleep $m", 200000, 5000000, -1, 15, true, 0.2, 0.4},
	{"says goodbye", "trap 'echo bye; exit 5' TERM; sleep $m & wait; sleep $m", 200000,
		5000000, 5, 0, true, 0.2, 0.5},
	{"stopped", "sleep $m & (sleep 0.1; kill -STOP $$) & sleep $m; wait", 300000, 5000000,
		-1, 15, true, 0.3, 0.6},
	{"all stopped and deaf",
		"trap '' TERM; sleep $m & kill -STOP $!; sleep $m & kill -STOP $$; sleep $m",
		200000, 200000, -1, 9, true, 0.4, 0.6},
	{"holds the pipe", "sleep $m & sleep $m & sleep 0.1; echo done", 0, 200000, 0, 0, false,
		0.1, 1.0},
	{"deaf child holds the pipe",
		"(trap '' TERM; sleep $m; sleep $m; :) & sleep 0.05; echo done", 0, 300000, 0,
		0, false, 0.35, 0.9},
	{"grandchild of another session holds the pipes",
		"setsid sh -c 'sleep $m; sleep $m' & sleep $m", 200000, 5000000, -1, 15, true,
		0.2, 0.4},
	{"deaf grandchild of another session holds the pipes",
		"setsid sh -c 'trap \"\" TERM; sleep $m; sleep $m' & sleep 0.05; sleep $m",
		200000, 300000, -1, 15, true, 0.5, 0.7},
	{"stopped grandchild of another session",
		"setsid sh -c 'trap \"\" TERM; kill -STOP $$; sleep $m' & sleep 0.05; sleep $m",
		200000, 300000, -1, 15, true, 0.2, 0.7},
	{"timeout under 5 ms", "sleep $m; sleep $m", 2000, 5000000, -1, 15, true, 0, 0.3},
	{"no grace", "trap '' TERM; sleep $m; sleep $m", 100000, -1, -1, 9, true, 0.1, 0.3},
};

/* How long it took, as it is recorded. */
static double
try_ending(const struct ending *row, enum lane_mode mode)
{
	double seconds;
	char mark[32];
	char script[512];
	struct rig_result result;
	struct rig rig;

	(void)marker(mark);
	(void)snprintf(script, sizeof(script), "export m=%s; %s", mark, row->script);
	rig_open(&rig, &(struct rig_options){.mode = mode});
	rig_run(&rig,
		&(struct rig_step){.script = script,
			.timeout_us = row->timeout_us,
			.grace_us = row->grace_us},
		&result);
	/* At once: not after something else has cleaned up. */
	if (rig_count_processes(mark))
		fail_msg("%s: %u survive", row->what, rig_count_processes(mark));
	if (result.end.exit_code != row->exit_code || result.end.signal != row->signal ||
		result.end.timed_out != row->timed_out)
		fail_msg("%s (%s): exit %d, signal %d, timed out %d", row->what,
			lane_mode_name(mode), result.end.exit_code, result.end.signal,
			result.end.timed_out);
	seconds = (double)(result.end.ended_at_us - result.end.started_at_us) / 1e6;
	rig_release(&rig, &result);
	rig_expect(&rig, "echo next", "next\n");
	rig_close(&rig);
	return seconds;
}

static void
check_ending(const struct ending *row, enum lane_mode mode)
{
	double seconds = 0;

	for (int i = 0; i < TRIES; i++) {
		seconds = try_ending(row, mode);
		if (seconds < row->least_s)
			fail_msg("%s (%s): %.3f s, less than %.3f", row->what,
				lane_mode_name(mode), seconds, row->least_s);
		if (seconds <= row->most_s)
			return;
	}
	fail_msg("%s (%s): %.3f s, more than %.3f in %d tries", row->what, lane_mode_name(mode),
		seconds, row->most_s, TRIES);
}

static void
test_endings_in_namespace(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		check_ending(&endings[i], LANE_MODE_PID_NAMESPACE);
}

static void
test_endings_under_subreaper(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		check_ending(&endings[i], LANE_MODE_SUBREAPER);
}

/* What a shell leaves behind for a moment may finish: `>(…)` is not waited for by bash. */
static void
test_stragglers_finish(void **state)
{
	struct rig_result result;
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	rig_run(&rig,
		&(struct rig_step){.script = "(trap 'echo killed; exit' TERM; sleep 0.02; echo "
					     "finished) & exit 0"},
		&result);
	assert_string_equal(buf_cstr(&result.out), "finished\n");
	rig_release(&rig, &result);
	rig_close(&rig);
}

static void
test_cancel(void **state)
{
	static const struct {
		const char *script;
		int signal;
		int exit_code;
	} rows[] = {
		{"sleep 60", 15, -1},
		{"trap '' TERM; sleep 60; sleep 60", 9, -1},
		{"trap 'exit 4' TERM; sleep 60 & wait", 0, 4},
	};
	struct executor_event event;
	struct rig_result result;
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		(void)rig_submit(&rig,
			&(struct rig_step){.script = rows[i].script, .grace_us = 200000},
			&result);
		/* Until its traps are set. */
		assert_int_equal(rig_wait(&rig, 5000, &event), 1);
		assert_int_equal(event.type, EXECUTOR_STARTED);
		assert_int_equal(rig_wait(&rig, 100, &event), 0);
		rig.executor->ops->cancel(rig.executor, result.number + 1); /* nobody's */
		rig.executor->ops->cancel(rig.executor, result.number);
		rig_finish(&rig, &result);
		assert_true(result.end.cancelled);
		assert_false(result.end.timed_out);
		assert_int_equal(result.end.signal, rows[i].signal);
		assert_int_equal(result.end.exit_code, rows[i].exit_code);
		rig_release(&rig, &result);
	}
	/* At once, before the lane may even have read the step. */
	(void)rig_submit(&rig, &(struct rig_step){.script = "sleep 60"}, &result);
	rig.executor->ops->cancel(rig.executor, result.number);
	rig_finish(&rig, &result);
	assert_true(result.end.cancelled);
	assert_int_equal(result.end.signal, 15);
	rig_release(&rig, &result);
	rig_close(&rig);
}

/* A lane that dies takes its tree along; the attempt is lost, and the next one gets a new lane. */
static void
test_lane_killed(void **state)
{
	struct executor_event event;
	struct rig_result result;
	struct err err = ERR_INIT;
	char mark[32];
	char script[200];
	struct rig rig;

	(void)state;
	if (!rig_has_namespaces())
		skip();
	(void)marker(mark);
	rig_open(&rig, &(struct rig_options){0});
	(void)snprintf(script, sizeof(script),
		"echo said; echo x > $HOME/left; setsid sleep %s & sleep %s", mark, mark);
	for (size_t i = 1; i <= 4; i++) {
		(void)rig_submit(&rig, &(struct rig_step){.script = script}, &result);
		assert_int_equal(rig_wait(&rig, 5000, &event), 1);
		assert_int_equal(event.type, EXECUTOR_STARTED);
		assert_int_equal(rig_wait(&rig, 300, &event), 0); /* for it to say so */
		assert_int_equal(
			rig.executor->ops->lookup(rig.executor, buf_str(&result.handle), &err),
			ATTEMPT_RUNNING);
		assert_int_equal(rig.n_lanes, i);
		assert_int_equal(kill(rig.lanes[i - 1], SIGKILL), 0);
		rig_finish(&rig, &result);
		assert_int_equal(rig_count_processes(mark), 0);
		assert_int_equal(result.end.state, ATTEMPT_LOST);
		assert_string_equal(buf_cstr(&result.out), "said\n");
		assert_int_equal(
			rig.executor->ops->lookup(rig.executor, buf_str(&result.handle), &err),
			ATTEMPT_LOST);
		rig_release(&rig, &result);
	}
	rig_expect(&rig, "ls -A $HOME; echo again", "again\n");
	rig_close(&rig);
}

/* Kills a lane and waits until it is dead, without a turn of the loop. */
static void
kill_lane(pid_t pid)
{
	struct err err = ERR_INIT;
	uint64_t start;

	assert_int_equal(process_start_time(pid, &start, &err), 0);
	if (process_kill(pid, start, 0, 10000, &err) < 0)
		fail_msg("%s", err.message);
}

enum where { ON_DISK, IN_MEMORY };

/* While nothing runs, or between place and submit, a lane's death is nobody's loss. */
static void
check_idle_lane_killed(enum where where)
{
	AUTO_BUF struct buf handle = BUF_INIT(4096);
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"},
		(char[]){"ls -A $LILY_IN; cat $LILY_IN/file"}, NULL};
	char *environment[] = {(char[]){"PATH=/usr/bin:/bin"}, NULL};
	struct attempt_spec spec = {
		.number = 50, .argv = argv, .environ = environment, .cwd = "/"};
	struct rig_result result = {.number = 50,
		.out = BUF_INIT(4096),
		.err = BUF_INIT(4096),
		.notes = BUF_INIT(4096),
		.handle = BUF_INIT(4096)};
	struct err err = ERR_INIT;
	enum submit_result submitted;
	struct executor_event event;
	struct rig rig;
	int dir;

	rig_open(&rig, &(struct rig_options){0});
	rig_expect(&rig, "echo 1", "1\n");
	kill_lane(rig.lanes[0]);
	assert_int_equal(rig_wait(&rig, 100, &event), 0); /* it is noticed */
	rig_expect(&rig, "echo 2", "2\n");
	assert_int_equal(rig.executor->ops->prepare(rig.executor, 50, &result.place, &err), 1);
	dir = where == IN_MEMORY ? result.place.memory_dir : result.place.in_dir;
	spec.in = where == IN_MEMORY ? result.place.memory : NULL;
	assert_int_equal(
		file_replace(dir, "file", STR("inputs stay"), 0444, FILE_NO_SYNC, &err), 0);
	kill_lane(rig.lanes[1]); /* and the loop has not been told */
	while ((submitted = rig.executor->ops->submit(rig.executor, &spec, &handle, &err)) ==
		SUBMIT_BUSY)
		assert_int_equal(loop_turn(rig.loop, 1000000, &err), 0);
	assert_int_equal(submitted, SUBMIT_OK);
	rig_finish(&rig, &result);
	assert_int_equal(result.end.state, ATTEMPT_EXITED);
	assert_string_equal(buf_cstr(&result.out), "file\ninputs stay");
	rig_release(&rig, &result);
	rig_expect(&rig, "find $LILY_IN ${LILY_IN%in}memory -mindepth 1; echo 3", "3\n");
	rig_close(&rig);
}

static void
test_idle_lane_killed(void **state)
{
	(void)state;
	if (!rig_has_namespaces())
		skip();
	check_idle_lane_killed(ON_DISK);
	check_idle_lane_killed(IN_MEMORY);
}

/* The process that holds the executor is killed: nobody survives it. */
static void
check_parent_killed(enum lane_mode mode)
{
	char mark[32];
	char script[200];
	int64_t until;
	int ready[2];
	char path[sizeof(((struct rig *)0)->path)];
	struct err err = ERR_INIT;
	pid_t pid;

	(void)marker(mark);
	(void)snprintf(script, sizeof(script),
		"trap '' TERM HUP; setsid sh -c 'trap \"\" TERM; sleep %s; sleep %s' & sleep "
		"%s",
		mark, mark, mark);
	assert_int_equal(pipe(ready), 0);
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		struct executor_event event;
		struct rig_result result;
		struct rig rig;

		rig_open(&rig, &(struct rig_options){.mode = mode});
		(void)rig_submit(&rig, &(struct rig_step){.script = script}, &result);
		(void)rig_wait(&rig, 5000, &event);
		(void)rig_wait(&rig, 200, &event);
		if (write(ready[1], rig.path, sizeof(rig.path)) > 0)
			(void)pause();
		_exit(1);
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], path, sizeof(path)), sizeof(path));
	(void)close(ready[0]);
	assert_in_range(rig_count_processes(mark), 2, 5);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	until = clock_boot_us() + 1000000;
	while (rig_count_processes(mark) && clock_boot_us() < until)
		(void)usleep(1000);
	assert_int_equal(rig_count_processes(mark), 0);
	assert_int_equal(tree_remove(AT_FDCWD, path, &err), 0);
}

static void
test_parent_killed(void **state)
{
	(void)state;
	check_parent_killed(LANE_MODE_PID_NAMESPACE);
	check_parent_killed(LANE_MODE_SUBREAPER);
}

/* Freeing an executor with work under way is quick and leaves nobody. */
static void
test_free_at_work(void **state)
{
	(void)state;
	for (int mode = LANE_MODE_PID_NAMESPACE; mode <= LANE_MODE_SUBREAPER; mode++) {
		struct executor_event event;
		struct rig_result results[3];
		char mark[32];
		char script[200];
		int64_t start;
		struct rig rig;

		(void)marker(mark);
		(void)snprintf(script, sizeof(script),
			"trap '' TERM; setsid sleep %s & sleep %s; :", mark, mark);
		rig_open(&rig, &(struct rig_options){.slots = 3, .mode = (enum lane_mode)mode});
		for (int i = 0; i < 3; i++) {
			(void)rig_submit(
				&rig, &(struct rig_step){.script = script}, &results[i]);
			buf_done(&results[i].handle);
		}
		assert_int_equal(rig_wait(&rig, 5000, &event), 1);
		start = clock_boot_us();
		rig_close(&rig);
		assert_in_range(clock_boot_us() - start, 0, 2000000);
		assert_int_equal(rig_count_processes(mark), 0);
	}
}

/* Without namespaces a step can stop its lane, which then neither keeps deadlines nor sees that it is
 * to end. */
static void
test_a_step_that_stops_its_lane_is_ended(void **state)
{
	struct executor_event event = {.type = EXECUTOR_STARTED};
	struct rig_result result;
	char mark[32];
	char script[100];
	struct rig rig;

	(void)state;
	(void)marker(mark);
	(void)snprintf(
		script, sizeof(script), "sleep 0.1; kill -STOP $PPID; sleep %s; :", mark);
	rig_open(&rig, &(struct rig_options){.mode = LANE_MODE_SUBREAPER, .guard_us = 300000});
	(void)rig_submit(&rig,
		&(struct rig_step){.script = script, .timeout_us = 300000, .grace_us = 100000},
		&result);
	while (event.type != EXECUTOR_EXITED)
		if (!rig_wait(&rig, 5000, &event))
			fail_msg("it goes on");
	assert_int_equal(rig_count_processes(mark), 0);
	rig_release(&rig, &result);
	rig_close(&rig);
}

static void
test_lookup(void **state)
{
	static const struct {
		const char *boot_end;  /* instead of the last digit, NULL: this boot */
		const char *pidns_end; /* behind this namespace's number */
		int pid;
		int start;
		const char *end;
		enum attempt_state state;
		int code;
	} rows[] = {
		{NULL, "", 1, 1, "", ATTEMPT_UNKNOWN, ERR_INVALID},
		{NULL, "", 1, 1, "}", ATTEMPT_UNKNOWN, ERR_INVALID},
		{NULL, "", 1, 1, "}} ", ATTEMPT_UNKNOWN, ERR_INVALID},
		{NULL, "", 1, 999999999, "}}", ATTEMPT_LOST, 0},
		{NULL, "", 4194304, 5, "}}", ATTEMPT_LOST, 0},
		{"-", "", 1, 5, "}}", ATTEMPT_LOST, 0},
		{NULL, "1", 1, 5, "}}", ATTEMPT_UNKNOWN, ERR_NOT_FOUND},
		{NULL, "x", 1, 5, "}}", ATTEMPT_UNKNOWN, ERR_INVALID},
	};
	char boot[CLOCK_BOOT_ID_SIZE];
	struct err err = ERR_INIT;
	struct stat status;
	struct rig rig;

	(void)state;
	assert_int_equal(clock_boot_id(boot, &err), 0);
	assert_int_equal(stat("/proc/self/ns/pid", &status), 0);
	rig_open(&rig, &(struct rig_options){0});
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *last = rows[i].boot_end ? rows[i].boot_end : boot + 35;
		char handle[300];

		(void)snprintf(handle, sizeof(handle),
			"{\"lane\":{\"boot\":\"%.35s%s\",\"pid\":%d,\"pidns\":%llu%s,"
			"\"start\":%d%s",
			boot, last, rows[i].pid, (unsigned long long)status.st_ino,
			rows[i].pidns_end, rows[i].start, rows[i].end);
		err = ERR_INIT;
		assert_int_equal(rig.executor->ops->lookup(rig.executor, str_of(handle), &err),
			rows[i].state);
		assert_int_equal(err.code, rows[i].code);
	}
	rig_close(&rig);
}

static void
test_no_lane(void **state)
{
	static const char *const programs[] = {"/no/such/lane", "/bin/false", "/etc/passwd"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		struct attempt_place place;
		struct err err = ERR_INIT;
		struct rig rig;
		int r = 0;

		rig_open(&rig, &(struct rig_options){.lane_program = programs[i]});
		/* One that starts and ends is noticed a turn later. */
		for (int n = 0; n < 20 && r >= 0; n++) {
			r = rig.executor->ops->prepare(rig.executor, 1, &place, &err);
			if (r == 1)
				rig.executor->ops->release(rig.executor, 1);
			assert_int_equal(loop_turn(rig.loop, 20000, &(struct err){0}), 0);
		}
		assert_true(r < 0);
		assert_non_null(strstr(err.message, "lane"));
		rig_close(&rig);
	}
}

/* A step handed to a lane that never gets ready is not lost: the executor refuses it, or fails, as
 * lanes end before or after they were handed it. */
static void
test_step_for_no_lane(void **state)
{
	static const char *const programs[] = {"/bin/false", "/bin/bash"};

	(void)state;
	for (size_t i = 0; i < 10; i++) {
		AUTO_BUF struct buf handle = BUF_INIT(4096);
		char *argv[] = {(char[]){"/bin/true"}, NULL};
		char *environment[] = {NULL};
		struct attempt_spec spec = {
			.number = 1, .argv = argv, .environ = environment, .cwd = "/"};
		struct executor_event event;
		struct attempt_place place;
		struct err err = ERR_INIT;
		struct rig rig;
		int r = 0;

		rig_open(&rig, &(struct rig_options){.lane_program = programs[i % 2]});
		assert_int_equal(rig.executor->ops->prepare(rig.executor, 1, &place, &err), 1);
		if (rig.executor->ops->submit(rig.executor, &spec, &handle, &err) ==
			SUBMIT_REJECTED) {
			assert_int_equal(err.code, ERR_SYS);
			rig.executor->ops->release(rig.executor, 1);
		} else {
			while ((r = rig.executor->ops->next(rig.executor, &event, &err)) == 0)
				assert_int_equal(loop_turn(rig.loop, 5000000, &err), 0);
			assert_int_equal(r, ERR_SYS);
			assert_non_null(strstr(err.message, "does not get ready"));
		}
		rig_close(&rig);
	}
}

static void
test_note_refused(void **state)
{
	struct attempt_place place;
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	rig.refuse_notes = true;
	assert_true(rig.executor->ops->prepare(rig.executor, 1, &place, &err) < 0);
	assert_non_null(strstr(err.message, "the note cannot be written"));
	rig_close(&rig);
}

/* A lane that is stopped itself cannot keep a deadline, nor end when it is told to. */
static void
test_stopped_lane_is_given_up(void **state)
{
	static const int64_t timeouts[] = {300000, 0};

	(void)state;
	if (!rig_has_namespaces())
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(timeouts); i++) {
		struct executor_event event;
		struct rig_result result;
		struct rig rig;

		rig_open(&rig, &(struct rig_options){.guard_us = 300000});
		(void)rig_submit(&rig,
			&(struct rig_step){.script = "sleep 60",
				.timeout_us = timeouts[i],
				.grace_us = -1},
			&result);
		assert_int_equal(rig_wait(&rig, 5000, &event), 1);
		assert_int_equal(kill(rig.lanes[0], SIGSTOP), 0);
		if (!timeouts[i])
			rig.executor->ops->cancel(rig.executor, result.number);
		rig_finish(&rig, &result);
		assert_int_equal(result.end.state, ATTEMPT_LOST);
		assert_in_range((int64_t)(result.seconds * 1000), 250, 5000);
		rig_release(&rig, &result);
		rig_close(&rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endings_in_namespace),
		cmocka_unit_test(test_endings_under_subreaper),
		cmocka_unit_test(test_stragglers_finish),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_lane_killed),
		cmocka_unit_test(test_idle_lane_killed),
		cmocka_unit_test(test_parent_killed),
		cmocka_unit_test(test_free_at_work),
		cmocka_unit_test(test_a_step_that_stops_its_lane_is_ended),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_no_lane),
		cmocka_unit_test(test_step_for_no_lane),
		cmocka_unit_test(test_note_refused),
		cmocka_unit_test(test_stopped_lane_is_given_up),
	};

	return rig_main("ending", tests, ARRAY_SIZE(tests));
}
