#include "rig.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

#define NOBODY 65534
#define OUTPUT_MAX ((size_t)64 << 20)

static int
note_lane(void *context, int pid, struct err *err)
{
	struct rig *rig = context;

	if (rig->refuse_notes)
		return err_set(err, ERR_SYS, "the note cannot be written");
	if (rig->n_lanes < ARRAY_SIZE(rig->lanes))
		rig->lanes[rig->n_lanes++] = pid;
	return 0;
}

void
rig_open(struct rig *rig, const struct rig_options *options)
{
	struct err err = ERR_INIT;
	struct local_options local = {
		.slots = options->slots ? options->slots : 1,
		.lane_program = options->lane_program ? options->lane_program : LILY_LANE,
		.mode = options->mode,
		.note_lane = note_lane,
		.note_context = rig,
		.log_head = options->log_head,
		.log_tail = options->log_tail,
		.guard_us = options->guard_us,
		.spare_path = options->spare_path,
		.keep = options->keep,
		.workspace = options->workspace,
		.policy = options->policy,
	};

	*rig = (struct rig){.next_number = 1};
	(void)snprintf(rig->path, sizeof(rig->path), "%s/lily-rig-XXXXXX",
		options->base ? options->base : "/tmp");
	assert_non_null(mkdtemp(rig->path));
	assert_int_equal(dir_open(AT_FDCWD, rig->path, &rig->directory, &err), 0);
	assert_int_equal(loop_new(&rig->loop, &err), 0);
	local.loop = rig->loop;
	local.run_directory = rig->directory;
	local.run_path = rig->path;
	if (executor_local_new(&local, &rig->executor, &err) < 0)
		fail_msg("%s", err.message);
}

void
rig_close(struct rig *rig)
{
	struct err err = ERR_INIT;

	rig->executor->ops->free(rig->executor);
	loop_free(rig->loop);
	(void)close(rig->directory);
	if (tree_remove(AT_FDCWD, rig->path, &err) < 0)
		fail_msg("%s", err.message);
}

static void
place(struct rig *rig, uint32_t number, struct attempt_place *ret_place)
{
	int64_t deadline = clock_boot_us() + 20000000;
	struct err err = ERR_INIT;
	int r;

	while ((r = rig->executor->ops->prepare(rig->executor, number, ret_place, &err)) == 0) {
		if (clock_boot_us() > deadline)
			fail_msg("no place within 20 s");
		assert_int_equal(loop_turn(rig->loop, 100000, &err), 0);
	}
	if (r < 0)
		fail_msg("%s", err.message);
}

uint32_t
rig_submit(struct rig *rig, const struct rig_step *step, struct rig_result *ret_result)
{
	static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
	static char sh[] = "sh";
	static char minus_c[] = "-c";
	char *environment[] = {path, NULL};
	char *argv[] = {sh, minus_c, (char *)(uintptr_t)step->script, NULL};
	struct err err = ERR_INIT;
	enum submit_result result;
	struct attempt_spec spec = {
		.number = rig->next_number++,
		.argv = step->argv ? step->argv : argv,
		.environ = step->environ ? step->environ : environment,
		.cwd = step->in_scratch ? NULL
			: step->cwd     ? step->cwd
					: "/",
		.below = step->below,
		.policy = step->policy,
		.layer = step->layer,
		.has_stdin = step->stdin_fd > 0,
		.stdin_fd = step->stdin_fd,
		.secret_files = step->secret_files,
		.n_secret_files = step->n_secret_files,
		.redactor = &rig->redactor,
		.stdout_name = step->stdout_name ? str_of(step->stdout_name) : STR_EMPTY,
		.timeout_us = step->timeout_us,
		.grace_us = step->grace_us ? MAX(step->grace_us, 0) : 2000000,
	};

	rig->redactor = step->redactor;
	*ret_result = (struct rig_result){
		.number = spec.number,
		.out = BUF_INIT(OUTPUT_MAX),
		.err = BUF_INIT(OUTPUT_MAX),
		.notes = BUF_INIT(4096),
		.handle = BUF_INIT(4096),
		.seconds = (double)clock_boot_us() / 1e6,
	};
	place(rig, spec.number, &ret_result->place);
	while ((result = rig->executor->ops->submit(
			rig->executor, &spec, &ret_result->handle, &err)) == SUBMIT_BUSY)
		assert_int_equal(loop_turn(rig->loop, 100000, &err), 0);
	if (result != SUBMIT_OK)
		fail_msg("%s", err.message);
	return spec.number;
}

