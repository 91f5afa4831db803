#include "exec/local.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "exec/attempt.h"
#include "exec/spare.h"

#include <fcntl.h>
#include <stdio.h>

/* At the end of a run: how long clearing the directories of the last steps, and the end of lanes
 * that were killed, are waited for. */
#define CLEAR_MS 100
#define END_MS 1000

static struct local *
local_of(struct executor *executor)
{
	return (struct local *)(void *)executor;
}

void
local_post(struct local *local, const struct executor_event *event)
{
	size_t room = (size_t)2 * local->options.slots;

	if (local->n_events == room)
		BUG("%zu events wait", room);
	local->events[(local->first_event + local->n_events++) % room] = *event;
}

static struct slot *
slot_of(struct local *local, uint32_t number, enum slot_state state)
{
	for (unsigned i = 0; i < local->options.slots; i++)
		if (local->slots[i].number == number && local->slots[i].state == state)
			return &local->slots[i];
	return NULL;
}

/* A free slot, better one whose lane lives. */
static struct slot *
find_open(struct local *local)
{
	struct slot *bare = NULL;

	for (unsigned i = 0; i < local->options.slots; i++) {
		struct slot *slot = &local->slots[i];

		if (!slot_is_open(slot))
			continue;
		if (slot->lane)
			return slot;
		if (!bare)
			bare = slot;
	}
	return bare;
}

static int
start_lane(struct local *local, struct slot *slot, struct err *err)
{
	struct err ignored = ERR_INIT;
	int r;

	if (local->failed_starts >= LOCAL_FAILED_STARTS_MAX) {
		*err = local->last_failure;
		return err_wrap(
			err, "%u lanes in a row could not start", LOCAL_FAILED_STARTS_MAX);
	}
	/* What is wrong with it is said by the attempts that are held to it; others are not. */
	if (confinement_of(
		    &local->confinements, local->options.policy, &slot->wanted, &ignored) < 0)
		slot->wanted = NULL;
	for (;;) {
		r = slot_start_lane(slot, SLOT_RESET, err);
		if (r == 0 || ++local->failed_starts >= LOCAL_FAILED_STARTS_MAX)
			break;
	}
	if (r < 0) {
		local->last_failure = *err;
		return err_wrap(err, "start a lane");
	}
	return 0;
}

static void
on_wake(void *context)
{
	(void)context; /* it only ends the wait */
}

static void
local_warm(struct executor *executor, unsigned attempts)
{
	struct local *local = local_of(executor);
	struct err err = ERR_INIT;

	for (unsigned i = 0; !local->options.keep && i < MIN(attempts, local->options.slots);
		i++)
		if (!local->slots[i].lane && start_lane(local, &local->slots[i], &err) < 0)
			break;
}

static int
local_prepare(struct executor *executor, uint32_t number, struct attempt_place *ret_place,
	struct err *err)
{
	struct local *local = local_of(executor);
	struct slot *slot = find_open(local);

	if (!slot)
		return 0;
	if (local->options.keep)
		slot_move(slot, (unsigned)(slot - local->slots), number);
	if (!slot->lane) {
		int r = slot->was_layered ? slot_make_directories(slot, err)
					  : start_lane(local, slot, err);

		if (r < 0)
			return r;
	}
	slot->state = SLOT_PLACED;
	slot->number = number;
	*ret_place = (struct attempt_place){
		.in = slot->in_path,
		.out = slot->out_path,
		.in_dir = slot->in_dir,
		.out_dir = slot->out_dir,
		.memory = slot->memory_path,
		.memory_dir = slot->lane && slot->lane_ready && !local->options.keep
			? slot->memory_dir
			: -1,
	};
	return 1;
}

static enum submit_result
local_submit(struct executor *executor, const struct attempt_spec *spec, struct buf *ret_handle,
	struct err *err)
{
	struct slot *slot = slot_of(local_of(executor), spec->number, SLOT_PLACED);
	enum submit_result result;

	if (!slot)
		BUG("attempt %u has no place", spec->number);
	result = attempt_submit(slot, spec, err);
	if (result == SUBMIT_OK)
		buf_add_cstr(ret_handle, slot->handle);
	return result;
}

