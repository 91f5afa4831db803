/* Whole runs through the engine: what a workflow text leads to, and what is recorded of it. */
#include "base/clock.h"
#include "fixture.h"
#include "store/request.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static const struct {
	const char *name;
	const char *text;
	bool fail_fast;
	const char *states;
	const char *failure; /* fragment, or NULL */
} cases[] = {
	{"order and references",
		"steps:\n"
		"  b: { exec: [ sh, -c, 'cat $LILY_IN/x > $LILY_OUT/y' ], in: { x: '${{ "
		"steps.a.out.o }}' },\n"
		"       out: { y: { type: text } } }\n"
		"  a: { run: echo made > $LILY_OUT/o, out: { o: null } }\n",
		false, "succeeded b=succeeded a=succeeded", NULL},
	{"a failure blocks what needs it and nothing else",
		"steps:\n"
		"  a: { exec: [ 'false' ] }\n"
		"  b: { exec: [ 'true' ], needs: [ a ] }\n"
		"  c: { exec: [ 'true' ], needs: [ b ] }\n"
		"  d: { exec: [ 'true' ] }\n",
		false, "failed a=failed b=blocked c=blocked d=succeeded",
		"exit: exit status 1"},
	{"an outcome that was asked for came",
		"steps:\n"
		"  a: { exec: [ 'false' ] }\n"
		"  b: { exec: [ 'true' ], needs: { a: failed } }\n"
		"  c: { exec: [ 'true' ], needs: { a: finished } }\n"
		"  d: { exec: [ 'true' ], needs: [ b ] }\n",
		false, "failed a=failed b=succeeded c=succeeded d=succeeded", NULL},
	{"an outcome that was asked for did not come",
		"steps:\n"
		"  a: { exec: [ 'true' ] }\n"
		"  b: { exec: [ 'false' ], needs: { a: failed } }\n"
		"  c: { exec: [ 'true' ], needs: [ b ] }\n"
		"  d: { exec: [ 'false' ], needs: { b: succeeded } }\n"
		"  e: { exec: [ 'true' ], needs: { b: finished } }\n",
		false, "succeeded a=succeeded b=skipped c=succeeded d=skipped e=succeeded",
		NULL},
	{"of a skipped step there is no output",
		"steps:\n"
		"  a: { exec: [ 'true' ] }\n"
		"  b: { run: 'echo x > $LILY_OUT/o', needs: { a: failed }, out: { o: null } }\n"
		"  c: { exec: [ 'true' ], in: { o: '${{ steps.b.out.o }}' } }\n"
		"  d: { exec: [ 'true' ], needs: [ c ] }\n"
		"  e: { exec: [ test, '!', -e, '${{ in.o }}' ],\n"
		"       in: { o: { from: '${{ steps.b.out.o }}', optional: true } } }\n",
		false, "failed a=succeeded b=skipped c=blocked d=blocked e=succeeded", NULL},
	{"who asked in vain is skipped, whatever else it needs",
		"parallel: 1\nsteps:\n"
		"  a: { exec: [ 'false' ] }\n"
		"  b: { exec: [ 'true' ] }\n"
		"  c: { exec: [ 'true' ], needs: { b: failed, a: succeeded } }\n"
		"  d: { exec: [ 'true' ], needs: { b: failed }, env: { X: '${{ steps.e.out.o "
		"}}' } "
		"}\n"
		"  e: { run: 'exit 1', out: { o: { type: text } } }\n",
		false, "failed a=failed b=succeeded c=skipped d=skipped e=failed", NULL},
	{"a failure that may be",
		"steps:\n"
		"  a: { exec: [ 'false' ], continue_on_error: true }\n"
		"  b: { exec: [ 'true' ], needs: { a: finished } }\n",
		false, "succeeded a=failed b=succeeded", "exit: exit status 1"},
	{"a failure that may be blocks what needs success",
		"steps:\n"
		"  a: { exec: [ 'false' ], continue_on_error: true }\n"
		"  b: { exec: [ 'true' ], needs: [ a ] }\n",
		false, "failed a=failed b=blocked", NULL},
	{"fail fast lets a failure be that may be",
		"parallel: 1\nsteps:\n"
		"  a: { exec: [ 'false' ], continue_on_error: true }\n"
		"  b: { exec: [ 'true' ] }\n",
		true, "succeeded a=failed b=succeeded", NULL},
	{"finally comes last",
		"steps:\n"
		"  a: { run: 'sleep 0.2; echo a >> order' }\n"
		"  b: { run: 'echo b >> order', needs: [ a ] }\n"
		"finally:\n"
		"  y: { run: 'echo y >> order', needs: [ z ] }\n"
		"  z: { run: '[ \"$(cat order)\" = \"$(printf \"a\\nb\")\" ]' }\n",
		false, "succeeded a=succeeded b=succeeded y=succeeded z=succeeded", NULL},
	{"finally comes after a failure, too",
		"steps:\n"
		"  a: { exec: [ 'false' ] }\n"
		"  b: { exec: [ 'true' ], needs: [ a ] }\n"
		"finally:\n"
		"  y: { exec: [ 'true' ], needs: { a: succeeded } }\n"
		"  z: { exec: [ 'true' ], needs: { a: failed } }\n",
		false, "failed a=failed b=blocked y=skipped z=succeeded", NULL},
	{"finally comes after --fail-fast, too, and tries again",
		"steps:\n"
		"  a: { exec: [ 'false' ] }\n"
		"  b: { exec: [ sleep, '0.3' ] }\n"
		"  c: { exec: [ 'true' ], needs: [ b ] }\n"
		"finally:\n"
		"  y: { exec: [ 'false' ] }\n"
		"  z: { run: '[ $LILY_ATTEMPT = 2 ]', retry: { attempts: 2, backoff: 1ms } }\n",
		true, "failed a=failed b=succeeded c=cancelled y=failed z=succeeded", NULL},
	{"a failure in finally is one of the run",
		"steps: { a: { exec: [ 'true' ] } }\nfinally: { z: { exec: [ 'false' ] } }\n",
		false, "failed a=succeeded z=failed", NULL},
	{"a budget of attempts",
		"budget: { attempts: 3 }\nsteps:\n"
		"  a: { exec: [ 'true' ] }\n"
		"  b: { exec: [ 'false' ], needs: [ a ], retry: { attempts: 5, backoff: 1ms } "
		"}\n"
		"  c: { exec: [ 'true' ], needs: { b: finished } }\n"
		"finally: { z: { exec: [ 'true' ] } }\n",
		false, "failed a=succeeded b=failed c=cancelled z=succeeded", NULL},
	{"a budget of attempts that is spent between two steps",
		"budget: { attempts: 1 }\nsteps:\n"
		"  a: { exec: [ 'true' ] }\n"
		"  b: { exec: [ 'true' ], needs: [ a ] }\n"
		"finally: { z: { exec: [ 'true' ] } }\n",
		false, "failed a=succeeded b=cancelled z=succeeded", NULL},
	{"a budget of attempts that suffices",
		"budget: { attempts: 2 }\nsteps:\n"
		"  a: { exec: [ 'true' ] }\n"
		"  b: { exec: [ 'true' ] }\n"
		"finally: { z: { exec: [ 'true' ] } }\n",
		false, "succeeded a=succeeded b=succeeded z=succeeded", NULL},
	{"a budget of time",
		"budget: { wall: 300ms }\nsteps:\n"
		"  a: { exec: [ 'true' ] }\n"
		"  b: { exec: [ sleep, '60' ], grace: 100ms, retry: { attempts: 3 } }\n"
		"  c: { exec: [ 'true' ], needs: [ b ] }\n"
		"finally: { z: { exec: [ sleep, '0.3' ] } }\n",
		false, "failed a=succeeded b=failed c=cancelled z=succeeded",
		"budget: the budget of 300ms (wall) is spent"},
	{"a bound on transitions ends retries and nothing else",
		"parallel: 1\nmax_transitions: 1\nsteps:\n"
		"  a: { exec: [ 'false' ], retry: { attempts: 5, backoff: 1ms } }\n"
		"  b: { exec: [ 'true' ] }\n"
		"  c: { run: '[ $LILY_ATTEMPT = 2 ]', needs: { a: failed }, retry: { attempts: "
		"2 } }\n"
		"finally: { z: { run: '[ $LILY_ATTEMPT = 2 ]', retry: { attempts: 2, backoff: "
		"1ms "
		"} } }\n",
		false, "failed a=failed b=succeeded c=failed z=succeeded", NULL},
	{"fail fast starts nothing new",
		"parallel: 1\nsteps:\n"
		"  a: { exec: [ 'false' ] }\n"
		"  b: { exec: [ 'true' ], needs: [ a ] }\n"
		"  c: { exec: [ sleep, '0.3' ] }\n"
		"  d: { exec: [ 'true' ], needs: [ c ] }\n",
		true, "failed a=failed b=blocked c=succeeded d=cancelled", NULL},
	{"a missing output", "steps: { a: { exec: [ 'true' ], out: { o: null } } }\n", false,
		"failed a=failed", "schema: output o: is missing: $LILY_OUT/o was not written"},
	{"an optional output may be missing",
		"steps:\n"
		"  a: { exec: [ 'true' ], out: { o: { optional: true } } }\n"
		"  b: { exec: [ test, '!', -e, '${{ in.o }}' ],\n"
		"       in: { o: { from: '${{ steps.a.out.o }}', optional: true } } }\n",
		false, "succeeded a=succeeded b=succeeded", NULL},
	{"json that is none",
		"steps: { a: { run: 'echo {] > $LILY_OUT/o', out: { o: { type: json } } } }\n",
		false, "failed a=failed", "schema: output o"},
	{"text that is none",
		"steps: { a: { run: 'printf \"\\\\377\" > $LILY_OUT/o', out: { o: { type: text "
		"} } } }\n",
		false, "failed a=failed", "is not text: byte 0 is not UTF-8"},
	{"an output that is a link",
		"steps: { a: { run: 'ln -s /etc/passwd $LILY_OUT/o', out: { o: null } } }\n",
		false, "failed a=failed", "output o: o is a symbolic link"},
	{"an output that is a fifo",
		"steps: { a: { run: 'mkfifo $LILY_OUT/o', out: { o: null } } }\n", false,
		"failed a=failed", "output o: is neither file nor directory"},
	{"an output that is a socket",
		"steps: { a: { run: 'cd $LILY_OUT; python3 -c \"import socket; "
		"socket.socket(socket.AF_UNIX).bind(str(1))\"', out: { '1': null } } }\n",
		false, "failed a=failed", "output 1: 1 is a socket or a device"},
	{"a directory with what cannot be kept",
		"steps: { a: { run: 'mkdir $LILY_OUT/o; mkfifo $LILY_OUT/o/p', out: { o: { "
		"type: "
		"dir } } } }\n",
		false, "failed a=failed", "output o: p is neither file, directory nor link"},
	{"a missing program", "steps: { a: { exec: [ no-such-program-here ] } }\n", false,
		"failed a=failed", "start: program \"no-such-program-here\""},
	{"a missing input",
		"steps: { a: { exec: [ 'true' ], in: { x: { path: not-there } } } }\n", false,
		"failed a=failed", "start: input x"},
	{"a signal", "steps: { a: { run: 'kill -9 $$' } }\n", false, "failed a=failed",
		"signal: killed by signal 9 (SIGKILL)"},
	{"a timeout", "steps: { a: { exec: [ sleep, '60' ], timeout: 100ms, grace: 100ms } }\n",
		false, "failed a=failed", "timeout: timed out after 100ms"},
	{"a retry that helps",
		"steps: { a: { run: '[ $LILY_ATTEMPT = 3 ]', retry: { attempts: 3, backoff: "
		"1ms } } }\n",
		false, "succeeded a=succeeded", "exit: exit status 1"},
	{"a retry for another class",
		"steps: { a: { run: 'exit 3', retry: { attempts: 3, errors: [ timeout, "
		"'exit:4' ], backoff: 1ms } } }\n",
		false, "failed a=failed", "exit: exit status 3"},
	{"values in argv and env",
		"steps:\n"
		"  a: { run: 'echo \"two words\" > $LILY_OUT/o', out: { o: { type: text } } }\n"
		"  b: { exec: [ test, '-${{ steps.a.out.o }}-', '=', '-two words-' ] }\n"
		"  c: { run: '[ \"$V\" = \"two words!\" ]', env: { V: '${{ steps.a.out.o }}!' "
		"} }\n",
		false, "succeeded a=succeeded b=succeeded c=succeeded", NULL},
	{"the environment is exact",
		"env: { A: '1' }\nsteps:\n"
		"  a: { run: '[ \"$A$B$TZ$LANG$TERM$SHELL\" = 12UTCC.UTF-8dumb/bin/sh ] && [ "
		"-z \"${NOT_PASSED+x}\" ] && [ -z \"$(ls -A $HOME)\" ]', env: { B: '2' } }\n",
		false, "succeeded a=succeeded", NULL},
	{"stdout as an output",
		"steps: { a: { run: 'echo out; echo err >&2', out: { o: { from: stdout, type: "
		"text } } } }\n",
		false, "succeeded a=succeeded", NULL},
	{"an output in the workspace",
		"steps: { a: { run: 'mkdir -p d; echo 1 > d/f', out: { o: { path: d/f } } } "
		"}\n",
		false, "succeeded a=succeeded", NULL},
	{"a directory in and out",
		"steps:\n"
		"  a: { run: 'mkdir -p $LILY_OUT/d/e; echo 1 > $LILY_OUT/d/e/f; ln -s f "
		"$LILY_OUT/d/e/g', out: { d: { type: dir } } }\n"
		"  b: { run: '[ \"$(cat $LILY_IN/d/e/g)\" = 1 ]', in: { d: '${{ steps.a.out.d "
		"}}' } }\n",
		false, "succeeded a=succeeded b=succeeded", NULL},
	{"inputs cannot be changed by accident",
		"steps: { a: { run: '[ \"$(stat -c %a $LILY_IN/v)\" = 444 ]', in: { v: { "
		"value: { x: 1 } } } } }\n",
		false, "succeeded a=succeeded", NULL},
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[4096];
		struct engine *engine;
		struct place p;

		place_open(&p);
		(void)snprintf(text, sizeof(text), "lily: 1\n%s", cases[i].text);
		engine = begin(&p, text, cases[i].fail_fast);
		drive(engine);
		engine_free(engine);
		if (strcmp(states_of(&p), cases[i].states) != 0)
			fail_msg("%s: %s instead of %s (%s)", cases[i].name, states_of(&p),
				cases[i].states, failure_of(&p));
		if (cases[i].failure && !strstr(failure_of(&p), cases[i].failure))
			fail_msg("%s: failed with \"%s\"", cases[i].name, failure_of(&p));
		place_close(&p);
	}
}

