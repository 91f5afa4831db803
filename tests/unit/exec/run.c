/* Plain steps: what they see, how they end, why they could not start. */
#include "rig.h"

#include "base/file.h"
#include "base/memory.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEXT(literal) ((char[]){literal})

static void
test_endings(void **state)
{
	static const struct {
		const char *script;
		int exit_code;
		int signal;
		const char *out;
		const char *err;
	} rows[] = {
		{"echo hello", 0, 0, "hello\n", ""},
		{"echo oops >&2", 0, 0, "", "oops\n"},
		{"printf a; printf b >&2; exit 3", 3, 0, "a", "b"},
		{"exit 255", 255, 0, "", ""},
		{"kill -9 $$", -1, 9, "", ""},
		{"kill -TERM $$", -1, 15, "", ""},
		{"kill 0", -1, 15, "", ""},
		{"cat", 0, 0, "", ""},
		{"true", 0, 0, "", ""},
		{"(: </dev/tty) 2>/dev/null && echo terminal", 2, 0, "", ""},
		{"sleep 0.02; echo late; exit 4", 4, 0, "late\n", ""},
		{"echo one; sleep 0.02; echo two >&2", 0, 0, "one\n", "two\n"},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig_result result;

		rig_run(&rig, &(struct rig_step){.script = rows[i].script}, &result);
		assert_int_equal(result.end.state, ATTEMPT_EXITED);
		assert_true(result.end.started);
		assert_string_equal(buf_cstr(&result.out), rows[i].out);
		assert_string_equal(buf_cstr(&result.err), rows[i].err);
		assert_int_equal(result.end.exit_code, rows[i].exit_code);
		assert_int_equal(result.end.signal, rows[i].signal);
		assert_int_equal(result.log.stdout_size, strlen(rows[i].out));
		assert_int_equal(result.log.stderr_size, strlen(rows[i].err));
		assert_true(result.end.ended_at_us >= result.end.started_at_us);
		assert_int_equal(result.log.fd, -1);
		assert_false(result.end.timed_out || result.end.cancelled);
		assert_string_equal(buf_cstr(&result.notes), "");
		rig_release(&rig, &result);
	}
	assert_int_equal(rig.n_lanes, 1);
	rig_close(&rig);
}

/* Exactly what was asked for and the four places, in this order. */
static void
test_environment(void **state)
{
	char *environment[] = {TEXT("B=2"), TEXT("A=x y"), TEXT("LILY_IN=/wrong"),
		TEXT("PATH=/usr/bin:/bin"), TEXT("EMPTY="), NULL};
	char *with_home[] = {TEXT("HOME=/h"), TEXT("TMPDIR=/t"), NULL};
	char *env[] = {TEXT("env"), NULL};
	AUTO_BUF struct buf wanted = BUF_INIT(4096);
	struct rig_result result;
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	rig_run(&rig, &(struct rig_step){.argv = env, .environ = environment}, &result);
	buf_printf(&wanted,
		"B=2\nA=x y\nPATH=/usr/bin:/bin\nEMPTY=\nHOME=%s/slots/0/home\n"
		"TMPDIR=%s/slots/0/tmp\nLILY_IN=%s/slots/0/in\nLILY_OUT=%s/slots/0/out\n",
		rig.path, rig.path, rig.path, rig.path);
	assert_string_equal(buf_cstr(&result.out), buf_cstr(&wanted));
	rig_release(&rig, &result);
	rig_run(&rig, &(struct rig_step){.argv = env, .environ = with_home}, &result);
	buf_clear(&wanted);
	buf_printf(&wanted,
		"HOME=/h\nTMPDIR=/t\nLILY_IN=%s/slots/0/in\nLILY_OUT=%s/slots/0/out\n",
		rig.path, rig.path);
	assert_string_equal(buf_cstr(&result.out), buf_cstr(&wanted));
	rig_release(&rig, &result);
	rig_close(&rig);
}