/* Whether one of our own lanes is the one that the handle names, and at work. */
static bool
is_running_here(const struct local *local, struct str handle)
{
	for (unsigned i = 0; i < local->options.slots; i++) {
		const struct slot *slot = &local->slots[i];

		if (slot->lane && slot->state == SLOT_RUNNING && str_is(handle, slot->handle))
			return true;
	}
	return false;
}

static enum attempt_state
local_lookup(struct executor *executor, struct str handle, struct err *err)
{
	const struct local *local = local_of(executor);
	char text[256];
	char boot[CLOCK_BOOT_ID_SIZE];
	unsigned long long namespace;
	unsigned long long start;
	int pid;
	int end = 0;

	(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(handle));
	if (handle.n >= sizeof(text) ||
		sscanf(text,
			"{\"lane\":{\"boot\":\"%36[0-9a-f-]\",\"pid\":%d,\"pidns\":%llu,"
			"\"start\":%llu}}%n",
			boot, &pid, &namespace, &start, &end) != 4 ||
		(size_t)end != handle.n) {
		(void)err_set(err, ERR_INVALID, "\"%.*s\" is no handle of a lane",
			(int)MIN(handle.n, 200), handle.p);
		return ATTEMPT_UNKNOWN;
	}
	if (strcmp(boot, local->boot_id) != 0)
		return ATTEMPT_LOST;
	if (is_running_here(local, handle))
		return ATTEMPT_RUNNING;
	if (namespace != local->pid_namespace) {
		(void)err_set(err, ERR_NOT_FOUND,
			"lane %d belongs to another PID namespace and cannot be seen from here",
			pid);
		return ATTEMPT_UNKNOWN;
	}
	if (process_is_dead(pid, start))
		return ATTEMPT_LOST;
	(void)err_set(err, ERR_DENIED, "lane %d of another process is still alive", pid);
	return ATTEMPT_UNKNOWN;
}

static int
local_next(struct executor *executor, struct executor_event *ret_event, struct err *err)
{
	struct local *local = local_of(executor);

	if (local->failure.code) {
		*err = local->failure;
		return err->code;
	}
	if (!local->n_events)
		return 0;
	*ret_event = local->events[local->first_event];
	local->first_event = (local->first_event + 1) % ((size_t)2 * local->options.slots);
	local->n_events--;
	return 1;
}

static void
local_cancel(struct executor *executor, uint32_t number)
{
	struct slot *slot = slot_of(local_of(executor), number, SLOT_RUNNING);

	if (slot && !slot->lane_gone)
		attempt_cancel(slot);
}

static int
local_collect(struct executor *executor, uint32_t number, struct attempt_end *ret_end,
	struct attempt_log *ret_log, struct err *err)
{
	struct slot *slot = slot_of(local_of(executor), number, SLOT_ENDED);

	if (!slot)
		BUG("attempt %u has not ended", number);
	if (slot->capture_error.code) {
		*err = slot->capture_error;
		return err_wrap(err, "output of attempt %u", number);
	}
	*ret_end = slot->end;
	*ret_log = (struct attempt_log){
		.stdout_size = capture_size(slot->capture, LOG_STDOUT),
		.stderr_size = capture_size(slot->capture, LOG_STDERR),
	};
	ret_log->stdout_secret = capture_secret(slot->capture, LOG_STDOUT);
	capture_log(slot->capture, &ret_log->bytes, &ret_log->fd);
	return 0;
}

static void
local_release(struct executor *executor, uint32_t number)
{
	struct local *local = local_of(executor);
	struct slot *slot = slot_of(local, number, SLOT_ENDED);

	if (!slot)
		slot = slot_of(local, number, SLOT_PLACED);
	if (!slot)
		BUG("attempt %u is not to be released", number);
	slot_release(slot);
}

/* All of them first, so that they end beside each other; one that clears up may finish that. */
static void
local_retire(struct executor *executor)
{
	struct local *local = local_of(executor);

	for (unsigned i = 0; i < local->options.slots; i++) {
		struct slot *slot = &local->slots[i];

		if (slot->lane && slot->state != SLOT_CLEARING)
			lane_kill(slot->lane);
	}
}

/* Whether the next run may have our directories: every lane is dead, and each left them clean. */
static bool
are_clean(struct local *local)
{
	bool clean = local->spare >= 0 && !local->left_aside;

	for (unsigned i = 0; i < local->options.slots; i++)
		clean = clean && slot_settle(&local->slots[i], CLEAR_MS, END_MS);
	return clean;
}

