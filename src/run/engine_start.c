#include "run/engine.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "exec/local.h"
#include "exec/machine.h"
#include "graph/step_gates.h"
#include "run/adopt.h"
#include "run/adopt_items.h"
#include "run/ask.h"
#include "run/bounds.h"
#include "run/connections.h"
#include "run/engine_end.h"
#include "run/judging.h"
#include "run/labels.h"
#include "run/notification.h"
#include "run/once.h"
#include "run/prepare.h"
#include "run/record.h"
#include "run/repeat.h"
#include "run/restore.h"
#include "run/reuse_turn.h"
#include "run/revisit.h"
#include "run/routing.h"
#include "run/slots.h"
#include "run/transaction.h"
#include "run/workplace.h"
#include "store/stats.h"

#include <fcntl.h>
#include <sys/eventfd.h>

#define POOL_THREADS 2
/* What lily has open beside its slots: the store, the loop, files on their way into the store. */
#define OWN_FILES 64

static void
on_stop(void *context)
{
	struct engine *engine = context;
	uint64_t count;

	if (read(engine->stop, &count, sizeof(count)) != sizeof(count) || engine->failed)
		return;
	/* A run that has come to its end is not cancelled any more. */
	notification_stop(engine);
	if (engine->ending.is_certain)
		return;
	engine->failed =
		engine_begin_cancelling(engine, 0, STR("stopped by its caller"), &engine->err);
}

static int
note_lane(void *context, int pid, struct err *err)
{
	struct engine *engine = context;

	return run_note_lane(&engine->hold, pid, err);
}

static int
open_executor(struct engine *engine, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct bounding *rest = bounds_of_rest(engine->bounds);
	const struct local_options options = {.loop = engine->loop,
		.slots = engine->slots,
		.lane_program = engine->options.lane,
		.run_directory = engine->hold.directory,
		.run_path = arena_printf(
			&arena, "%s/runs/%s", store_path(engine->store), engine->run_id),
		.spare_path = engine->options.keep
			? NULL
			: arena_printf(&arena, "%s/spare", store_path(engine->store)),
		.keep = engine->options.keep,
		.mode = bounds_mode(engine->bounds),
		.policy = rest ? &rest->policy : NULL,
		.workspace = engine->options.workspace,
		.open_files = engine->open_files,
		.note_lane = note_lane,
		.note_connection = connections_note,
		.note_context = engine};

	return executor_local_new(&options, &engine->executor, err);
}

static struct layers_question
layers_question(const struct engine *engine)
{
	return (struct layers_question){.lane = engine->options.lane,
		.store = store_path(engine->store),
		.workspace = engine->options.workspace};
}

/* Before anything of the run is begun. */
static int
find_bounds(struct engine *engine, struct err *err)
{
	struct policy_machine machine = {0};
	const struct bounds_request request = {.graph = engine->graph,
		.workspace = engine->options.workspace,
		.store = store_path(engine->store),
		.machine = engine->options.machine ? engine->options.machine : &machine};

	const struct layers_question question = layers_question(engine);
	int r;

	if (!engine->options.machine)
		machine_probe(engine->options.lane, &machine);
	r = bounds_new(&request, &engine->bounds, err);
	return r < 0 ? r : layers_refuse(engine->graph, &question, err);
}

/* Everything that is needed to do steps. */
static int
equip(struct engine *engine, struct err *err)
{
	int r = prepare_load(engine->store, &engine->plan, &engine->graph, err);

	if (r == 0)
		r = find_bounds(engine, err);
	if (r == 0)
		r = loop_new(&engine->loop, err);
	if (r == 0)
		r = pool_new(engine->loop, POOL_THREADS, &engine->pool, err);
	if (r < 0)
		return r;
	engine->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (engine->stop < 0)
		return err_sys(err, "eventfd");
	engine->stop_watch = watch_new(engine->loop, on_stop, engine);
	watch_start(engine->stop_watch, engine->stop);
	environment_base(&engine->arena, &engine->environment);
	/* How many items there will be nobody knows. */
	engine->slots = slots_count(engine->options.parallel, engine->graph->parallel,
		engine->graph->n_templates ? UINT32_MAX : engine->graph->n_steps);
	r = process_raise_files(OWN_FILES + (uint64_t)engine->slots * LOCAL_SLOT_FILES,
		&engine->open_files, err);
	if (r < 0)
		return err_wrap(err, "%u steps at a time (--parallel)", engine->slots);
	engine->tries = memory_zeroed(engine->slots, sizeof(*engine->tries));
	for (unsigned i = 0; i < engine->slots; i++)
		engine->tries[i].engine = engine;
	engine->schedule = schedule_new(engine->graph);
	spending_init(&engine->spending, &engine->graph->budget, clock_boot_us());
	engine->pools = pools_new(engine->graph);
	engine->once = once_new(engine->graph);
	engine->notification = notification_new(engine->graph);
	engine->asks = asks_new(engine->graph);
	engine->labels = labels_new();
	engine->boundary = boundary_new(engine->store, engine->graph);
	engine->secrets = secrets_new(engine->graph, engine->options.workspace);
	r = routing_new(engine->graph, &engine->routing, err);
	if (r == 0)
		r = reuse_turn_init(engine, err);
	return r < 0 ? r : open_executor(engine, err);
}