static void
test_outputs_are_what_was_written(void **state)
{
	struct engine *engine;
	struct place p;

	(void)state;
	place_open(&p);
	put_file(&p, "seed.txt", "from the workspace\n");
	engine = begin(&p,
		"lily: 1\n"
		"inputs: { seed: { path: seed.txt } }\n"
		"steps:\n"
		"  a: { run: 'cat $LILY_IN/s; echo unseen >&2', in: { s: '${{ inputs.seed }}' "
		"}, out: { o: { from: stdout } } }\n"
		"  big: { run: 'head -c 3000000 /dev/zero | tr \"\\\\0\" x > $LILY_OUT/b', "
		"out: { b: { type: text } } }\n"
		"outputs: { it: '${{ steps.a.out.o }}' }\n",
		false);
	drive(engine);
	engine_free(engine);
	assert_string_equal(states_of(&p), "succeeded a=succeeded big=succeeded");
	assert_string_equal(output_of(&p, "a", "o"), "from the workspace\n");
	place_close(&p);
}

/* A workflow driven by an ordinary user, in a process of its own: to root nothing is unreadable. Its
 * exit status: 0 where the run came to its end in these states. */
static int
drive_as_user(const char *text, const char *states, const char *failure)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct engine *engine;
		struct notice notice;
		struct place p;
		int r;

		/* As a program that such a user starts: else /proc/self is root's. */
		if (getuid() == 0 &&
			(setresuid(65534, 65534, 65534) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0))
			_exit(2);
		place_open(&p);
		engine = begin(&p, text, false);
		do
			r = engine_next(engine, -1, &notice, &err);
		while (r > 0);
		engine_free(engine);
		if (r < 0)
			(void)fprintf(stderr, "%s\n", err.message);
		_exit(r < 0 || strcmp(states_of(&p), states) != 0 ||
			!strstr(failure_of(&p), failure));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_an_output_that_cannot_be_read_is_the_steps_failure(void **state)
{
	(void)state;
	assert_int_equal(
		drive_as_user("lily: 1\n"
			      "steps: { a: { run: 'mkdir -p $LILY_OUT/d/e; chmod 0 "
			      "$LILY_OUT/d/e', out: { d: { type: dir } } } }\n",
			"failed a=failed", "schema: output d: open e: Permission denied"),
		0);
}

