#include "exec/attempt.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "exec/secret_files.h"
#include "exec/slot_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>

/* The lane says STARTED after this; the rest of the time until the log is a file. */
#define STARTED_AFTER_US 5000
#define GUARD_US INT64_C(10000000)
/* What a killed lane and its tree may take to die, where an attempt waits for its place. */
#define DYING_MS 5000
#define SCRATCH_NAME "workspace"
/* More than a pipe can hold. Whoever still writes after that is not of the attempt. */
#define DRAIN_MAX ((size_t)2 << 20)

static void
set_string(char **place, const char *text)
{
	free(*place);
	*place = text ? memory_copy_string(text) : NULL;
}

static const char *
find_variable(char *const *variables, const char *name)
{
	size_t n = strlen(name);

	for (; *variables; variables++)
		if (strncmp(*variables, name, n) == 0 && (*variables)[n] == '=')
			return *variables + n + 1;
	return NULL;
}

/* Where the attempt starts, for people and for looking up programs. */
static const char *
start_folder(const struct slot *slot)
{
	return slot->folder ? slot->folder : slot->cwd;
}

static void
add_string(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text) + 1);
}

static void
add_variable(struct slot *slot, const char *name, const char *path, const char *below)
{
	buf_add_cstr(&slot->strings, name);
	buf_add_char(&slot->strings, '=');
	buf_add_cstr(&slot->strings, path);
	buf_add(&slot->strings, below, strlen(below) + 1);
	slot->step.n_environ++;
}

static bool
is_place(const char *variable)
{
	return strncmp(variable, "LILY_IN=", 8) == 0 ||
		strncmp(variable, "LILY_OUT=", 9) == 0 ||
		strncmp(variable, "LILY_SECRETS=", 13) == 0;
}

/* Arguments and variables, one after the other. */
static void
write_strings(struct slot *slot, const struct attempt_spec *spec)
{
	struct buf *b = &slot->strings;

	buf_clear(b);
	slot->step.n_argv = 0;
	slot->step.n_environ = 0;
	for (char *const *p = spec->argv; *p; p++, slot->step.n_argv++)
		add_string(b, *p);
	for (char *const *p = spec->environ; *p; p++) {
		if (is_place(*p))
			continue;
		add_string(b, *p);
		slot->step.n_environ++;
	}
	if (!find_variable(spec->environ, "HOME"))
		add_variable(slot, "HOME", slot->path, "/home");
	if (!find_variable(spec->environ, "TMPDIR"))
		add_variable(slot, "TMPDIR", slot->path, "/tmp");
	add_variable(slot, "LILY_IN", spec->in ? spec->in : slot->in_path, "");
	add_variable(slot, "LILY_OUT", slot->out_path, "");
	if (slot->n_secret_files)
		add_variable(slot, "LILY_SECRETS",
			slot->secrets_in_memory ? slot->memory_path : slot->in_path,
			"/" SECRET_FILES_NAME);
}

static int
make_pipes(struct slot *slot, int ret_writers[2], struct err *err)
{
	int pair[2][2] = {{-1, -1}, {-1, -1}};

	if (pipe2(pair[0], O_CLOEXEC) != 0 || pipe2(pair[1], O_CLOEXEC) != 0 ||
		fcntl(pair[0][0], F_SETFL, O_NONBLOCK) != 0 ||
		fcntl(pair[1][0], F_SETFL, O_NONBLOCK) != 0) {
		int r = err_sys(err, "make pipes");

		for (int i = 0; i < 4; i++)
			fd_close(&pair[i / 2][i % 2]);
		return r;
	}
	for (int i = 0; i < 2; i++) {
		fd_close(&slot->pipes[i]);
		slot->pipes[i] = pair[i][0];
		ret_writers[i] = pair[i][1];
	}
	return 0;
}

