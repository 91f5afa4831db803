#include "run/engine.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "exec/local.h"
#include "run/prepare.h"
#include "run/restore.h"
#include "run/try.h"
#include "run/workplace.h"
#include "store/request.h"
#include "json/json.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/sysinfo.h>

#define REQUESTS_EVERY_US INT64_C(200000)
#define POOL_THREADS 2
/* What lily has open beside its slots: the store, the loop, files on their way into the store. */
#define OWN_FILES 64

/* Cancels what has not begun; each step is told of. */
static int
cancel_pending(struct engine *engine, struct err *err)
{
	const uint32_t *steps;
	size_t n;

	schedule_cancel(engine->schedule, &steps, &n);
	for (size_t i = 0; i < n; i++)
		(void)notices_add(&engine->notices, NOTICE_CANCELLED, steps[i]);
	return record_visits(&engine->hold, engine->graph, STEP_NONE, steps, n, err);
}

int
engine_block(struct engine *engine, uint32_t step, struct err *err)
{
	const uint32_t *steps;
	size_t n;
	int r;

	schedule_block(engine->schedule, step, &steps, &n);
	for (size_t i = 0; i < n; i++)
		(void)notices_add(&engine->notices, NOTICE_BLOCKED, steps[i]);
	r = record_visits(&engine->hold, engine->graph, step, steps, n, err);
	if (r == 0 && engine->options.fail_fast && !engine->failed_fast) {
		engine->failed_fast = true;
		r = cancel_pending(engine, err);
	}
	return r;
}

void
engine_set_feedback(struct engine *engine, uint32_t step, const struct digest *errors)
{
	struct digest *kept;

	if (!errors) {
		if (engine->feedback)
			engine->feedback[step] = NULL;
		return;
	}
	if (!engine->feedback)
		engine->feedback = ARENA_ARRAY(
			&engine->arena, engine->graph->n_steps, const struct digest *);
	kept = ARENA_NEW(&engine->arena, struct digest);
	*kept = *errors;
	engine->feedback[step] = kept;
}

static int
begin_cancelling(struct engine *engine, int64_t request, struct str reason, struct err *err)
{
	int r;

	if (engine->cancelling)
		return 0;
	/* Having a reason is how a resumed run knows that it was being cancelled. */
	if (!reason.n)
		reason = STR("cancelled");
	r = record_cancelling(&engine->hold, request, reason, err);
	if (r < 0)
		return r;
	engine->cancelling = true;
	(void)notices_add(&engine->notices, NOTICE_CANCELLING, STEP_NONE);
	r = cancel_pending(engine, err);
	for (unsigned i = 0; i < engine->slots; i++)
		try_cancel(&engine->tries[i]);
	return r;
}

int
engine_cancel(struct engine *engine, struct str reason, struct err *err)
{
	return begin_cancelling(engine, 0, reason, err);
}

static void
on_stop(void *context)
{
	struct engine *engine = context;
	uint64_t count;

	if (read(engine->stop, &count, sizeof(count)) != sizeof(count) || engine->failed)
		return;
	engine->failed =
		begin_cancelling(engine, 0, STR("stopped by its caller"), &engine->err);
}

void
engine_stop(struct engine *engine)
{
	const uint64_t one = 1;

	/* An eventfd takes 2^64 - 2 of these; it cannot fail in any way that matters. */
	if (write(engine->stop, &one, sizeof(one)) != sizeof(one))
		return;
}

static int
note_lane(void *context, int pid, struct err *err)
{
	struct engine *engine = context;

	return run_note_lane(&engine->hold, pid, err);
}

static unsigned
count_slots(const struct engine *engine)
{
	unsigned slots = engine->options.parallel;

	if (!slots)
		slots = engine->graph->parallel;
	if (!slots)
		slots = (unsigned)MAX(1, get_nprocs());
	return MIN(slots, MIN(LOCAL_SLOTS_MAX, MAX(1, engine->graph->n_steps)));
}