/* Takes *hold over. Nothing is loaded yet. */
static struct engine *
new_engine(
	const struct engine_options *options, struct run_hold *hold, const struct digest *plan)
{
	struct engine *engine = memory_zeroed(1, sizeof(*engine));

	engine->store = options->store;
	engine->options = *options;
	engine->hold = *hold;
	engine->plan = *plan;
	engine->workspace = -1;
	engine->occupancy = OCCUPANCY_INIT;
	engine->asked = STEP_NONE;
	engine->stop = -1;
	engine->options.workspace = arena_cstr(&engine->arena, str_of(options->workspace));
	engine->options.lane = arena_cstr(&engine->arena, str_of(options->lane));
	(void)uuid_to_text(&hold->chain.id, engine->run_id);
	return engine;
}

static int
open_workspace(struct engine *engine, struct err *err)
{
	int r = clock_boot_id(engine->boot, err);

	if (r == 0)
		r = dir_open(AT_FDCWD, engine->options.workspace, &engine->workspace, err);
	if (r == 0)
		r = occupancy_open(engine->workspace, &engine->occupancy, err);
	engine->layers = (struct layers){.run_directory = engine->hold.directory,
		.run_path = arena_printf(&engine->arena, "%s/runs/%s",
			store_path(engine->store), engine->run_id),
		.workspace = engine->workspace,
		.workspace_path = engine->options.workspace};
	return r;
}

/* It stays of the type that it had. */
static void
describe_earlier(
	struct engine *engine, const struct earlier *earlier, struct record_artifact *input)
{
	input->kind = arena_cstr(&engine->arena, earlier->kind);
	input->type = earlier->type;
	input->schema = earlier->has_schema ? &earlier->schema : NULL;
	input->from = &earlier->run;
	input->from_artifact = earlier->artifact;
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
		ret_inputs[n] = (struct record_artifact){.name = input->name,
			.digest = input->digest,
			.size = input->size,
			.number = engine->input_numbers[i],
			.kind = input->is_tree ? "dir" : "file",
			.type = input->schema ? input->schema->id : STR_EMPTY,
			.schema = input->schema ? &input->schema->digest : NULL};
		if (input->earlier)
			describe_earlier(engine, input->earlier, &ret_inputs[n]);
		n++;
	}
	return n;
}

/* How many steps can start at once. */
static unsigned
count_first(const struct engine *engine)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < engine->graph->n_steps && n < engine->slots; i++)
		n += engine->graph->steps[i].n_needs == 0 && !engine->graph->steps[i].is_last &&
			!engine->graph->steps[i].foreach && !engine->graph->steps[i].scope;
	return n;
}

/* A run that judges does none of the steps that were not done. */
static int
skip_rest(struct engine *engine, struct err *err)
{
	const struct graph *graph = engine->graph;
	uint32_t *skipped = memory_new(graph->n_steps, sizeof(*skipped));
	size_t n = 0;
	int r;

	for (uint32_t i = 0; i < graph->n_steps; i++) {
		const struct step *step = &graph->steps[i];

		if (step->template_of || (step->gates && step->gates->of != STEP_NONE) ||
			schedule_visit(engine->schedule, i)->state != VISIT_PENDING)
			continue;
		schedule_restore(engine->schedule, i, VISIT_SKIPPED, 0, 0, NULL);
		skipped[n++] = i;
	}
	r = record_visits(
		&engine->hold, graph, EVENT_VISIT_SKIPPED, STEP_NONE, skipped, n, err);
	free(skipped);
	return r;
}

/* Takes over what the parent has done, as far as that is not in the schedule yet. */
static int
adopt(struct engine *engine, const struct engine_beginning *beginning, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct adopt_request request = {.store = engine->store,
		.parent = beginning->parent,
		.graph = engine->graph,
		.plan = beginning->plan,
		.workspace = engine->options.workspace,
		.again = beginning->again,
		.n_again = beginning->n_again,
		.labels = engine->labels};
	struct adoption *adoptions;
	int r = adopt_choose(&request, &arena, &adoptions, err);

	if (r == 0)
		r = adopt_record(&request, adoptions, &engine->hold, engine->schedule,
			&engine->arena, err);
	return r == 0 && engine->graph->is_judging ? skip_rest(engine, err) : r;
}

