#include "api/run.h"
#include "api/arguments.h"
#include "api/asked.h"
#include "api/handle.h"
#include "api/turns.h"
#include "base/clock.h"
#include "base/memory.h"
#include "run/bounds.h"
#include "run/deposit.h"
#include "run/engine.h"
#include "run/layers.h"
#include "run/prepare.h"
#include "run/record.h"
#include "run/workplace.h"
#include "store/artifact.h"
#include "store/object.h"
#include "store/request.h"
#include "json/json.h"

#include <stdio.h>

#define REASON_MAX ((size_t)64 << 10)

/* The run that --run names: made before, not begun. */
static int
take_created(struct store *store, const char *address, struct asked *asked,
	struct run_hold *ret_hold, struct err *err)
{
	struct run_row row;
	int r = run_find(store, str_of(address), &asked->arena, &row, err);

	if (r == 0)
		r = asked_find_order(store, &row, asked, err);
	if (r < 0)
		return r;
	/* Whoever drives it is named by the lock. */
	if (row.held)
		return run_take(store, &row.id, ret_hold, err);
	if (!str_is(row.status, "created") || row.has_plan)
		return err_set(err, ERR_INVALID, "run %s has begun already (%.*s)", address,
			STR_ARG(row.status));
	return run_take(store, &row.id, ret_hold, err);
}

static int
create(struct store *store, const struct lily_run_options *options, struct asked *asked,
	struct run_hold *ret_hold, char existing[LILY_RUN_ID_SIZE], struct err *err)
{
	const struct run_create_spec spec = {.kind = "start",
		.key = options->key ? str_of(options->key) : STR_EMPTY,
		.workflow = asked->name,
		.source = str_of(options->file),
		.work_order = asked->has_order ? &asked->order : NULL};
	struct uuid other;
	int r = run_create(store, &spec, ret_hold, &other, err);

	if (r > 0)
		(void)uuid_to_text(&other, existing);
	return r;
}

static int
find_key(struct store *store, const char *key, struct arena *arena,
	char existing[LILY_RUN_ID_SIZE], struct err *err)
{
	struct run_row row;
	int r;

	if (!key)
		return 0;
	r = run_find_key(store, str_of(key), arena, &row, err);
	if (r == ERR_NOT_FOUND)
		return 0;
	if (r < 0)
		return r;
	(void)uuid_to_text(&row.id, existing);
	return 1;
}

int
run_wrap(struct engine *engine, struct turn *turn, struct lily_run **ret_run, struct err *err)
{
	struct lily_run *run = memory_zeroed(1, sizeof(*run));
	int r = turn ? turn_note(turn, engine_run(engine), err) : 0;

	run->engine = engine;
	run->turn = turn;
	(void)uuid_to_text(engine_run(engine), run->id);
	if (r < 0)
		lily_run_close(run);
	else
		*ret_run = run;
	return r;
}

struct engine_options
run_engine_options(struct lily_store *store, unsigned parallel, int fail_fast)
{
	return (struct engine_options){.store = store->store,
		.workspace = store->workspace,
		.lane = store->lane,
		.machine = store_machine(store),
		.parallel = parallel,
		.fail_fast = fail_fast != 0};
}

int
run_refuse_default(struct lily_store *store, struct err *err)
{
	const struct bounds_request request = {.workspace = store->workspace,
		.store = store_path(store->store),
		.machine = store_machine(store)};
	struct bounds *bounds = NULL;
	int r = bounds_new(&request, &bounds, err);

	bounds_free(bounds);
	return r;
}

int
run_refuse_unheld(struct lily_store *store, const struct digest *plan,
	const struct graph *graph, struct err *err)
{
	struct bounds_request request = {.graph = graph,
		.workspace = store->workspace,
		.store = store_path(store->store),
		.machine = store_machine(store)};
	struct bounds *bounds = NULL;
	struct graph *loaded = NULL;
	int r = 0;

	if (!graph) {
		r = prepare_load(store->store, plan, &loaded, err);
		request.graph = loaded;
	}
	if (r == 0)
		r = bounds_new(&request, &bounds, err);
	if (r == 0)
		r = layers_refuse(request.graph,
			&(struct layers_question){
				store->lane, request.store, request.workspace},
			err);
	bounds_free(bounds);
	graph_free(loaded);
	return r;
}

const char *
lily_run_lacking(const struct lily_run *run)
{
	return engine_lacking(run->engine);
}

/* A plan, and the turn of its key. Where that had to be waited for, what the plan is made of may be
 * another by then: it is made anew. */
static int
prepare(struct lily_store *store, const struct lily_run_options *options, struct asked *asked,
	struct digest *ret_plan, struct turn **ret_turn, struct err *err)
{
	struct asked again = ASKED_INIT;
	int r = asked_prepare(store, options, asked, ret_plan, err);