static int
open_executor(struct engine *engine, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct local_options options = {.loop = engine->loop,
		.slots = engine->slots,
		.lane_program = engine->options.lane,
		.run_directory = engine->hold.directory,
		.run_path = arena_printf(
			&arena, "%s/runs/%s", store_path(engine->store), engine->run_id),
		.spare_path = arena_printf(&arena, "%s/spare", store_path(engine->store)),
		.mode = LANE_MODE_PID_NAMESPACE,
		.open_files = engine->open_files,
		.note_lane = note_lane,
		.note_context = engine};

	return executor_local_new(&options, &engine->executor, err);
}

/* Everything that starting and resuming share, once the graph is there. */
static int
equip(struct engine *engine, struct err *err)
{
	int r = loop_new(&engine->loop, err);

	if (r == 0)
		r = pool_new(engine->loop, POOL_THREADS, &engine->pool, err);
	if (r == 0)
		r = dir_open(AT_FDCWD, engine->options.workspace, &engine->workspace, err);
	if (r < 0)
		return r;
	engine->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (engine->stop < 0)
		return err_sys(err, "eventfd");
	engine->stop_watch = watch_new(engine->loop, on_stop, engine);
	watch_start(engine->stop_watch, engine->stop);
	environment_base(&engine->arena, &engine->environment);
	engine->slots = count_slots(engine);
	r = process_raise_files(OWN_FILES + (uint64_t)engine->slots * LOCAL_SLOT_FILES,
		&engine->open_files, err);
	if (r < 0)
		return err_wrap(err, "%u steps at a time (--parallel)", engine->slots);
	engine->tries = memory_zeroed(engine->slots, sizeof(*engine->tries));
	for (unsigned i = 0; i < engine->slots; i++)
		engine->tries[i].engine = engine;
	engine->schedule = schedule_new(engine->graph);
	engine->boundary = boundary_new(engine->store, engine->graph);
	return open_executor(engine, err);
}

static int
new_engine(const struct engine_options *options, struct run_hold *hold,
	const struct digest *plan, struct engine **ret_engine, struct err *err)
{
	struct engine *engine = memory_zeroed(1, sizeof(*engine));
	int r;

	engine->store = options->store;
	engine->options = *options;
	engine->hold = *hold;
	engine->workspace = -1;
	engine->stop = -1;
	engine->options.workspace = arena_cstr(&engine->arena, str_of(options->workspace));
	engine->options.lane = arena_cstr(&engine->arena, str_of(options->lane));
	(void)uuid_to_text(&hold->chain.id, engine->run_id);
	r = prepare_load(engine->store, plan, &engine->graph, err);
	if (r == 0)
		r = equip(engine, err);
	if (r < 0) {
		r = err_wrap(err, "run %s", engine->run_id);
		engine_free(engine);
		return r;
	}
	*ret_engine = engine;
	return 0;
}

/* Gives the workflow's inputs their artifact numbers and lists those that the run has not yet. */
static size_t
number_inputs(struct engine *engine, const struct run_work_order *work_order,
	struct record_artifact *ret_inputs)
{
	size_t n = 0;

	for (uint32_t i = 0; i < engine->graph->n_inputs; i++) {
		const struct workflow_input *input = &engine->graph->inputs[i];

		if (!input->given)
			continue;
		if (work_order && str_is(input->name, "work_order")) {
			engine->input_numbers[i] = 1;
			continue;
		}
		engine->input_numbers[i] = engine->hold.next_artifact++;
		ret_inputs[n++] = (struct record_artifact){.name = input->name,
			.digest = input->digest,
			.size = input->size,
			.number = engine->input_numbers[i],
			.kind = input->is_tree ? "dir" : "file",
			.type = input->schema ? input->schema->id : STR_EMPTY,
			.schema = input->schema ? &input->schema->digest : NULL};
	}
	return n;
}

/* How many steps can start at once. */
static unsigned
count_first(const struct engine *engine)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < engine->graph->n_steps && n < engine->slots; i++)
		n += engine->graph->steps[i].n_needs == 0;
	return n;
}