/* Whether the attempt runs as somebody else than lily. */
static bool
has_user(const struct slot *slot)
{
	return slot->wanted && slot->wanted->plan.walls.flags & WALLS_USER;
}

/* Once for each lane that the attempt comes to, after it has reported where its memory is. */
static int
place_secrets(struct slot *slot, struct err *err)
{
	int dir = slot->secrets_in_memory ? slot->memory_dir : slot->in_dir;
	int r;

	if (!slot->n_secret_files)
		return 0;
	if (dir < 0)
		return err_set(err, ERR_LIMIT, "a lane has no memory for secrets any more");
	if (!slot->secrets_in_memory)
		slot->dirty |= UINT32_C(1) << LANE_IN;
	r = secret_files_make(slot->secret_files, slot->n_secret_files, dir, err);
	if (r == 0 && has_user(slot))
		r = secret_files_give(slot->secret_files, slot->n_secret_files, dir,
			slot->wanted->plan.walls.uid, slot->wanted->plan.walls.gid, err);
	return r;
}

/* A lane that ended since the attempt was placed is replaced; its directories stay. */
static int
ensure_lane(struct slot *slot, struct err *err)
{
	const struct local *local = slot->local;
	int r;

	if (slot->lane && !slot->lane_gone && slot->confinement == slot->wanted)
		return 0;
	if (slot->lane && !slot->lane_gone) {
		r = slot_drop_lane(slot, DYING_MS, err);
		if (r < 0)
			return r;
	}
	if (slot->lane && !slot_bury_lane(slot, DYING_MS))
		return err_set(
			err, ERR_LIMIT, "lane %d does not end", (int)lane_pid(slot->lane));
	if (local->failed_starts >= LOCAL_FAILED_STARTS_MAX) {
		*err = local->last_failure;
		return err_wrap(err, "no lane can be started");
	}
	r = slot_start_lane(slot, SLOT_KEEP, err);
	if (r == 0 && (slot->in_memory || slot->n_secret_files))
		r = slot_await_lane(slot, DYING_MS, err);
	return r == 0 ? place_secrets(slot, err) : r;
}

static int
hand_over(struct slot *slot, struct err *err)
{
	int writers[2] = {-1, -1};
	int r = ensure_lane(slot, err);

	if (r == 0)
		r = make_pipes(slot, writers, err);
	if (r < 0)
		return r;
	slot->step.stdout_fd = writers[0];
	slot->step.stderr_fd = writers[1];
	slot->step.has_stdin = slot->stdin_fd >= 0;
	slot->step.stdin_fd = slot->stdin_fd;
	slot->step.strings = buf_str(&slot->strings);
	slot->step.program = slot->program;
	slot->step.cwd = slot->cwd;
	slot->step.below = slot->below;
	r = lane_run(slot->lane, &slot->step, err);
	/* It ended a moment ago, and the loop has not seen it yet; so may the next, some times. */
	for (int i = 0; r < 0 && r != ERR_LIMIT && i < LOCAL_FAILED_STARTS_MAX; i++) {
		slot->local->last_failure = *err;
		slot->lane_gone = true;
		lane_kill(slot->lane);
		r = ensure_lane(slot, err);
		if (r < 0)
			break;
		r = lane_run(slot->lane, &slot->step, err);
	}
	(void)close(writers[0]);
	(void)close(writers[1]);
	return r;
}

static int
resolve(struct slot *slot, struct err *err)
{
	const char *file;
	int r = program_find(&slot->local->programs, slot->search_path, start_folder(slot),
		slot->name, &file, err);

	if (r < 0)
		return r;
	slot->from_memory = r == 1;
	set_string(&slot->program, file);
	return 0;
}

static void
post_exited(struct slot *slot)
{
	struct executor_event event = {
		.type = EXECUTOR_EXITED,
		.number = slot->number,
		.started_at_us = slot->end.started_at_us,
	};

	slot->state = SLOT_ENDED;
	local_post(slot->local, &event);
}