	if (r == 0)
		r = turns_take(store, ret_plan, ret_turn, err);
	if (r <= 0)
		return r;
	again.has_order = asked->has_order && !options->work_order;
	if (again.has_order) {
		again.order = asked->order;
		again.order.name = arena_str(&again.arena, asked->order.name);
		again.order.kind = arena_str(&again.arena, asked->order.kind);
		again.order.type = arena_str(&again.arena, asked->order.type);
	}
	r = asked_prepare(store, options, &again, ret_plan, err);
	if (r == 0)
		r = turns_check(store, ret_plan, *ret_turn, err);
	asked_replace(asked, &again);
	return r;
}

static int
start(struct lily_store *store, const struct lily_run_options *options, struct asked *asked,
	struct lily_run **ret_run, char existing[LILY_RUN_ID_SIZE], struct err *err)
{
	struct engine_options engine_options =
		run_engine_options(store, options->parallel, options->fail_fast);
	struct run_hold hold;
	struct engine *engine;
	struct turn *turn = NULL;
	struct digest plan;
	bool held = false;
	int r = store_need_write(store, err);

	engine_options.quiet = options->quiet != 0;
	engine_options.keep = options->keep != 0;
	engine_options.waits_for_people = options->waits_for_people != 0;
	if (r == 0)
		r = find_key(store->store, options->key, &asked->arena, existing, err);
	if (r == 0 && options->run) {
		r = take_created(store->store, options->run, asked, &hold, err);
		held = r == 0;
	}
	if (r == 0)
		r = prepare(store, options, asked, &plan, &turn, err);
	if (r == 0 && !held) {
		r = create(store->store, options, asked, &hold, existing, err);
		held = r == 0;
	}
	if (r == 0) {
		held = false; /* the engine's, whatever happens */
		r = engine_start(&engine_options, &hold,
			&(struct engine_beginning){.plan = &plan,
				.work_order = asked->has_order ? &asked->order : NULL},
			&engine, err);
	}
	if (held)
		run_release(&hold);
	if (r == 0)
		return run_wrap(engine, turn, ret_run, err);
	turn_free(turn);
	return r;
}

int
lily_run_start(struct lily_store *store, const struct lily_run_options *options,
	struct lily_run **ret_run, char existing_run_id[LILY_RUN_ID_SIZE],
	struct lily_error *error)
{
	struct asked asked = {.arena = ARENA_INIT, .text = BUF_INIT(PARAMS_MAX)};
	char unasked[LILY_RUN_ID_SIZE];
	struct err err = ERR_INIT;
	int r = start(store, options, &asked, ret_run,
		existing_run_id ? existing_run_id : unasked, &err);

	asked_free(&asked);
	return r < 0 ? error_give(&err, error) : r;
}

int
lily_run_create(struct lily_store *store, const char *work_order, const char *key,
	char ret_run_id[LILY_RUN_ID_SIZE], struct lily_error *error)
{
	struct err err = ERR_INIT;
	struct uuid id;
	int r = store_need_write(store, &err);

	if (r == 0)
		r = deposit_create(
			store->store, work_order, key ? str_of(key) : STR_EMPTY, &id, &err);
	if (r < 0)
		return error_give(&err, error);
	(void)uuid_to_text(&id, ret_run_id);
	return r;
}

int
lily_run_finish(struct lily_store *store, const char *address, const char *status,
	struct lily_error *error)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct run_row row;
	int r = store_need_write(store, &err);

	if (r == 0)
		r = run_find(store->store, str_of(address ? address : ""), &arena, &row, &err);
	if (r == 0)
		r = deposit_finish(store->store, &row.id, str_of(status), &err);
	return r < 0 ? error_give(&err, error) : 0;
}

/* Begun, not ended, and nobody drives it. */
static bool
is_interrupted(const struct run_row *row)
{
	return !row->held &&
		(str_is(row->status, "running") || str_is(row->status, "waiting") ||
			(str_is(row->status, "created") && row->has_plan));
}

/* Likewise, and there is nothing that it could go on with. */
static bool
is_stillborn(const struct run_row *row)
{
	return !row->held && str_is(row->status, "created") && !row->has_plan && row->source.n;
}

/* The newest run that was interrupted. */
static int
find_interrupted(
	struct store *store, struct arena *arena, struct run_row *ret_row, struct err *err)
{
	const uint64_t page = 64;
	bool any_stillborn = false;