static int
begin(struct engine *engine, const struct run_work_order *work_order, const struct digest *plan,
	struct err *err)
{
	AUTO_BUF struct buf workplace = BUF_INIT((size_t)64 << 10);
	uint32_t n_inputs = engine->graph->n_inputs;
	struct record_artifact *inputs =
		ARENA_ARRAY(&engine->arena, n_inputs, struct record_artifact);
	size_t n;
	int r;

	engine->input_numbers = ARENA_ARRAY(&engine->arena, n_inputs, uint32_t);
	engine->started_us = clock_utc_us();
	n = number_inputs(engine, work_order, inputs);
	r = workplace_describe(engine->options.workspace, &workplace, err);
	if (r == 0)
		r = record_planned(&engine->hold, engine->graph, plan, buf_str(&workplace),
			inputs, n, err);
	if (r == 0)
		r = record_started(&engine->hold, EVENT_RUN_STARTED, engine->slots, err);
	if (r < 0)
		return r;
	/* No step runs before its plan is on disk, or a crash would leave a run that did something
	 * and cannot be resumed. Lanes may start meanwhile. */
	engine->executor->ops->warm(engine->executor, count_first(engine));
	r = store_flush(engine->store, err);
	if (r < 0)
		return r;
	run_state_move(&engine->state, RUN_RUNNING, EVENT_RUN_STARTED);
	schedule_restored(engine->schedule);
	return 0;
}

int
engine_start(const struct engine_options *options, struct run_hold *hold,
	const struct run_work_order *work_order, const struct digest *plan,
	struct engine **ret_engine, struct err *err)
{
	struct engine *engine;
	int r = new_engine(options, hold, plan, &engine, err);

	if (r < 0)
		return r;
	r = begin(engine, work_order, plan, err);
	if (r < 0) {
		engine_free(engine);
		return r;
	}
	*ret_engine = engine;
	return 0;
}

/* After the states of a stored run are back: what its last process had no time to conclude. */
static int
settle(struct engine *engine, bool cancelling, struct err *err)
{
	enum event_type event =
		engine->state == RUN_CREATED ? EVENT_RUN_STARTED : EVENT_RUN_RESUMED;
	int r = record_started(&engine->hold, event, engine->slots, err);

	if (r < 0)
		return r;
	run_state_move(&engine->state, RUN_RUNNING, (int)event);
	schedule_restored(engine->schedule);
	/* Blocking many takes several events: what needs a blocked one may not be blocked yet. */
	for (uint32_t i = 0; r == 0 && i < engine->graph->n_steps; i++) {
		uint8_t state = schedule_visit(engine->schedule, i)->state;

		if (state == VISIT_FAILED || state == VISIT_BLOCKED)
			r = engine_block(engine, i, err);
	}
	if (r == 0 && cancelling) {
		engine->cancelling = true;
		r = cancel_pending(engine, err);
	}
	return r;
}

int
engine_resume(const struct engine_options *options, struct run_hold *hold,
	const struct run_row *row, struct engine **ret_engine, struct err *err)
{
	struct engine *engine;
	bool cancelling;
	int r;

	if (!row->has_plan) {
		run_release(hold);
		return err_set(err, ERR_INVALID, "the run has no plan to go on with");
	}
	r = run_bury_lanes(hold, err);
	if (r < 0) {
		run_release(hold);
		return r;
	}
	r = new_engine(options, hold, &row->plan, &engine, err);
	if (r < 0)
		return r;
	engine->started_us = row->started_us ? row->started_us : row->created_us;
	engine->state = str_is(row->status, "created") ? RUN_CREATED : RUN_RUNNING;
	r = restore_run(engine, row, &cancelling, err);
	if (r == 0)
		r = settle(engine, cancelling, err);
	if (r < 0) {
		engine_free(engine);
		return r;
	}
	*ret_engine = engine;
	return 0;
}