/* The attempt ends before it could begin: a result, not an error of ours. */
static void
end_unstarted(struct slot *slot, const struct err *why)
{
	int64_t now = clock_utc_us();

	slot->end = (struct attempt_end){
		.state = ATTEMPT_EXITED,
		.exit_code = -1,
		.started_at_us = now,
		.ended_at_us = now,
		.start_error = *why,
		.view = -1,
	};
	post_exited(slot);
	timer_start(slot->local->wake, 0);
}

/* An empty folder, which the lane clears with all that is beside it. */
static int
make_scratch(struct slot *slot, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	int r = dir_make(slot->directory, "tmp/" SCRATCH_NAME, 0700, err);

	if (r == 0 && has_user(slot) &&
		fchownat(slot->directory, "tmp/" SCRATCH_NAME, slot->wanted->plan.walls.uid,
			slot->wanted->plan.walls.gid, AT_SYMLINK_NOFOLLOW) != 0)
		r = err_sys(err, "give away %s/tmp/" SCRATCH_NAME, slot->path);
	slot->dirty |= UINT32_C(1) << LANE_TMP;
	set_string(&slot->cwd, arena_printf(&arena, "%s/tmp/" SCRATCH_NAME, slot->path));
	return r;
}

static int
set_folder(struct slot *slot, const struct attempt_spec *spec, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;

	set_string(&slot->below, spec->below);
	set_string(&slot->folder, NULL);
	if (!spec->cwd)
		return make_scratch(slot, err);
	set_string(&slot->cwd, spec->cwd);
	if (spec->below)
		set_string(&slot->folder, path_join(&arena, spec->cwd, spec->below));
	return 0;
}

/* Another lane may need it once more. */
static int
take_stdin(struct slot *slot, const struct attempt_spec *spec, struct err *err)
{
	fd_close(&slot->stdin_fd);
	if (!spec->has_stdin)
		return 0;
	slot->stdin_fd = fcntl(spec->stdin_fd, F_DUPFD_CLOEXEC, 0);
	return slot->stdin_fd < 0 ? err_sys(err, "dup") : 0;
}

/* Secrets come to a lane that has reported, so that it is known where its memory is. */
static int
take_secrets(struct slot *slot, const struct attempt_spec *spec, struct err *err)
{
	int r;

	/* A lane that is started for it gets none before it is known where they go. */
	slot->n_secret_files = 0;
	if (!spec->n_secret_files)
		return 0;
	r = ensure_lane(slot, err);
	if (r == 0)
		r = slot_await_lane(slot, DYING_MS, err);
	slot->secret_files = spec->secret_files;
	slot->n_secret_files = spec->n_secret_files;
	slot->secrets_in_memory = slot->memory_dir >= 0;
	return r == 0 ? place_secrets(slot, err) : r;
}

static int
set_confinement(struct slot *slot, const struct attempt_spec *spec, struct err *err)
{
	struct confinements *confinements = &slot->local->confinements;
	int r = slot_forget_layer(slot, DYING_MS, err);

	slot->was_layered = spec->layer != NULL;
	if (r < 0 || !spec->layer)
		return r < 0 ? r
			     : confinement_of(confinements, spec->policy, &slot->wanted, err);
	r = confinement_with_layer(
		confinements, spec->policy, spec->layer, &slot->layered, err);
	slot->wanted = slot->layered;
	return r;
}