	for (uint64_t offset = 0;; offset += page) {
		struct run_row *rows;
		size_t n;
		int r = run_list(store, offset, page, arena, &rows, &n, err);

		if (r < 0)
			return r;
		for (size_t i = 0; i < n; i++) {
			any_stillborn |= is_stillborn(&rows[i]);
			if (!is_interrupted(&rows[i]))
				continue;
			*ret_row = rows[i];
			return 0;
		}
		if (n < page)
			return err_set(err, ERR_NOT_FOUND,
				"no run of this workspace is interrupted%s",
				any_stillborn ? ", but for one that was before its plan was "
						"recorded: "
						"`lily run` begins anew"
					      : "");
	}
}

static int
find_run(struct store *store, const char *address, struct arena *arena, struct run_row *ret_row,
	struct err *err)
{
	return run_find(store, str_of(address ? address : ""), arena, ret_row, err);
}

static int
refuse_ended(const struct run_row *row, struct err *err)
{
	char id[UUID_TEXT_SIZE];

	if (str_is(row->status, "running") || str_is(row->status, "waiting") ||
		str_is(row->status, "created"))
		return 0;
	return err_set(err, ERR_INVALID, "run %s has ended (%.*s)", uuid_to_text(&row->id, id),
		STR_ARG(row->status));
}

/* Steps go on in the workspace that they began in. */
int
run_refuse_elsewhere(struct lily_store *store, const struct run_row *row, struct err *err)
{
	char id[UUID_TEXT_SIZE];
	int r = workplace_check(store->store, row->number, store->workspace, err);

	return r < 0 ? err_wrap(err, "run %s", uuid_to_text(&row->id, id)) : 0;
}

/* The lock of the run, and its turn: whoever drives it has that. */
static int
take_with_turn(struct lily_store *store, const struct run_row *row, struct turn **ret_turn,
	struct run_hold *ret_hold, struct err *err)
{
	bool held = row->held;

	for (;;) {
		int r = row->has_plan && !held
			? MIN(turns_take(store, &row->plan, ret_turn, err), 0)
			: 0;

		if (r == 0)
			r = run_take(store->store, &row->id, ret_hold, err);
		if (r < 0 || !held)
			return r;
		/* Who had it has ended in between. */
		run_release(ret_hold);
		held = false;
	}
}

static int
resume(struct lily_store *store, const char *address, const struct lily_resume_options *options,
	struct lily_run **ret_run, struct err *err)
{
	struct engine_options engine_options = run_engine_options(
		store, options ? options->parallel : 0, options ? options->fail_fast : 0);
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct turn *turn = NULL;
	struct engine *engine;
	struct run_hold hold;
	struct run_row row = {0};
	int r = store_need_write(store, err);

	engine_options.keep = options && options->keep;
	engine_options.waits_for_people = options && options->waits_for_people;
	if (r == 0)
		r = address && *address ? find_run(store->store, address, &arena, &row, err)
					: find_interrupted(store->store, &arena, &row, err);
	if (r == 0)
		r = refuse_ended(&row, err);
	if (r == 0)
		r = take_with_turn(store, &row, &turn, &hold, err);
	if (r < 0) {
		turn_free(turn);
		return r;
	}
	/* Read again under the lock: it may have ended, or gone on, in between. */
	r = run_find(store->store,
		str_of(uuid_to_text(&hold.chain.id, (char[UUID_TEXT_SIZE]){0})), &arena, &row,
		err);
	if (r == 0)
		r = refuse_ended(&row, err);
	if (r == 0)
		r = run_refuse_elsewhere(store, &row, err);
	if (r < 0)
		run_release(&hold);
	else
		r = engine_resume(&engine_options, &hold, &row, &engine, err);
	if (r == 0)
		return run_wrap(engine, turn, ret_run, err);
	turn_free(turn);
	return r;
}

int
lily_run_resume(struct lily_store *store, const char *address,
	const struct lily_resume_options *options, struct lily_run **ret_run,
	struct lily_error *error)
{
	struct err err = ERR_INIT;
	int r = resume(store, address, options, ret_run, &err);

	return r < 0 ? error_give(&err, error) : 0;
}

static enum lily_run_event_type
event_type_of(enum notice_type type)
{
	switch (type) {
	case NOTICE_IDLE: return LILY_RUN_IDLE;
	case NOTICE_STARTED: return LILY_RUN_STEP_STARTED;
	case NOTICE_SUCCEEDED: return LILY_RUN_STEP_SUCCEEDED;
	case NOTICE_REUSED: return LILY_RUN_STEP_REUSED;
	case NOTICE_RETRYING: return LILY_RUN_STEP_RETRYING;
	case NOTICE_FAILED: return LILY_RUN_STEP_FAILED;
	case NOTICE_SKIPPED: return LILY_RUN_STEP_SKIPPED;
	case NOTICE_BLOCKED: return LILY_RUN_STEP_BLOCKED;
	case NOTICE_CANCELLED: return LILY_RUN_STEP_CANCELLED;
	case NOTICE_CANCELLING: return LILY_RUN_CANCELLING;
	case NOTICE_EXHAUSTED: return LILY_RUN_EXHAUSTED;
	case NOTICE_UNKNOWN: return LILY_RUN_STEP_UNKNOWN;
	case NOTICE_RETRIED: return LILY_RUN_STEP_RETRIED;
	case NOTICE_NOTIFIED: return LILY_RUN_NOTIFIED;
	case NOTICE_ASKED: return LILY_RUN_STEP_ASKED;
	}
	BUG("a notice of type %d", (int)type);
}