void
engine_free(struct engine *engine)
{
	if (!engine)
		return;
	/* Lanes first: nobody writes to a run whose lock is gone. */
	engine->failed = engine->failed ? engine->failed : ERR_SYS;
	if (engine->executor)
		engine->executor->ops->free(engine->executor);
	pool_free(engine->pool);
	if (engine->open_files)
		process_limit_files(engine->open_files);
	watch_free(engine->stop_watch);
	loop_free(engine->loop);
	fd_close(&engine->stop);
	fd_close(&engine->workspace);
	schedule_free(engine->schedule);
	for (unsigned i = 0; engine->tries && i < engine->slots; i++)
		arena_done(&engine->tries[i].arena);
	free(engine->tries);
	notices_done(&engine->notices);
	folders_done(&engine->folders);
	boundary_free(engine->boundary);
	graph_free(engine->graph);
	run_release(&engine->hold);
	arena_done(&engine->arena);
	free(engine);
}

/* What the workflow returns, where all of it was made. */
static size_t
collect_outputs(struct engine *engine, struct record_artifact *ret_outputs)
{
	const struct values values = {.graph = engine->graph,
		.schedule = engine->schedule,
		.input_numbers = engine->input_numbers};
	size_t n = 0;

	for (uint32_t i = 0; i < engine->graph->n_outputs; i++) {
		const struct workflow_output *output = &engine->graph->outputs[i];
		struct artifact_taken taken;

		if (values_artifact(&values, &output->reference, &taken))
			ret_outputs[n++] = (struct record_artifact){
				.name = output->name, .number = taken.number};
	}
	return n;
}

static int
finish(struct engine *engine, struct err *err)
{
	struct record_artifact *outputs =
		ARENA_ARRAY(&engine->arena, engine->graph->n_outputs, struct record_artifact);
	enum run_state end = RUN_SUCCEEDED;
	struct schedule_counts counts;
	size_t n = 0;
	int r;

	schedule_count(engine->schedule, &counts);
	if (engine->cancelling)
		end = RUN_CANCELLED;
	else if (counts.by_state[VISIT_FAILED] || counts.by_state[VISIT_BLOCKED])
		end = RUN_FAILED;
	if (end == RUN_SUCCEEDED)
		n = collect_outputs(engine, outputs);
	r = record_finished(&engine->hold, run_state_name(end), outputs, n, err);
	engine->executor->ops->retire(engine->executor);
	if (r == 0)
		r = store_flush(engine->store, err);
	if (r == 0) {
		run_state_move(&engine->state, end, EVENT_RUN_FINISHED);
		folders_clear(&engine->folders, &engine->hold);
		/* Stays where an interrupted attempt has its log, which is no object. */
		(void)unlinkat(engine->hold.directory, "attempts", AT_REMOVEDIR);
	}
	return r;
}

static bool
has_work(const struct engine *engine)
{
	struct schedule_counts counts;

	schedule_count(engine->schedule, &counts);
	return engine->busy || counts.by_state[VISIT_READY] || counts.by_state[VISIT_WAITING];
}

/* Starts what is ready as far as there is room; finishes the run where nothing is left.
 * *ret_due: when a waiting step becomes ready (BOOTTIME). */
static int
advance(struct engine *engine, int64_t *ret_due, struct err *err)
{
	int r = 1;

	for (unsigned i = 0; i < engine->slots; i++) {
		r = try_poll(&engine->tries[i], err);
		if (r < 0)
			return r;
	}
	r = 1;
	*ret_due = schedule_due(engine->schedule, clock_boot_us());
	while (r > 0 && engine->busy < engine->slots) {
		uint32_t step = schedule_next(engine->schedule);

		if (step == STEP_NONE)
			break;
		r = try_begin(engine, step, err);
	}
	if (r >= 0 && !has_work(engine))
		r = finish(engine, err);
	return MIN(r, 0);
}

static int
hear_executor(struct engine *engine, struct err *err)
{
	struct executor_event event;
	int r;

	while ((r = engine->executor->ops->next(engine->executor, &event, err)) > 0) {
		if (event.type == EXECUTOR_STARTED)
			r = try_on_started(engine, &event, err);
		else
			r = try_on_exited(engine, &event, err);
		if (r < 0)
			break;
	}
	return r;
}