enum submit_result
attempt_submit(struct slot *slot, const struct attempt_spec *spec, struct err *err)
{
	struct err why = ERR_INIT;

	if (!spec->argv[0]) {
		(void)err_set(err, ERR_INVALID, "no program is named");
		return SUBMIT_REJECTED;
	}
	slot->step = (struct lane_step){
		.number = spec->number,
		.timeout_us = MAX(spec->timeout_us, 0),
		.grace_us = MAX(spec->grace_us, 0),
	};
	slot->in_memory = spec->in && strcmp(spec->in, slot->memory_path) == 0;
	if (set_confinement(slot, spec, err) < 0)
		return SUBMIT_REJECTED;
	if (take_stdin(slot, spec, err) < 0 || take_secrets(slot, spec, err) < 0)
		return SUBMIT_REJECTED;
	write_strings(slot, spec);
	if (buf_check(&slot->strings, "arguments and environment", err) < 0)
		return SUBMIT_REJECTED;
	capture_keep(slot->capture,
		spec->policy && !spec->policy->is_none ? spec->policy->limits.output : 0);
	if (capture_begin(slot->capture, spec->number, spec->stdout_name, spec->redactor, err) <
		0)
		return SUBMIT_REJECTED;
	slot->capture_error.code = 0;
	if (set_folder(slot, spec, err) < 0)
		return SUBMIT_REJECTED;
	set_string(&slot->name, spec->argv[0]);
	set_string(&slot->search_path, find_variable(spec->environ, "PATH"));
	if (resolve(slot, &why) < 0) {
		end_unstarted(slot, &why);
		return SUBMIT_OK;
	}
	if (hand_over(slot, err) < 0)
		return SUBMIT_REJECTED;
	slot->state = SLOT_RUNNING;
	slot_open_relay(slot);
	return SUBMIT_OK;
}

/* The lane's first child, as this side's PID namespace numbers it (proc(5), children). */
static int32_t
first_child(pid_t lane)
{
	AUTO_BUF struct buf text = BUF_INIT(4096);
	struct err err = ERR_INIT;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)lane, (int)lane);
	if (file_read(AT_FDCWD, path, &text, &err) < 0)
		return 0;
	return (int32_t)strtol(buf_cstr(&text), NULL, 10);
}

/* Ending is due after delay_us at the latest. */
static void
start_guard(struct slot *slot, int64_t delay_us)
{
	int64_t late = slot->local->options.guard_us;

	timer_start(slot->guard, delay_us + slot->step.grace_us + (late ? late : GUARD_US));
}

void
attempt_started(struct slot *slot, const struct lane_report *report)
{
	struct executor_event event = {
		.type = EXECUTOR_STARTED,
		.number = slot->number,
		.started_at_us = report->started_us,
		.pid = first_child(lane_pid(slot->lane)),
	};

	watch_start(slot->pipe_watch[0], slot->pipes[0]);
	watch_start(slot->pipe_watch[1], slot->pipes[1]);
	timer_start(slot->live, CAPTURE_LIVE_US - STARTED_AFTER_US);
	if (slot->step.timeout_us)
		start_guard(slot, slot->step.timeout_us);
	local_post(slot->local, &event);
}

/* The program was where we remembered it to be, once: looks again, and tries again. */
static bool
try_again(struct slot *slot, const struct lane_report *report)
{
	struct err err = ERR_INIT;

	if (report->stage != LANE_STAGE_EXEC || !slot->from_memory ||
		(report->error != ENOENT && report->error != EACCES &&
			report->error != ENOTDIR))
		return false;
	program_forget(&slot->local->programs, slot->search_path, slot->name);
	return resolve(slot, &err) == 0 && hand_over(slot, &err) == 0;
}

/* Takes what the pipes still hold, and lets go of them. */
static void
finish_capture(struct slot *slot)
{
	struct err err = ERR_INIT;

	timer_stop(slot->live);
	timer_stop(slot->guard);
	for (int i = 0; i < 2; i++) {
		watch_stop(slot->pipe_watch[i]);
		if (slot->pipes[i] < 0)
			continue;
		(void)capture_read(slot->capture, (enum log_stream)(LOG_STDOUT + i),
			slot->pipes[i], DRAIN_MAX);
		fd_close(&slot->pipes[i]);
	}
	if (capture_finish(slot->capture, slot->out_dir, &err) < 0)
		slot->capture_error = err;
}