int
rig_wait(struct rig *rig, int timeout_ms, struct executor_event *ret_event)
{
	int64_t deadline = clock_boot_us() + timeout_ms * INT64_C(1000);
	struct err err = ERR_INIT;

	for (;;) {
		int64_t left = deadline - clock_boot_us();
		int r = rig->executor->ops->next(rig->executor, ret_event, &err);

		if (r != 0 || left <= 0)
			return r;
		assert_int_equal(loop_turn(rig->loop, left, &err), 0);
	}
}

static void
read_log(struct rig_result *result)
{
	struct log_reader *reader = result->log.fd < 0 ? log_reader_new_bytes(result->log.bytes)
						       : log_reader_new(result->log.fd);
	struct log_record record;
	struct err err = ERR_INIT;
	int r;

	while ((r = log_reader_next(reader, &record, &err)) > 0) {
		struct buf *to[] = {&result->notes, &result->out, &result->err};

		buf_add_str(to[record.stream], record.bytes);
		if (record.stream == LOG_NOTE)
			buf_add_char(&result->notes, '\n');
	}
	if (r < 0)
		fail_msg("%s", err.message);
	log_reader_free(reader);
}

void
rig_finish(struct rig *rig, struct rig_result *result)
{
	struct executor_event event;
	struct err err = ERR_INIT;

	do {
		if (rig_wait(rig, 60000, &event) != 1)
			fail_msg("attempt %u did not end", result->number);
		assert_int_equal(event.number, result->number);
		if (event.type == EXECUTOR_STARTED) {
			result->has_started_event = true;
			result->pid = event.pid;
		}
	} while (event.type != EXECUTOR_EXITED);
	result->seconds = (double)clock_boot_us() / 1e6 - result->seconds;
	if (rig->executor->ops->collect(
		    rig->executor, result->number, &result->end, &result->log, &err) < 0)
		fail_msg("%s", err.message);
	read_log(result);
}

void
rig_release(struct rig *rig, struct rig_result *result)
{
	rig->executor->ops->release(rig->executor, result->number);
	buf_done(&result->out);
	buf_done(&result->err);
	buf_done(&result->notes);
	buf_done(&result->handle);
}

void
rig_run(struct rig *rig, const struct rig_step *step, struct rig_result *ret_result)
{
	(void)rig_submit(rig, step, ret_result);
	rig_finish(rig, ret_result);
}

void
rig_expect(struct rig *rig, const char *script, const char *out)
{
	struct rig_result result;

	rig_run(rig, &(struct rig_step){.script = script}, &result);
	if (result.end.exit_code != 0)
		print_error("stderr: %s", buf_cstr(&result.err));
	assert_string_equal(buf_cstr(&result.out), out);
	assert_int_equal(result.end.exit_code, 0);
	rig_release(rig, &result);
}

static bool
has_text(const char *name, const char *text)
{
	AUTO_BUF struct buf line = BUF_INIT((size_t)1 << 20);
	struct err err = ERR_INIT;
	char path[300];

	(void)snprintf(path, sizeof(path), "/proc/%s/cmdline", name);
	if (file_read(AT_FDCWD, path, &line, &err) < 0)
		return false;
	return line.n && memmem(line.p, line.n, text, strlen(text));
}

unsigned
rig_count_processes(const char *text)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	unsigned n = 0;

	assert_non_null(proc);
	while ((entry = readdir(proc)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
			strtol(entry->d_name, NULL, 10) != getpid() &&
			has_text(entry->d_name, text))
			n++;
	(void)closedir(proc);
	return n;
}

bool
rig_has_namespaces(void)
{
	struct rig rig;
	enum lane_mode mode;
	bool fresh;

	rig_open(&rig, &(struct rig_options){0});
	rig_expect(&rig, "true", "");
	assert_true(executor_local_mode(rig.executor, &mode, &fresh));
	rig_close(&rig);
	if (mode != LANE_MODE_PID_NAMESPACE)
		print_message("this machine refuses PID namespaces\n");
	return mode == LANE_MODE_PID_NAMESPACE;
}

/* As a program that such a user started: a change of user alone takes /proc/self away. */
static void
become_nobody(void)
{
	if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
		setresuid(NOBODY, NOBODY, NOBODY) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0)
		_exit(99);
}

int
rig_main(const char *name, const struct CMUnitTest *tests, size_t n_tests)
{
	char user_name[128];
	int status = 0;
	int failed = _cmocka_run_group_tests(name, tests, n_tests, NULL, NULL);
	pid_t pid;

	if (geteuid() != 0)
		return failed;
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		become_nobody();
		(void)snprintf(user_name, sizeof(user_name), "%s as a user", name);
		failed = _cmocka_run_group_tests(user_name, tests, n_tests, NULL, NULL);
		(void)fflush(NULL);
		_exit(failed);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 1;
	return failed + (WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}