static void
write_file(const struct rig *rig, const char *name, const char *text, mode_t mode)
{
	struct err err = ERR_INIT;

	if (file_replace(rig->directory, name, str_of(text), mode, FILE_NO_SYNC, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(fchmodat(rig->directory, name, mode, 0), 0);
}

/* Runs one program by its name with PATH=<rig>/bin:/usr/bin:/bin. */
static void
run_program(struct rig *rig, const char *name, const char *cwd, struct rig_result *ret_result)
{
	char path[200];
	char *environment[] = {path, NULL};
	char *argv[] = {(char *)(uintptr_t)name, NULL};

	(void)snprintf(path, sizeof(path), "PATH=%s/bin:/usr/bin:/bin", rig->path);
	rig_run(rig, &(struct rig_step){.argv = argv, .environ = environment, .cwd = cwd},
		ret_result);
}

static void
test_start_errors(void **state)
{
	static const struct {
		const char *name;
		const char *cwd;
		int code;
		const char *says;
	} rows[] = {
		{"no-such-program", "/", ERR_NOT_FOUND, "\"no-such-program\" is not in PATH ("},
		{"/no/such/program", "/", ERR_NOT_FOUND, "\"/no/such/program\" does not exist"},
		{"plain", "/", ERR_DENIED, "\"plain\" is not executable: "},
		{"./plain", NULL, ERR_DENIED, "./plain is not executable"},
		{"bad-interpreter", "/", ERR_NOT_FOUND,
			"interpreter \"/no/such/interpreter\" that script "},
		{"no-format", "/", ERR_INVALID, "is neither a program for this machine nor"},
		{"/usr", "/", ERR_DENIED, "/usr is a directory"},
		{"", "/", ERR_NOT_FOUND, "the program has no name"},
		{"true", "/no/such/place", ERR_NOT_FOUND,
			"working directory /no/such/place: No such file"},
		{"true", "/etc/passwd", ERR_NOT_FOUND, "working directory /etc/passwd: Not a"},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	assert_int_equal(mkdirat(rig.directory, "bin", 0755), 0);
	write_file(&rig, "bin/plain", "text\n", 0644);
	write_file(&rig, "bin/bad-interpreter", "#! /no/such/interpreter -x\n", 0755);
	write_file(&rig, "bin/no-format", "echo a shell would run this\n", 0755);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char bin[100];
		struct rig_result result;

		(void)snprintf(bin, sizeof(bin), "%s/bin", rig.path);
		run_program(&rig, rows[i].name, rows[i].cwd ? rows[i].cwd : bin, &result);
		assert_int_equal(result.end.state, ATTEMPT_EXITED);
		assert_false(result.end.started);
		assert_int_equal(result.end.exit_code, -1);
		if (result.seconds > 5)
			fail_msg("\"%s\" took %.1f s", rows[i].name, result.seconds);
		if (!strstr(result.end.start_error.message, rows[i].says))
			fail_msg("\"%s\" says: %s", rows[i].name,
				result.end.start_error.message);
		assert_int_equal(result.end.start_error.code, rows[i].code);
		rig_release(&rig, &result);
	}
	rig_expect(&rig, "echo still here", "still here\n");
	rig_close(&rig);
}

/* PATH is searched in order, what cannot be executed is passed over, and a remembered place is
 * looked up again once the program has moved. */
static void
test_program_moves(void **state)
{
	struct rig_result result;
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	assert_int_equal(mkdirat(rig.directory, "bin", 0755), 0);
	write_file(&rig, "bin/true", "#!/bin/sh\necho mine\n", 0755);
	for (int i = 0; i < 2; i++) {
		run_program(&rig, "true", "/", &result);
		assert_string_equal(buf_cstr(&result.out), "mine\n");
		rig_release(&rig, &result);
	}
	assert_int_equal(unlinkat(rig.directory, "bin/true", 0), 0);
	run_program(&rig, "true", "/", &result);
	assert_true(result.end.started);
	assert_int_equal(result.end.exit_code, 0);
	assert_string_equal(buf_cstr(&result.out), "");
	rig_release(&rig, &result);
	write_file(&rig, "bin/passing", "#!/bin/sh\necho 1\n", 0755);
	run_program(&rig, "passing", "/", &result);
	assert_string_equal(buf_cstr(&result.out), "1\n");
	rig_release(&rig, &result);
	assert_int_equal(unlinkat(rig.directory, "bin/passing", 0), 0);
	run_program(&rig, "passing", "/", &result);
	assert_false(result.end.started);
	assert_non_null(strstr(result.end.start_error.message, "passing"));
	rig_release(&rig, &result);
	rig_close(&rig);
}

/* n arguments of `size` bytes to `sh -c 'echo $#'`. */
static void
run_large(struct rig *rig, size_t n, size_t size, struct rig_result *ret_result)
{
	char **argv = memory_zeroed(n + 5, sizeof(*argv));
	char *large = memory_zeroed(size + 1, 1);

	memset(large, 'x', size);
	argv[0] = TEXT("sh");
	argv[1] = TEXT("-c");
	argv[2] = TEXT("echo $# ${#1}");
	argv[3] = TEXT("sh");
	for (size_t i = 0; i < n; i++)
		argv[4 + i] = large;
	rig_run(rig, &(struct rig_step){.argv = argv}, ret_result);
	free(argv);
	free(large);
}

static void
test_large_arguments(void **state)
{
	static const struct {
		size_t n;
		size_t size;
		const char *out; /* NULL: the kernel refuses */
	} rows[] = {
		{1, 100, "1 100\n"},
		{3, 11000, "3 11000\n"}, /* just past what goes inline */
		{15, 100000, "15 100000\n"},
		{1, 131071, "1 131071\n"},
		{1, 131072, NULL},
		{100, 100000, NULL},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig_result result;

		run_large(&rig, rows[i].n, rows[i].size, &result);
		if (rows[i].out) {
			assert_string_equal(buf_cstr(&result.out), rows[i].out);
			assert_int_equal(result.end.exit_code, 0);
		} else {
			assert_false(result.end.started);
			assert_int_equal(result.end.start_error.code, ERR_LIMIT);
		}
		rig_release(&rig, &result);
	}
	rig_close(&rig);
}

/* Past lily's own limit nothing is sent; the place is still good afterwards. */
static void
test_too_large(void **state)
{
	size_t size = LANE_STRINGS_MAX;
	char *large = memory_zeroed(size + 1, 1);
	char *argv[] = {TEXT("true"), large, NULL};
	char *environment[] = {TEXT("PATH=/usr/bin:/bin"), NULL};
	struct attempt_spec spec = {
		.number = 1, .argv = argv, .environ = environment, .cwd = "/"};
	AUTO_BUF struct buf handle = BUF_INIT(4096);
	struct attempt_place place;
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	memset(large, 'x', size);
	rig_open(&rig, &(struct rig_options){0});
	assert_int_equal(rig.executor->ops->prepare(rig.executor, 1, &place, &err), 1);
	assert_int_equal(
		rig.executor->ops->submit(rig.executor, &spec, &handle, &err), SUBMIT_REJECTED);
	assert_int_equal(err.code, ERR_LIMIT);
	rig.executor->ops->release(rig.executor, 1);
	rig_expect(&rig, "echo ok", "ok\n");
	free(large);
	rig_close(&rig);
}

/* Nothing but 0, 1 and 2 comes into a step, whatever its caller has open. */
static void
test_descriptors(void **state)
{
	int leak = open("/etc/passwd", O_RDONLY); /* on purpose without O_CLOEXEC */
	struct rig rig;

	(void)state;
	assert_true(leak >= 0);
	for (int mode = LANE_MODE_PID_NAMESPACE; mode <= LANE_MODE_SUBREAPER; mode++) {
		rig_open(&rig, &(struct rig_options){.mode = (enum lane_mode)mode});
		for (int i = 0; i < 2; i++)
			rig_expect(&rig,
				"cd /proc/self/fd; for f in *; do [ -e $f ] && echo $f; done; "
				"readlink 0",
				"0\n1\n2\n/dev/null\n");
		rig_close(&rig);
	}
	(void)close(leak);
}

/* Default signals, none blocked, none ignored. */
static void
test_signals(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	rig_expect(&rig,
		"cat /proc/self/status | grep -E '(Sig|Shd)(Pnd|Blk|Ign|Cgt)' | cut -f2",
		"0000000000000000\n0000000000000000\n0000000000000000\n0000000000000000\n"
		"0000000000000000\n");
	rig_close(&rig);
}

static void
test_own_namespace(void **state)
{
	enum lane_mode mode;
	struct rig rig;
	bool fresh;

	(void)state;
	if (!rig_has_namespaces())
		skip();
	rig_open(&rig, &(struct rig_options){0});
	assert_false(executor_local_mode(rig.executor, &mode, &fresh));
	rig_expect(&rig, "cat /proc/1/comm; ps -e 2>/dev/null | wc -l >/dev/null; echo $PPID",
		"lily-lane\n1\n");
	assert_true(executor_local_mode(rig.executor, &mode, &fresh));
	assert_int_equal(mode, LANE_MODE_PID_NAMESPACE);
	assert_true(fresh);
	rig_close(&rig);
}

/* A user stays who he is and gains nothing; nor can he look into the lane. */
static void
test_user(void **state)
{
	char wanted[100];
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	(void)snprintf(wanted, sizeof(wanted), "%u %u\n", getuid(), getgid());
	rig_expect(&rig, "echo $(id -u) $(id -g)", wanted);
	if (geteuid() != 0) {
		rig_expect(&rig, "grep -E 'Cap(Inh|Prm|Eff|Amb)' /proc/self/status | cut -f2",
			"0000000000000000\n0000000000000000\n0000000000000000\n"
			"0000000000000000\n");
		rig_expect(&rig, "ls /proc/1/fd >/dev/null 2>&1 || echo closed", "closed\n");
	}
	rig_close(&rig);
}

static void
test_usage(void **state)
{
	struct rig_result result;
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	rig_run(&rig,
		&(struct rig_step){
			.script = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"},
		&result);
	assert_int_equal(result.end.exit_code, 0);
	assert_in_range(result.end.cpu_us, 10000, 60000000);
	assert_in_range(result.end.max_rss_kib, 300, 100000);
	rig_release(&rig, &result);
	/* Of the largest process in the tree, which is not the first one. */
	rig_run(&rig,
		&(struct rig_step){
			.script = "head -c 60000000 /dev/zero | tail -c 50000000 | wc -c"},
		&result);
	assert_string_equal(buf_cstr(&result.out), "50000000\n");
	assert_in_range(result.end.max_rss_kib, 48000, 200000);
	rig_release(&rig, &result);
	rig_close(&rig);
}

static void
test_several_slots(void **state)
{
	struct rig_result results[4];
	struct executor_event event;
	struct attempt_place place;
	struct err err = ERR_INIT;
	unsigned ended = 0;
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){.slots = 4});
	for (int i = 0; i < 4; i++)
		(void)rig_submit(&rig,
			&(struct rig_step){.script = "echo $LILY_OUT; sleep 0.1"}, &results[i]);
	assert_int_equal(rig.executor->ops->prepare(rig.executor, 99, &place, &err), 0);
	while (ended < 4) {
		assert_int_equal(rig_wait(&rig, 10000, &event), 1);
		ended += event.type == EXECUTOR_EXITED;
		if (event.type == EXECUTOR_STARTED)
			assert_int_not_equal(event.pid, 1); /* 0 where it has ended meanwhile */
	}
	for (int i = 0; i < 4; i++) {
		struct attempt_log log;

		assert_int_equal(rig.executor->ops->collect(rig.executor, results[i].number,
					 &results[i].end, &log, &err),
			0);
		assert_int_equal(results[i].end.exit_code, 0);
		assert_non_null(memmem(log.bytes.p, log.bytes.n, results[i].place.out,
			strlen(results[i].place.out)));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(results[i].place.out, results[j].place.out);
		rig_release(&rig, &results[i]);
	}
	assert_int_equal(rig.n_lanes, 4);
	rig_close(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endings),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_start_errors),
		cmocka_unit_test(test_program_moves),
		cmocka_unit_test(test_large_arguments),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_own_namespace),
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_several_slots),
	};

	return rig_main("run", tests, ARRAY_SIZE(tests));
}
