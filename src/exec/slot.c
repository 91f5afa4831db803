#include "exec/slot.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "exec/attempt.h"
#include "exec/secret_files.h"
#include "exec/slot_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

/* What a killed lane may take to die. */
#define DYING_MS 5000
/* What a lane may take to get ready, on a machine that does a great deal else. */
#define READY_US INT64_C(30000000)

static void
set_path(char **place, const char *start, const char *below)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 16);

	buf_printf(&b, "%s%s", start, below);
	free(*place);
	*place = buf_take(&b);
}

/* FOLDER/number in the directory of the run. */
static void
set_paths(struct slot *slot, const char *folder, unsigned number)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 16);
	const char *path;

	buf_printf(&b, "%s/%s/%u", slot->local->run_path, folder, number);
	path = buf_cstr(&b);
	set_path(&slot->path, path, "");
	set_path(&slot->in_path, path, "/in");
	set_path(&slot->out_path, path, "/out");
	set_path(&slot->memory_path, path, "/memory");
}

static void
on_pipe(struct slot *slot, enum log_stream stream)
{
	unsigned i = stream - LOG_STDOUT;

	/* A bounded share, so that one loud step does not keep the loop. */
	if (capture_read(slot->capture, stream, slot->pipes[i], 4 * LOG_RECORD_MAX) < 0)
		watch_stop(slot->pipe_watch[i]);
}

static void
on_stdout(void *context)
{
	on_pipe(context, LOG_STDOUT);
}

static void
on_stderr(void *context)
{
	on_pipe(context, LOG_STDERR);
}

static void
on_live(void *context)
{
	struct slot *slot = context;

	capture_go_live(slot->capture);
}

/* Keeping deadlines is the lane's work; one that is itself stopped or stuck cannot. */
static void
on_guard(void *context)
{
	struct slot *slot = context;

	if (slot->lane)
		lane_kill(slot->lane);
}

static void on_lane(void *context);

void
slot_init(struct slot *slot, struct local *local, unsigned index)
{
	const struct local_options *options = &local->options;
	struct capture_options capture = {
		.run_directory = options->run_directory,
		.head = options->log_head ? options->log_head : CAPTURE_HEAD,
		.tail = options->log_tail ? options->log_tail : CAPTURE_TAIL,
	};

	*slot = (struct slot){
		.local = local,
		.directory = -1,
		.in_dir = -1,
		.out_dir = -1,
		.memory_dir = -1,
		.pipes = {-1, -1},
		.stdin_fd = -1,
		.view = -1,
		.watch = watch_new(options->loop, on_lane, slot),
		.pipe_watch = {watch_new(options->loop, on_stdout, slot),
			watch_new(options->loop, on_stderr, slot)},
		.live = timer_new(options->loop, on_live, slot),
		.guard = timer_new(options->loop, on_guard, slot),
		.capture = capture_new(&capture),
		.strings = BUF_INIT(LANE_STRINGS_MAX),
	};
	set_paths(slot, "slots", index);
}

void
slot_move(struct slot *slot, unsigned index, uint32_t number)
{
	slot->is_kept = !(number & EXECUTOR_ASIDE);
	if (slot->is_kept)
		set_paths(slot, "attempts", number);
	else
		set_paths(slot, "slots", index);
}

void
slot_done(struct slot *slot)
{
	watch_free(slot->watch);
	watch_free(slot->pipe_watch[0]);
	watch_free(slot->pipe_watch[1]);
	timer_free(slot->live);
	timer_free(slot->guard);
	lane_free(slot->lane);
	slot_drop_relay(slot);
	capture_free(slot->capture);
	fd_close(&slot->pipes[0]);
	fd_close(&slot->pipes[1]);
	fd_close(&slot->stdin_fd);
	fd_close(&slot->view);
	confinement_free(slot->layered);
	fd_close(&slot->in_dir);
	fd_close(&slot->out_dir);
	fd_close(&slot->memory_dir);
	fd_close(&slot->directory);
	buf_done(&slot->strings);
	free(slot->program);
	free(slot->cwd);
	free(slot->below);
	free(slot->folder);
	free(slot->name);
	free(slot->search_path);
	free(slot->handle);
	free(slot->path);
	free(slot->in_path);
	free(slot->out_path);
	free(slot->memory_path);
}

bool
slot_is_open(const struct slot *slot)
{
	return slot->state == SLOT_FREE && !slot->lane_gone;
}