static void
take_spare(struct local *local)
{
	if (local->spare < 0 || !spare_take(local->spare, local->options.run_directory))
		return;
	for (unsigned i = 0; i < local->options.slots; i++)
		local->slots[i].is_spare = true;
}

static void
local_free(struct executor *executor)
{
	struct local *local = local_of(executor);
	struct err err = ERR_INIT;
	bool clean;

	local_retire(executor);
	clean = are_clean(local);
	for (unsigned i = 0; i < local->options.slots; i++)
		slot_done(&local->slots[i]);
	/* What cannot be removed now goes with the run's directory. */
	if (!clean ||
		!spare_give(local->spare, local->options.run_directory,
			strrchr(local->run_path, '/') + 1))
		(void)tree_remove(local->options.run_directory, "slots", &err);
	fd_close(&local->spare);
	timer_free(local->wake);
	program_cache_done(&local->programs);
	confinements_done(&local->confinements);
	free(local->slots);
	free(local->events);
	free(local->lane_program);
	free(local->run_path);
	free(local->slots_path);
	free(local);
}

static char *
path_below(const char *folder, const char *name)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 16);

	buf_printf(&b, "%s/%s", folder, name);
	return buf_take(&b);
}

static const struct executor_ops local_ops = {
	.warm = local_warm,
	.prepare = local_prepare,
	.submit = local_submit,
	.lookup = local_lookup,
	.next = local_next,
	.cancel = local_cancel,
	.collect = local_collect,
	.release = local_release,
	.retire = local_retire,
	.free = local_free,
};

static int
check_options(const struct local_options *options, struct err *err)
{
	if (options->slots < 1 || options->slots > LOCAL_SLOTS_MAX)
		return err_set(err, ERR_INVALID, "%u slots; 1 to %d are possible",
			options->slots, LOCAL_SLOTS_MAX);
	if (options->lane_program[0] != '/' || options->run_path[0] != '/')
		return err_set(err, ERR_INVALID, "%s and %s must be absolute paths",
			options->lane_program, options->run_path);
	return 0;
}

int
executor_local_new(
	const struct local_options *options, struct executor **ret_executor, struct err *err)
{
	char boot_id[CLOCK_BOOT_ID_SIZE];
	struct stat status;
	struct local *local;
	int spare = -1;
	int r = check_options(options, err);

	if (r == 0)
		r = clock_boot_id(boot_id, err);
	if (r < 0)
		return r;
	if (stat("/proc/self/ns/pid", &status) != 0)
		return err_sys(err, "/proc/self/ns/pid");
	if (options->spare_path &&
		(r = dir_make(AT_FDCWD, options->spare_path, 0700, err)) == 0)
		r = dir_open(AT_FDCWD, options->spare_path, &spare, err);
	if (r < 0)
		return r;
	local = memory_zeroed(1, sizeof(*local));
	local->spare = spare;
	local->executor.ops = &local_ops;
	local->options = *options;
	local->lane_program = memory_copy_string(options->lane_program);
	local->run_path = memory_copy_string(options->run_path);
	memcpy(local->boot_id, boot_id, sizeof(boot_id));
	local->pid_namespace = status.st_ino;
	local->programs = PROGRAM_CACHE_INIT;
	local->slots_path = path_below(local->run_path, "slots");
	local->confinements.surroundings = (struct walls_surroundings){
		.workspace = options->workspace,
		.slots = local->slots_path,
		.tier = options->mode == LANE_MODE_SUBREAPER ? WALLS_S1 : WALLS_S2,
		.is_root = geteuid() == 0,
	};
	local->wake = timer_new(options->loop, on_wake, local);
	local->events = memory_new((size_t)2 * options->slots, sizeof(*local->events));
	local->slots = memory_new(options->slots, sizeof(*local->slots));
	for (unsigned i = 0; i < options->slots; i++)
		slot_init(&local->slots[i], local, i);
	take_spare(local);
	*ret_executor = &local->executor;
	return 0;
}

bool
executor_local_mode(
	const struct executor *executor, enum lane_mode *ret_mode, bool *ret_fresh_proc)
{
	const struct local *local = (const struct local *)(const void *)executor;

	if (!local->has_mode)
		return false;
	*ret_mode = local->mode;
	*ret_fresh_proc = local->fresh_proc;
	return true;
}