/* What lily itself lacks says nothing about the step. */
static void
test_a_lack_of_descriptors_is_not_the_steps_failure(void **state)
{
	struct rlimit before;
	struct rlimit few;
	struct notice notice;
	struct engine *engine;
	struct run_row row;
	struct place p;
	int r;

	(void)state;
	place_open(&p);
	engine = begin(&p,
		"lily: 1\n"
		"steps: { a: { run: 'sleep 0.1; echo > $LILY_OUT/o', out: { o: null } } }\n",
		false);
	assert_int_equal(engine_next(engine, -1, &notice, &err), 1);
	assert_int_equal(notice.type, NOTICE_STARTED);
	OK(run_find(p.store, STR("@last"), &p.arena, &row, &err));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){.rlim_cur = 3, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	while ((r = engine_next(engine, -1, &notice, &err)) > 0)
		assert_int_not_equal(notice.type, NOTICE_FAILED);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(r, ERR_SYS);
	assert_non_null(strstr(err.message, "output o"));
	engine_free(engine);
	place_close(&p);
}

/* lily takes what the system allows; a step keeps the limit that lily was started with. */
static void
test_many_steps_at_a_time_with_a_low_limit_of_files(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT(65536);
	struct engine_options options;
	struct rlimit before;
	struct rlimit low;
	struct engine *engine;
	struct place p;

	(void)state;
	place_open(&p);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = (struct rlimit){.rlim_cur = 200, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	buf_add_cstr(&text, "lily: 1\nsteps:\n");
	for (int i = 0; i < 40; i++)
		buf_printf(&text, "  s%d: { run: 'sleep 1; [ $(ulimit -n) = 200 ]' }\n", i);
	options = options_of(&p);
	options.parallel = 40;
	engine = begin_with(&p, buf_cstr(&text), &options);
	drive(engine);
	assert_int_equal(engine_state(engine), RUN_SUCCEEDED);
	engine_free(engine);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	place_close(&p);
}

static void
test_more_steps_at_a_time_than_files_can_be_open(void **state)
{
	struct engine_options options = {0};
	struct run_hold hold;
	struct engine *engine;
	struct rlimit low;
	struct run_row row;
	struct place p;
	int status;
	pid_t child;

	(void)state;
	place_open(&p);
	engine = begin(&p,
		"lily: 1\nsteps: { a: { exec: [ 'true' ] }, b: { exec: [ 'true' ] } }\n",
		false);
	engine_free(engine);
	store_close(p.store);
	/* A hard limit cannot be raised again. */
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		low = (struct rlimit){.rlim_cur = 80, .rlim_max = 80};
		if (store_open(p.store_dir, STORE_WRITE, &p.store, &err) < 0 ||
			run_find(p.store, STR("@last"), &p.arena, &row, &err) < 0 ||
			run_take(p.store, &row.id, &hold, &err) < 0 ||
			setrlimit(RLIMIT_NOFILE, &low) != 0)
			_exit(2);
		options = options_of(&p);
		if (engine_resume(&options, &hold, &row, &engine, &err) != ERR_LIMIT ||
			!strstr(err.message, "2 steps at a time"))
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	OK(store_open(p.store_dir, STORE_WRITE, &p.store, &err));
	place_close(&p);
}

static void
test_a_log_is_kept_once(void **state)
{
	struct attempt_row *rows;
	struct engine *engine;
	struct run_row row;
	struct place p;
	char id[UUID_TEXT_SIZE];
	size_t n;

	(void)state;
	place_open(&p);
	engine = begin(&p,
		"lily: 1\nsteps: { a: { run: 'echo a; head -c 200000 /dev/zero' }, b: { run: "
		"'echo b; sleep 0.4; exit 1' } }\n",
		false);
	drive(engine);
	engine_free(engine);
	OK(run_find(p.store, STR("@last"), &p.arena, &row, &err));
	OK(run_attempts(p.store, row.number, STORE_ALL, &p.arena, &rows, &n, &err));
	assert_int_equal(n, 2);
	assert_true(rows[0].has_log && rows[1].has_log);
	assert_int_equal(
		faccessat(store_directory(p.store),
			arena_printf(&p.arena, "runs/%s/attempts", uuid_to_text(&row.id, id)),
			F_OK, 0),
		-1);
	place_close(&p);
}

/* Large inputs are written beside the loop: it has time for its caller between the end of the step that
 * made them and the start of the one that takes them. */
static void
test_large_inputs_do_not_hold_up_the_loop(void **state)
{
	struct notice notice;
	struct engine *engine;
	struct place p;
	bool made = false;
	bool taken = false;
	int idle = 0;
	int r;

	(void)state;
	place_open(&p);
	engine = begin(&p,
		"lily: 1\nsteps:\n"
		"  a: { run: 'truncate -s 400M $LILY_OUT/o', out: { o: { type: file } } }\n"
		"  b: { run: '[ $(stat -c %s $LILY_IN/o) = 419430400 ]', in: { o: '${{ "
		"steps.a.out.o }}' } }\n",
		false);
	while ((r = engine_next(engine, 10, &notice, &err)) > 0) {
		made = made || notice.type == NOTICE_SUCCEEDED;
		taken = taken || (made && notice.type == NOTICE_STARTED);
		idle += made && !taken && notice.type == NOTICE_IDLE;
	}
	OK(r);
	engine_free(engine);
	assert_string_equal(states_of(&p), "succeeded a=succeeded b=succeeded");
	assert_true(idle > 0);
	place_close(&p);
}

static void
test_cancel_ends_everything(void **state)
{
	struct notice notice;
	struct engine *engine;
	struct place p;
	int cancelled = 0;
	int r;

	(void)state;
	place_open(&p);
	engine = begin(&p,
		"lily: 1\nsteps:\n"
		"  a: { exec: [ sleep, '600' ] }\n"
		"  b: { exec: [ sleep, '600' ] }\n"
		"  c: { exec: [ 'true' ] }\n"
		"  d: { exec: [ 'true' ], needs: [ a ] }\n",
		false);
	assert_int_equal(engine_next(engine, -1, &notice, &err), 1);
	engine_stop(engine);
	while ((r = engine_next(engine, 10000, &notice, &err)) > 0)
		cancelled += notice.type == NOTICE_CANCELLED;
	OK(r);
	assert_int_equal(engine_state(engine), RUN_CANCELLED);
	assert_int_equal(cancelled, 4);
	engine_free(engine);
	assert_string_equal(
		states_of(&p), "cancelled a=cancelled b=cancelled c=cancelled d=cancelled");
	place_close(&p);
}

static void
test_cancel_by_request(void **state)
{
	struct notice notice;
	struct engine *engine;
	struct run_row row;
	struct place p;
	int64_t id;
	int r;

	(void)state;
	place_open(&p);
	engine = begin(&p, "lily: 1\nsteps: { a: { exec: [ sleep, '600' ] } }\n", false);
	assert_int_equal(engine_next(engine, -1, &notice, &err), 1);
	OK(store_flush(p.store, &err));
	OK(run_find(p.store, STR("@last"), &p.arena, &row, &err));
	OK(request_put(p.store, row.number, STR("cancel"), STR("{}"), &id, &err));
	while ((r = engine_next(engine, 10000, &notice, &err)) > 0)
		if (notice.type == NOTICE_IDLE)
			fail_msg("the request was not heard");
	OK(r);
	assert_int_equal(engine_state(engine), RUN_CANCELLED);
	engine_free(engine);
	place_close(&p);
}

/* A process of its own drives the run until it is killed; what it began goes on here. */
static void
test_resume_after_kill(void **state)
{
	struct engine_options options;
	struct engine *engine;
	struct run_hold hold;
	struct run_row row;
	struct place p;
	pid_t child;
	int status;

	(void)state;
	place_open(&p);
	store_close(p.store);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct notice notice;

		OK(store_open(p.store_dir, STORE_WRITE, &p.store, &err));
		engine = begin(&p,
			"lily: 1\nsteps:\n"
			"  a: { run: 'echo a >> ran; echo 1 > $LILY_OUT/o', out: { o: null } "
			"}\n"
			"  b: { run: 'echo b >> ran; [ -e second ] || { touch second; sleep "
			"600; }', needs: [ a ] }\n"
			"  c: { run: 'echo c >> ran; cat $LILY_IN/o > last', in: { o: '${{ "
			"steps.a.out.o }}' }, needs: [ b ] }\n",
			false);
		while (access(path_join(&p.arena, p.workspace, "second"), F_OK) != 0)
			if (engine_next(engine, 20, &notice, &err) <= 0)
				_exit(1);
		(void)store_flush(p.store, &err);
		(void)kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	OK(store_open(p.store_dir, STORE_WRITE, &p.store, &err));
	OK(run_find(p.store, STR("@last"), &p.arena, &row, &err));
	assert_true(str_is(row.status, "running"));
	assert_false(row.held);
	options = options_of(&p);
	OK(run_take(p.store, &row.id, &hold, &err));
	OK(engine_resume(&options, &hold, &row, &engine, &err));
	drive(engine);
	engine_free(engine);
	assert_string_equal(states_of(&p), "succeeded a=succeeded b=succeeded c=succeeded");
	{
		AUTO_BUF struct buf ran = BUF_INIT(4096);

		OK(file_read(AT_FDCWD, path_join(&p.arena, p.workspace, "ran"), &ran, &err));
		assert_string_equal(buf_cstr(&ran), "a\nb\nb\nc\n");
	}
	place_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_outputs_are_what_was_written),
		cmocka_unit_test(test_an_output_that_cannot_be_read_is_the_steps_failure),
		cmocka_unit_test(test_a_lack_of_descriptors_is_not_the_steps_failure),
		cmocka_unit_test(test_many_steps_at_a_time_with_a_low_limit_of_files),
		cmocka_unit_test(test_more_steps_at_a_time_than_files_can_be_open),
		cmocka_unit_test(test_a_log_is_kept_once),
		cmocka_unit_test(test_large_inputs_do_not_hold_up_the_loop),
		cmocka_unit_test(test_cancel_ends_everything),
		cmocka_unit_test(test_cancel_by_request),
		cmocka_unit_test(test_resume_after_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