static int
record_plan(struct engine *engine, const struct engine_beginning *beginning, struct err *err)
{
	AUTO_BUF struct buf workplace = BUF_INIT((size_t)64 << 10);
	uint32_t n_inputs = engine->graph->n_inputs;
	struct record_artifact *inputs =
		ARENA_ARRAY(&engine->arena, n_inputs, struct record_artifact);
	struct record_plan plan = {.digest = beginning->plan,
		.inputs = inputs,
		.again = beginning->again,
		.n_again = beginning->n_again};
	int r = workplace_describe(engine->options.workspace, &workplace, err);

	if (r < 0)
		return r;
	plan.workplace = buf_str(&workplace);
	plan.n_inputs = number_inputs(engine, beginning->work_order, inputs);
	return record_planned(&engine->hold, engine->graph, &plan, err);
}

static int
begin(struct engine *engine, const struct engine_beginning *beginning, struct err *err)
{
	int r;

	engine->input_numbers = ARENA_ARRAY(&engine->arena, engine->graph->n_inputs, uint32_t);
	engine->started_us = clock_utc_us();
	/* Nobody can have asked anything of a run that is only now known. */
	engine->asked_requests_us = clock_boot_us();
	r = record_plan(engine, beginning, err);
	engine->first_made = engine->hold.next_artifact;
	if (r == 0 && beginning->parent)
		r = adopt(engine, beginning, err);
	if (r == 0 && beginning->parent && engine->graph->n_templates)
		engine->adopt_items = adopt_items_new(
			&beginning->parent->row.id, beginning->again, beginning->n_again);
	if (r == 0)
		r = record_started(
			&engine->hold, EVENT_RUN_STARTED, clock_utc_us(), engine->slots, err);
	if (r < 0)
		return r;
	/* No step runs before its plan is on disk, or a crash would leave a run that did something
	 * and cannot be resumed. Lanes may start meanwhile, where it is certain that some will. */
	if (!engine->reuse)
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
	const struct engine_beginning *beginning, struct engine **ret_engine, struct err *err)
{
	struct engine *engine = new_engine(options, hold, beginning->plan);
	int r = open_workspace(engine, err);

	engine->may_be_followed =
		!beginning->parent && !beginning->work_order && engine->hold.chain.seq == 1;
	if (r == 0 && engine->may_be_followed)
		r = repeat_begin(engine, beginning->plan, err);
	if (r == 0)
		r = equip(engine, err);
	if (r < 0)
		r = err_wrap(err, "run %s", engine->run_id);
	if (r == 0 && !engine->repeat)
		r = begin(engine, beginning, err);
	if (r < 0) {
		engine_free(engine);
		return r;
	}
	*ret_engine = engine;
	return 0;
}

/* The member "again" of run.planned. */
static int
read_again(struct engine *engine, struct arena *arena, struct engine_beginning *beginning,
	struct err *err)
{
	const struct value *payload = NULL;
	const struct value *list = NULL;
	struct str *names;
	struct event event;
	int r = stats_first_event(
		engine->store, engine->hold.chain.run, EVENT_RUN_PLANNED, arena, &event, err);

	if (r == 0 && !event.removed)
		r = event_parse_payload(&event, arena, &payload, err);
	if (r == 0 && payload)
		list = value_get(payload, STR("again"));
	if (r < 0 || !list || list->kind != VALUE_ARRAY)
		return r;
	names = ARENA_ARRAY(arena, list->n, struct str);
	for (uint32_t i = 0; i < list->n; i++)
		names[i] = value_text(&list->items[i]);
	beginning->again = names;
	beginning->n_again = list->n;
	return 0;
}

/* The process before ended between the run's plan and its start: some may be adopted already. */
static int
adopt_rest(struct engine *engine, const struct run_row *row, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct engine_beginning beginning = {.plan = &row->plan};
	struct parent parent;
	int r = parent_read(engine->store, &row->parent, &arena, &parent, err);

	if (r < 0)
		return r;
	beginning.parent = &parent;
	r = read_again(engine, &arena, &beginning, err);
	if (r == 0)
		r = adopt(engine, &beginning, err);
	parent_done(&parent);
	return r;
}

/* What its items have done is looked for as these are met. */
static int
adopt_later(struct engine *engine, const struct run_row *row, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct engine_beginning beginning = {.plan = &row->plan};
	int r = read_again(engine, &arena, &beginning, err);

	if (r == 0)
		engine->adopt_items =
			adopt_items_new(&row->parent, beginning.again, beginning.n_again);
	return r;
}