/* {"reason": …} of whoever asked. */
static struct str
request_reason(const struct request *request, struct arena *arena)
{
	struct source source = {.name = "request", .text = request->payload};
	const struct value *payload;
	const struct value *reason;

	if (json_parse(arena, &source, 0, NULL, &payload, NULL) < 0)
		return STR("asked for by another process");
	reason = value_get(payload, STR("reason"));
	return reason && reason->kind == VALUE_STRING ? value_text(reason)
						      : STR("asked for by another process");
}

static int
hear_requests(struct engine *engine, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	int64_t now = clock_boot_us();
	struct request request;
	int r;

	if (now - engine->asked_requests_us < REQUESTS_EVERY_US)
		return 0;
	engine->asked_requests_us = now;
	r = request_next(engine->store, engine->hold.chain.run, &arena, &request, err);
	if (r <= 0)
		return r;
	if (str_is(request.kind, "cancel"))
		r = begin_cancelling(engine, request.id, request_reason(&request, &arena), err);
	return r < 0 ? r : request_done(engine->store, request.id, err);
}

/* One turn: wait for something, then take in what came. */
static int
turn(struct engine *engine, int64_t due, int64_t deadline, struct err *err)
{
	int64_t now = clock_boot_us();
	int64_t until = MIN(MIN(due, deadline), now + REQUESTS_EVERY_US);
	int r = loop_turn(engine->loop, MAX(0, until - now), err);

	if (r == 0 && engine->failed) {
		*err = engine->err;
		r = engine->failed;
	}
	if (r == 0)
		r = hear_executor(engine, err);
	if (r == 0)
		r = hear_requests(engine, err);
	if (r == 0)
		r = store_check(engine->store, err);
	folders_clear(&engine->folders, &engine->hold);
	return r;
}

int
engine_next(struct engine *engine, int timeout_ms, struct notice *ret_notice, struct err *err)
{
	int64_t deadline =
		timeout_ms < 0 ? INT64_MAX : clock_boot_us() + timeout_ms * INT64_C(1000);

	for (;;) {
		int64_t due = INT64_MAX;
		int r;

		if (notices_take(&engine->notices, ret_notice))
			return 1;
		if (engine->state != RUN_RUNNING)
			return 0;
		r = advance(engine, &due, err);
		if (r == 0 && !engine->notices.n && engine->state == RUN_RUNNING) {
			if (clock_boot_us() >= deadline) {
				*ret_notice = (struct notice){.type = NOTICE_IDLE,
					.step = STEP_NONE,
					.time_us = clock_utc_us()};
				return 1;
			}
			r = turn(engine, due, deadline, err);
		}
		if (r < 0)
			return r;
	}
}

const struct graph *
engine_graph(const struct engine *engine)
{
	return engine->graph;
}

const struct uuid *
engine_run(const struct engine *engine)
{
	return &engine->hold.chain.id;
}

enum run_state
engine_state(const struct engine *engine)
{
	return engine->state;
}

void
engine_count(const struct engine *engine, struct schedule_counts *ret_counts)
{
	schedule_count(engine->schedule, ret_counts);
}

static int
compare_running(const void *a, const void *b)
{
	const struct engine_running *x = a;
	const struct engine_running *y = b;

	return (x->started_at_us > y->started_at_us) - (x->started_at_us < y->started_at_us);
}

size_t
engine_list_running(const struct engine *engine, struct engine_running *ret_steps, size_t max)
{
	struct engine_running *all = memory_new(engine->slots, sizeof(*all));
	size_t n = 0;

	for (unsigned i = 0; i < engine->slots; i++)
		if (engine->tries[i].phase != PHASE_FREE)
			all[n++] = (struct engine_running){
				engine->tries[i].step, engine->tries[i].begun_us};
	qsort(all, n, sizeof(*all), compare_running);
	n = MIN(n, max);
	if (n)
		memcpy(ret_steps, all, n * sizeof(*all));
	free(all);
	return n;
}