/* Opens the directory again under the same descriptor, which others may hold by number. */
static int
open_again(struct slot *slot, int *fd, const char *name, struct err *err)
{
	int opened =
		openat(slot->directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (opened < 0)
		return err_sys(err, "open %s/%s", slot->path, name);
	if (*fd < 0) {
		*fd = opened;
		return 0;
	}
	if (dup3(opened, *fd, O_CLOEXEC) < 0) {
		(void)close(opened);
		return err_sys(err, "dup");
	}
	(void)close(opened);
	return 0;
}

/* After the lane said that a directory is another one now. */
static void
follow_replaced(struct slot *slot, uint32_t replaced)
{
	struct err err = ERR_INIT;

	if ((replaced & 1 << LANE_IN) && open_again(slot, &slot->in_dir, "in", &err) < 0)
		slot->worn_out = true;
	if ((replaced & 1 << LANE_OUT) && open_again(slot, &slot->out_dir, "out", &err) < 0)
		slot->worn_out = true;
}

/* Whatever was there is removed; what cannot be is moved aside, and goes with the run. */
static int
remove_old(struct slot *slot, struct err *err)
{
	int run = slot->local->options.run_directory;
	const char *name = slot->path + strlen(slot->local->run_path) + 1;
	char aside[96];
	struct err why = ERR_INIT;

	if (tree_remove(run, name, &why) == 0)
		return 0;
	for (unsigned i = 0; i < 10000; i++) {
		(void)snprintf(aside, sizeof(aside), "slots/left-%u", i);
		if (faccessat(run, aside, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		if (renameat(run, name, run, aside) == 0) {
			slot->local->left_aside = true;
			return 0;
		}
		break;
	}
	*err = why;
	return why.code;
}

static bool
is_clean(int run, const char *name)
{
	AUTO_CLOSE int directory =
		openat(run, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return directory >= 0 && lane_directories_are_clean(directory);
}

static int
make_new(struct slot *slot, const char *name, struct err *err)
{
	int run = slot->local->options.run_directory;
	AUTO_CLOSE int directory = -1;
	int r = dir_make(run, slot->is_kept ? "attempts" : "slots", 0700, err);

	if (r == 0)
		r = remove_old(slot, err);
	if (r == 0)
		r = dir_make(run, name, 0700, err);
	if (r == 0)
		r = dir_open(run, name, &directory, err);
	return r < 0 ? r : lane_directories_make(directory, err);
}

int
slot_make_directories(struct slot *slot, struct err *err)
{
	int run = slot->local->options.run_directory;
	const char *name = slot->path + strlen(slot->local->run_path) + 1;
	int r = 0;

	if (!slot->is_spare || !is_clean(run, name))
		r = make_new(slot, name, err);
	slot->is_spare = false;
	if (r < 0)
		return r;
	fd_close(&slot->directory);
	r = dir_open(run, name, &slot->directory, err);
	if (r == 0)
		r = open_again(slot, &slot->in_dir, "in", err);
	if (r == 0)
		r = open_again(slot, &slot->out_dir, "out", err);
	return r;
}

static void
make_handle(struct slot *slot)
{
	AUTO_BUF struct buf b = BUF_INIT(512);
	struct err err = ERR_INIT;
	pid_t pid = lane_pid(slot->lane);
	uint64_t start = 0;

	/* A lane that has just ended has no start time, and will not take a step. */
	(void)process_start_time(pid, &start, &err);
	buf_printf(&b,
		"{\"lane\":{\"boot\":\"%s\",\"pid\":%d,\"pidns\":%" PRIu64 ",\"start\":%" PRIu64
		"}}",
		slot->local->boot_id, (int)pid, slot->local->pid_namespace, start);
	free(slot->handle);
	slot->handle = buf_take(&b);
}

int
slot_start_lane(struct slot *slot, enum slot_reset reset, struct err *err)
{
	struct local *local = slot->local;
	struct lane_spec spec = {
		.program = local->lane_program,
		.path = slot->path,
		.mode = local->options.mode,
		.open_files = local->options.open_files,
		.walls = slot->wanted ? slot->wanted->walls : NULL,
	};
	int r = reset == SLOT_RESET ? slot_make_directories(slot, err) : 0;

	if (r < 0)
		return r;
	r = lane_start(&spec, &slot->lane, err);
	if (r < 0)
		return r;
	if (local->options.note_lane)
		r = local->options.note_lane(
			local->options.note_context, lane_pid(slot->lane), err);
	if (r < 0) {
		lane_free(slot->lane);
		slot->lane = NULL;
		return r;
	}
	slot_drop_relay(slot);
	slot->confinement = slot->wanted;
	slot->lane_ready = false;
	slot->was_used = true;
	slot->worn_out = false;
	slot->dirty = 0;
	/* One that neither gets ready nor ends would be waited for for ever. */
	timer_start(slot->guard, READY_US);
	make_handle(slot);
	local->has_mode = true;
	local->mode = lane_mode(slot->lane);
	watch_start(slot->watch, lane_socket(slot->lane));
	return 0;
}

/* The lane is dead and reaped, and with it all that it ran. */
static void
bury(struct slot *slot)
{
	struct local *local = slot->local;

	watch_stop(slot->watch);
	lane_free(slot->lane);
	slot->lane = NULL;
	slot->lane_gone = false;
	if (slot->has_exited)
		slot_finish_exit(slot);
	slot_close_relay(slot);
	local->failed_starts = slot->lane_ready ? 0 : local->failed_starts + 1;
	if (slot->state == SLOT_RUNNING && !slot->lane_ready)
		attempt_move(slot); /* it has not begun */
	else if (slot->state == SLOT_RUNNING)
		attempt_lost(slot);
	else if (slot->state == SLOT_CLEARING)
		slot->state = SLOT_FREE;
}

int
slot_drop_lane(struct slot *slot, int timeout_ms, struct err *err)
{
	lane_kill(slot->lane);
	if (!lane_reap(slot->lane, timeout_ms))
		return err_set(
			err, ERR_LIMIT, "lane %d does not end", (int)lane_pid(slot->lane));
	watch_stop(slot->watch);
	lane_free(slot->lane);
	slot->lane = NULL;
	slot->lane_gone = false;
	slot_close_relay(slot);
	return 0;
}

int
slot_forget_layer(struct slot *slot, int timeout_ms, struct err *err)
{
	int r = 0;

	if (!slot->layered)
		return 0;
	if (slot->lane && slot->confinement == slot->layered)
		r = slot_drop_lane(slot, timeout_ms, err);
	if (r < 0)
		return r;
	if (slot->confinement == slot->layered) {
		slot_drop_relay(slot);
		slot->confinement = NULL;
	}
	fd_close(&slot->view);
	confinement_free(slot->layered);
	slot->layered = NULL;
	slot->wanted = NULL;
	return 0;
}

bool
slot_bury_lane(struct slot *slot, int timeout_ms)
{
	if (!lane_reap(slot->lane, timeout_ms))
		return false;
	bury(slot);
	return true;
}

static void
lose_lane(struct slot *slot, const struct err *why)
{
	slot->lane_gone = true;
	slot->lane_failure = *why;
	slot->local->last_failure = *why;
	lane_kill(slot->lane);
	watch_start(slot->watch, lane_pidfd(slot->lane));
}

static void
on_cleared(struct slot *slot, const struct lane_report *report)
{
	if (slot->state != SLOT_CLEARING)
		return;
	follow_replaced(slot, report->replaced);
	if (report->error || slot->worn_out) {
		lane_kill(slot->lane); /* what it left behind goes with its mounts */
		return;
	}
	slot->dirty = 0;
	slot->state = SLOT_FREE;
}

/* Its lane, and with that the mount, before anybody hears that the attempt has ended. */
static void
end_layer(struct slot *slot)
{
	bool is_clean = !slot->worn_out && !slot->dirty;

	if (slot_drop_lane(slot, DYING_MS, &slot->local->failure) < 0)
		return;
	slot->is_spare = is_clean && !slot->local->options.keep;
	slot->dirty = 0;
}

void
slot_finish_exit(struct slot *slot)
{
	const struct lane_report *report = &slot->exited;

	slot->has_exited = false;
	if (report->dirty == LANE_DIRTY_BROKEN)
		slot->worn_out = true;
	slot->dirty = report->dirty;
	follow_replaced(slot, report->replaced);
	attempt_exited(slot, report);
	if (slot->layered && slot->state == SLOT_ENDED)
		end_layer(slot);
}

static void
on_exited(struct slot *slot, const struct lane_report *report)
{
	slot->exited = *report;
	slot->has_exited = true;
	timer_stop(slot->guard);
	if (slot_drain_relay(slot))
		slot_finish_exit(slot);
}

/* Copies the inputs of an attempt whose lane ended before it began. */
static int
carry_memory(int from, int to, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str *names;
	size_t n;
	int r = dir_list(from, ".", &arena, &names, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		AUTO_CLOSE int source = -1;
		AUTO_CLOSE int copy = -1;

		/* Made anew for each lane. */
		if (str_is(names[i], SECRET_FILES_NAME))
			continue;

		r = file_open_regular(from, names[i].p, &source, err);
		if (r < 0)
			break;
		copy = openat(to, names[i].p,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
		r = copy < 0 ? err_sys(err, "make %s", names[i].p)
			     : file_copy(source, copy, NULL, err);
	}
	return r;
}

static void
take_memory(struct slot *slot)
{
	AUTO_CLOSE int memory = lane_take_memory(slot->lane);
	struct err err = ERR_INIT;

	/* Without it the inputs are not there, which the attempt must not see. */
	if (slot->in_memory && carry_memory(slot->memory_dir, memory, &err) < 0)
		lose_lane(slot, &err);
	fd_close(&slot->memory_dir);
	slot->memory_dir = fd_take(&memory);
}

static int
empty_memory(int memory, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str *names;
	size_t n;
	int r = dir_list(memory, ".", &arena, &names, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = tree_remove(memory, names[i].p, err);
	return r;
}

static void
on_report(struct slot *slot, const struct lane_report *report)
{
	bool is_mine = slot->state == SLOT_RUNNING && report->number == slot->number;
	struct err err = ERR_INIT;

	switch (report->type) {
	case LANE_READY:
		slot->lane_ready = true;
		timer_stop(slot->guard);
		slot->local->failed_starts = 0;
		slot->local->fresh_proc = report->flags & LANE_FRESH_PROC;
		fd_close(&slot->view);
		slot->view = lane_take_view(slot->lane);
		take_memory(slot);
		if (!slot->lane_gone && slot_make_relay(slot, &err) < 0)
			lose_lane(slot, &err);
		break;
	case LANE_STARTED:
		if (is_mine)
			attempt_started(slot, report);
		break;
	case LANE_EXITED:
		if (is_mine)
			on_exited(slot, report);
		break;
	default: on_cleared(slot, report);
	}
}

static void
on_lane(void *context)
{
	struct slot *slot = context;
	struct lane_report report;
	struct err err = ERR_INIT;
	int r;

	if (slot->lane_gone) {
		(void)slot_bury_lane(slot, 0);
		return;
	}
	while (slot->lane && (r = lane_next(slot->lane, &report, &err)) != 0) {
		if (r < 0) {
			lose_lane(slot, &err);
			return;
		}
		on_report(slot, &report);
		/* Nothing follows these until it is asked for. */
		if (report.type == LANE_EXITED || report.type == LANE_CLEARED)
			return;
	}
}

int
slot_await_lane(struct slot *slot, int timeout_ms, struct err *err)
{
	int64_t deadline = clock_boot_us() + timeout_ms * INT64_C(1000);

	while (!slot->lane_ready) {
		int64_t left = (deadline - clock_boot_us() + 999) / 1000;
		struct pollfd ready = {.fd = -1, .events = POLLIN};

		if (slot->lane_gone) {
			*err = slot->local->last_failure;
			return err->code;
		}
		if (left <= 0)
			return err_set(err, ERR_LIMIT, "lane %d does not report",
				(int)lane_pid(slot->lane));
		ready.fd = lane_socket(slot->lane);
		(void)poll(&ready, 1, (int)left);
		on_lane(slot);
	}
	return 0;
}

bool
slot_settle(struct slot *slot, int clear_ms, int end_ms)
{
	int64_t deadline = clock_boot_us() + clear_ms * INT64_C(1000);
	int64_t left;

	if (!slot->was_used || (!slot->lane && slot->is_spare))
		return true;
	while (slot->lane && !slot->lane_gone && slot->state == SLOT_CLEARING &&
		(left = deadline - clock_boot_us()) > 0) {
		struct pollfd ready = {.fd = lane_socket(slot->lane), .events = POLLIN};

		(void)poll(&ready, 1, (int)(left / 1000) + 1);
		on_lane(slot);
	}
	if (!slot->lane || slot->lane_gone || slot->worn_out || slot->dirty ||
		slot->state != SLOT_FREE)
		return false;
	lane_kill(slot->lane);
	return lane_reap(slot->lane, end_ms);
}

/* What is kept is not used again. Secrets are not kept, also where no lane has memory for them; where
 * memory was mounted there is nothing to be seen. */
static void
let_go(struct slot *slot)
{
	struct err err = ERR_INIT;

	slot->worn_out = true;
	if (!slot->is_kept)
		return;
	if (slot->n_secret_files)
		(void)tree_remove(slot->in_dir, SECRET_FILES_NAME, &err);
	(void)unlinkat(slot->directory, "memory", AT_REMOVEDIR);
}

void
slot_release(struct slot *slot)
{
	struct err err = ERR_INIT;
	bool unused = slot->state == SLOT_PLACED; /* but its inputs may be there */

	slot->in_memory = false;
	if (slot->local->options.keep)
		let_go(slot);
	fd_close(&slot->stdin_fd);
	fd_close(&slot->view);
	if (slot->n_secret_files && slot->strings.n)
		explicit_bzero(slot->strings.p, slot->strings.n);
	slot->n_secret_files = 0;
	if (slot->memory_dir >= 0 && empty_memory(slot->memory_dir, &err) < 0)
		slot->worn_out = true;

	slot->state = SLOT_FREE;
	if (!slot->lane)
		return;
	if (slot->lane_gone) {
		slot->state = SLOT_CLEARING;
		return;
	}
	if (slot->worn_out) {
		slot->state = SLOT_CLEARING;
		lane_kill(slot->lane);
		return;
	}
	if (!slot->dirty && !unused)
		return;
	slot->state = SLOT_CLEARING;
	if (lane_clear(slot->lane, &err) < 0)
		lane_kill(slot->lane);
}