/* After the states of a stored run are back: what its last process had no time to conclude. */
static int
settle(struct engine *engine, bool cancelling, struct err *err)
{
	enum event_type event =
		engine->state == RUN_CREATED ? EVENT_RUN_STARTED : EVENT_RUN_RESUMED;
	int r = record_started(&engine->hold, event, clock_utc_us(), engine->slots, err);

	if (r < 0)
		return r;
	run_state_move(&engine->state, RUN_RUNNING, (int)event);
	/* Several events may follow from one end: the process before had no time for all of them. */
	schedule_restored(engine->schedule);
	r = cancelling ? 0 : revisit_resume(engine, err);
	if (r == 0)
		r = engine_settle(engine, err);
	if (r == 0 && engine_has_failed(engine))
		r = engine_step_failed(engine, err);
	if (r == 0 && routing_is_aborted(engine))
		r = routing_abort(engine, err);
	if (r == 0 && spending_is_over(&engine->spending))
		r = engine_cancel_pending(engine, SCHEDULE_BEFORE_LAST, err);
	for (uint32_t i = 0; r == 0 && engine->once && i < engine->graph->n_steps; i++)
		if (schedule_visit(engine->schedule, i)->state == VISIT_UNKNOWN)
			once_meet(engine, i);
	if (r == 0 && cancelling) {
		engine->cancelling = true;
		r = engine_cancel_pending(engine,
			engine->cancelling_last ? SCHEDULE_ALL : SCHEDULE_BEFORE_LAST, err);
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
		return err_set(err, ERR_INVALID, "%s",
			row->source.n ? "the run was interrupted before its plan was recorded, "
					"and nothing of it was begun; `lily cancel` ends it, "
					"`lily run` begins anew"
				      : "the run has no plan to go on with");
	}
	r = run_bury_lanes(hold, err);
	if (r < 0) {
		run_release(hold);
		return r;
	}
	engine = new_engine(options, hold, &row->plan);
	r = open_workspace(engine, err);
	if (r == 0)
		r = equip(engine, err);
	if (r < 0) {
		r = err_wrap(err, "run %s", engine->run_id);
		engine_free(engine);
		return r;
	}
	engine->started_us = row->started_us ? row->started_us : row->created_us;
	engine->state = str_is(row->status, "created") ? RUN_CREATED
		: str_is(row->status, "waiting")       ? RUN_WAITING
						       : RUN_RUNNING;
	r = notification_restore(engine, err);
	if (r == 0)
		r = transaction_mend(engine, row->number, err);
	if (r == 0)
		r = restore_run(engine, row, &cancelling, err);
	if (r == 0 && engine->state == RUN_CREATED && row->has_parent)
		r = adopt_rest(engine, row, err);
	if (r == 0 && row->has_parent && engine->graph->n_templates)
		r = adopt_later(engine, row, err);
	if (r == 0)
		r = settle(engine, cancelling, err);
	if (r < 0) {
		engine_free(engine);
		return r;
	}
	notification_resumed(engine);
	*ret_engine = engine;
	return 0;
}

static void
free_try(struct try *try)
{
	judging_done(try);
	transaction_free(try->transaction);
	arena_done(&try->arena);
}

void
engine_free(struct engine *engine)
{
	if (!engine)
		return;
	/* Lanes first: nobody writes to a run whose lock is gone. */
	engine->failed = engine->failed ? engine->failed : ERR_SYS;
	repeat_free(engine->repeat);
	if (engine->executor)
		engine->executor->ops->free(engine->executor);
	pool_free(engine->pool);
	if (engine->open_files)
		process_limit_files(engine->open_files);
	watch_free(engine->stop_watch);
	loop_free(engine->loop);
	fd_close(&engine->stop);
	fd_close(&engine->workspace);
	occupancy_done(&engine->occupancy);
	reuse_turn_done(engine);
	schedule_free(engine->schedule);
	pools_free(engine->pools);
	once_free(engine->once);
	notification_free(engine->notification);
	routing_free(engine->routing);
	revisits_free(engine->revisits);
	asks_free(engine->asks);
	labels_free(engine->labels);
	adopt_items_free(engine->adopt_items);
	for (unsigned i = 0; engine->tries && i < engine->slots; i++)
		free_try(&engine->tries[i]);
	free(engine->tries);
	notices_done(&engine->notices);
	folders_done(&engine->folders);
	free(engine->feedback);
	boundary_free(engine->boundary);
	bounds_free(engine->bounds);
	secrets_free(engine->secrets);
	graph_free(engine->graph);
	run_release(&engine->hold);
	arena_done(&engine->arena);
	free(engine);
}