/* A program that is there, but not for the step, looks as if it were not there. */
static void
explain_start(const struct slot *slot, const struct lane_report *report, struct err *err)
{
	if (report->stage == LANE_STAGE_EXEC && report->error == ENOENT && slot->confinement &&
		slot->confinement->policy && slot->program[0] == '/' &&
		access(slot->program, X_OK) == 0) {
		(void)err_set(err, ERR_NOT_FOUND,
			"%s is there, but policy %.*s hides it; `read: [ /, %s ]` shows it",
			slot->program, STR_ARG(slot->confinement->policy->name), slot->program);
		return;
	}
	(void)program_explain_start(slot->program, slot->cwd, slot->below, report, err);
}

void
attempt_exited(struct slot *slot, const struct lane_report *report)
{
	struct attempt_end end = {
		.state = ATTEMPT_EXITED,
		.started = report->stage == LANE_STAGE_NONE,
		.exit_code = -1,
		.timed_out = report->flags & LANE_TIMED_OUT,
		.cancelled = report->flags & LANE_CANCEL_TAKEN,
		.out_of_memory = report->flags & LANE_OUT_OF_MEMORY,
		.started_at_us = report->started_us,
		.ended_at_us = report->ended_us,
		.cpu_us = report->cpu_us,
		.max_rss_kib = report->max_rss_kib,
		.exceeded = (enum wall_bound)report->exceeded,
		.view = slot->view,
	};

	if (!end.started && try_again(slot, report))
		return;
	if (!end.started)
		explain_start(slot, report, &end.start_error);
	else if (WIFSIGNALED(report->status))
		end.signal = WTERMSIG(report->status);
	else
		end.exit_code = WEXITSTATUS(report->status);
	if (slot->confinement)
		end.bounds = slot->confinement->plan.walls.bounds;
	/* With a layer nothing has come to be yet. */
	if (slot->confinement && !slot->layered) {
		size_t at = 0;

		end.made = walls_find_new(&slot->confinement->plan, &at);
	}
	slot->end = end;
	slot_close_relay(slot);
	finish_capture(slot);
	/* What we put there ourselves the lane has not seen. */
	if (capture_is_output(slot->capture))
		slot->dirty |= UINT32_C(1) << LANE_OUT;
	post_exited(slot);
}

void
attempt_move(struct slot *slot)
{
	struct local *local = slot->local;
	struct err err = ERR_INIT;
	int r;

	/* Walls that do not stand now will not the next time; and without them it does not run. */
	if (slot->wanted && slot->lane_failure.code == ERR_DENIED) {
		finish_capture(slot);
		local->failed_starts = 0;
		slot->lane_failure.code = ERR_POLICY;
		end_unstarted(slot, &slot->lane_failure);
		return;
	}
	/* Lanes that end meanwhile are not to come here again. */
	slot->state = SLOT_PLACED;
	r = hand_over(slot, &err);
	slot->state = SLOT_RUNNING;
	slot_open_relay(slot);
	if (r == 0)
		return;
	/* Not the code of the step's own failures: nothing can run here. */
	(void)err_set(&local->failure, ERR_SYS,
		"%s does not get ready to run steps (%s); `lily doctor` looks at it",
		local->lane_program, err.message);
	timer_start(local->wake, 0);
}

void
attempt_lost(struct slot *slot)
{
	int64_t now = clock_utc_us();

	slot->end = (struct attempt_end){
		.state = ATTEMPT_LOST,
		.started = true,
		.exit_code = -1,
		.started_at_us = now,
		.ended_at_us = now,
		.view = -1,
	};
	slot_close_relay(slot);
	finish_capture(slot);
	post_exited(slot);
}

void
attempt_cancel(struct slot *slot)
{
	struct err err = ERR_INIT;

	/* A lane that cannot be told has ended, which the loop will see. */
	if (lane_cancel(slot->lane, slot->number, &err) == 0)
		start_guard(slot, 0);
}