int
lily_run_next(struct lily_run *run, int timeout_ms, struct lily_run_event *ret_event,
	struct lily_error *error)
{
	const struct notice *notice = &run->notice;
	struct err err = ERR_INIT;
	bool failed;
	int r = engine_next(run->engine, timeout_ms, &run->notice, &err);

	if (r < 0)
		return error_give(&err, error);
	if (r == 0)
		return 0;
	failed = notice->has_failed || notice->type == NOTICE_FAILED ||
		notice->type == NOTICE_UNKNOWN || notice->type == NOTICE_RETRYING;
	*ret_event = (struct lily_run_event){.type = event_type_of(notice->type),
		.step = notice->step == STEP_NONE ? ""
						  : engine_step_name(run->engine, notice->step),
		.item_of = notice->step == STEP_NONE
			? ""
			: engine_loop_name(run->engine, notice->step),
		.attempt = notice->attempt,
		.try_number = notice->try_number,
		.time_us = notice->time_us,
		.duration_us = notice->duration_us,
		.until_us = notice->until_us,
		.failure = failed ? failure_class_name(notice->class) : "",
		.message = notice->message};
	return 1;
}

const char *
lily_run_id(const struct lily_run *run)
{
	return run->id;
}

const char *
lily_run_status(const struct lily_run *run)
{
	return run_state_name(engine_state(run->engine));
}

int
lily_run_has_finally(const struct lily_run *run)
{
	return engine_has_last(run->engine);
}

void
lily_run_stop(struct lily_run *run)
{
	engine_stop(run->engine);
}

void
lily_run_close(struct lily_run *run)
{
	if (!run)
		return;
	engine_free(run->engine);
	turn_free(run->turn);
	free(run);
}

/* Nobody drives the run: what is left of it is ended here. */
static int
cancel_here(struct lily_store *store, struct run_hold *hold, const struct run_row *row,
	const char *reason, struct err *err)
{
	const struct engine_options options = run_engine_options(store, 0, 0);
	struct engine *engine;
	struct notice notice;
	int r;

	if (!row->has_plan) {
		r = record_cancelling(hold, 0, str_of(reason), false, err);
		if (r == 0)
			r = record_finished(
				hold, &(struct record_end){.status = "cancelled"}, err);
		if (r == 0)
			r = store_flush(store->store, err);
		run_release(hold);
		return r;
	}
	r = engine_resume(&options, hold, row, &engine, err);
	if (r < 0)
		return r;
	r = engine_cancel(engine, str_of(reason), err);
	if (r == 0)
		do
			r = engine_next(engine, -1, &notice, err);
		while (r > 0);
	engine_free(engine);
	return r;
}

/* Asks whoever drives it. */
static int
ask_to_cancel(struct lily_store *store, const struct run_row *row, const char *reason,
	struct err *err)
{
	AUTO_BUF struct buf payload = BUF_INIT(REASON_MAX);
	int64_t request;
	int r;

	buf_add_char(&payload, '{');
	if (reason) {
		buf_add_cstr(&payload, "\"reason\":");
		json_write_string(str_of(reason), &payload);
	}
	buf_add_char(&payload, '}');
	r = buf_check(&payload, "the reason", err);
	if (r < 0)
		return r;
	return request_put(
		store->store, row->number, STR("cancel"), buf_str(&payload), &request, err);
}

static int
cancel(struct lily_store *store, const char *address, const char *reason, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct run_hold hold;
	struct run_row row;
	int r = store_need_write(store, err);

	if (r == 0)
		r = find_run(store->store, address, &arena, &row, err);
	if (r == 0)
		r = refuse_ended(&row, err);
	if (r < 0)
		return r;
	r = run_take(store->store, &row.id, &hold, err);
	if (r == ERR_DENIED)
		return ask_to_cancel(store, &row, reason, err);
	return r < 0 ? r : cancel_here(store, &hold, &row, reason ? reason : "cancelled", err);
}

int
lily_run_cancel(struct lily_store *store, const char *address, const char *reason,
	struct lily_error *error)
{
	struct err err = ERR_INIT;
	int r = cancel(store, address, reason, &err);

	return r < 0 ? error_give(&err, error) : 0;
}
