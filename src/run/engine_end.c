#include "run/engine_end.h"

#include "base/memory.h"
#include "run/gather.h"
#include "run/held.h"
#include "run/notification.h"
#include "run/record_once.h"
#include "run/repeat.h"
#include "run/returns.h"
#include "run/routing.h"
#include "run/state_folder.h"

#include <fcntl.h>
#include <unistd.h>

int
engine_cancel_pending(struct engine *engine, enum schedule_part part, struct err *err)
{
	const uint32_t *steps;
	size_t n;
	int r;

	schedule_cancel(engine->schedule, part, &steps, &n);
	for (size_t i = 0; i < n; i++)
		(void)notices_add(&engine->notices, NOTICE_CANCELLED, steps[i]);
	r = held_cancel(engine, steps, n, err);
	if (r == 0)
		r = record_visits(&engine->hold, engine->graph, EVENT_VISIT_CANCELLED,
			STEP_NONE, steps, n, err);
	/* What is in `finally` may have waited for them. */
	return r < 0 ? r : engine_settle(engine, err);
}

int
engine_settle(struct engine *engine, struct err *err)
{
	const uint32_t *steps;
	size_t n;
	size_t end;
	int r = 0;

	schedule_decided(engine->schedule, &steps, &n);
	for (size_t i = 0; r == 0 && i < n; i = end) {
		const struct visit *first = schedule_visit(engine->schedule, steps[i]);
		bool skipped = first->state == VISIT_SKIPPED;

		for (end = i; end < n; end++) {
			const struct visit *visit =
				schedule_visit(engine->schedule, steps[end]);

			if (visit->state != first->state || visit->by != first->by)
				break;
			(void)notices_add(&engine->notices,
				skipped ? NOTICE_SKIPPED : NOTICE_BLOCKED, steps[end]);
		}
		r = record_visits(&engine->hold, engine->graph,
			skipped ? EVENT_VISIT_SKIPPED : EVENT_VISIT_BLOCKED, first->by,
			steps + i, end - i, err);
	}
	return r;
}

/* An item's failure is its foreach's business, up to what that allows. */
int
engine_step_failed(struct engine *engine, struct err *err)
{
	int r = engine_settle(engine, err);

	if (r == 0 && engine->options.fail_fast && !engine->failed_fast &&
		(engine_has_failed(engine) || gather_some_lost(engine))) {
		engine->failed_fast = true;
		r = engine_cancel_pending(engine, SCHEDULE_BEFORE_LAST, err);
	}
	return r;
}

const struct digest *
engine_feedback(const struct engine *engine, uint32_t step)
{
	return step < engine->n_feedback ? engine->feedback[step] : NULL;
}

void
engine_set_feedback(struct engine *engine, uint32_t step, const struct digest *errors)
{
	struct digest *kept;

	if (!errors) {
		if (step < engine->n_feedback)
			engine->feedback[step] = NULL;
		return;
	}
	if (step >= engine->n_feedback) {
		uint32_t n = engine->graph->n_steps;

		engine->feedback =
			memory_resize(engine->feedback, n, sizeof(const struct digest *));
		while (engine->n_feedback < n)
			engine->feedback[engine->n_feedback++] = NULL;
	}
	kept = ARENA_NEW(&engine->arena, struct digest);
	*kept = *errors;
	engine->feedback[step] = kept;
}

int
engine_begin_cancelling(
	struct engine *engine, int64_t request, struct str reason, struct err *err)
{
	enum schedule_part part = engine->cancelling ? SCHEDULE_ALL : SCHEDULE_BEFORE_LAST;
	int r;

	if (engine->cancelling && (engine->cancelling_last || !engine->graph->n_last))
		return 0;
	if (!reason.n)
		reason = STR("cancelled");
	r = record_cancelling(&engine->hold, request, reason, engine->cancelling, err);
	if (r < 0)
		return r;
	engine->cancelling_last = engine->cancelling;
	engine->cancelling = true;
	(void)notices_add(&engine->notices, NOTICE_CANCELLING, STEP_NONE);
	r = engine_cancel_pending(engine, part, err);
	for (unsigned i = 0; i < engine->slots; i++)
		if (part == SCHEDULE_ALL || !try_is_last(&engine->tries[i]))
			try_cancel(&engine->tries[i]);
	return r;
}

bool
engine_has_failed(const struct engine *engine)
{
	return schedule_failures(engine->schedule) > 0;
}

/* How the run would end now. */
static enum run_state
state_so_far(const struct engine *engine)
{
	AUTO_ARENA struct arena scratch = ARENA_INIT;

	if (engine->cancelling)
		return RUN_CANCELLED;
	return engine_has_failed(engine) || spending_is_over(&engine->spending) ||
			routing_failure(engine, &scratch)
		? RUN_FAILED
		: RUN_SUCCEEDED;
}

int
engine_note_status(struct engine *engine, struct err *err)
{
	if (!engine->graph->asks_status)
		return 0;
	/* Steps that are retried meanwhile open it again. */
	if (schedule_is_open(engine->schedule)) {
		engine->body_status = NULL;
		return 0;
	}
	if (engine->body_status)
		return 0;
	engine->body_status = run_state_name(state_so_far(engine));
	return record_finally(&engine->hold, engine->body_status, err);
}

/* What the workflow returns; a run whose outputs cannot be worked out has failed, and says why. */
static int
collect_outputs(struct engine *engine, struct record_end *end, struct err *err)
{
	struct record_artifact *outputs =
		ARENA_ARRAY(&engine->arena, engine->graph->n_outputs, struct record_artifact);
	const struct values values = {.store = engine->store,
		.graph = engine->graph,
		.schedule = engine->schedule,
		.input_numbers = engine->input_numbers,
		.run_id = engine->run_id,
		.run_started_us = engine->started_us,
		.arena = &engine->arena};
	struct err why = ERR_INIT;
	int r = returns_collect(
		&values, &engine->hold.next_artifact, outputs, &end->n_outputs, &why);

	if (r == 0) {
		end->outputs = outputs;
		return 0;
	}
	if (r != ERR_INVALID && r != ERR_LIMIT) {
		*err = why;
		return r;
	}
	end->status = run_state_name(RUN_FAILED);
	end->reason = arena_printf(&engine->arena, "%s", why.message);
	return 0;
}

/* Whoever says what is unknown, or answers, goes on with the run. */
static int
wait_for_person(struct engine *engine, struct err *err)
{
	int r = record_waiting(&engine->hold, err);

	engine->executor->ops->retire(engine->executor);
	if (r == 0)
		r = store_flush(engine->store, err);
	if (r == 0) {
		run_state_move(&engine->state, RUN_WAITING, EVENT_RUN_WAITING);
		folders_clear(&engine->folders, &engine->hold);
	}
	return r;
}

/* From now on nothing can change it. */
static int
decide_end(struct engine *engine, struct err *err)
{
	struct ending *ending = &engine->ending;
	int r = 0;

	*ending = (struct ending){.state = state_so_far(engine)};
	ending->record.status = run_state_name(ending->state);
	engine->end_made = engine->hold.next_artifact;
	if (ending->state == RUN_SUCCEEDED)
		r = collect_outputs(engine, &ending->record, err);
	else if (ending->state == RUN_FAILED)
		ending->record.reason = routing_failure(engine, &engine->arena);
	if (r < 0)
		return r;
	if (ending->record.reason)
		ending->state = RUN_FAILED;
	ending->is_certain = true;
	return 0;
}

static int
end_run(struct engine *engine, struct err *err)
{
	const struct ending *ending = &engine->ending;
	int r;

	/* Before the run has ended, or a crash could leave them for ever: nobody needs them now. */
	if (engine->graph->keeps_state && ending->state != RUN_FAILED)
		state_folder_clear(engine->hold.directory);
	layers_clear(&engine->layers);
	r = record_finished(&engine->hold, &ending->record, err);
	engine->executor->ops->retire(engine->executor);
	if (r == 0)
		r = store_flush(engine->store, err);
	if (r == 0) {
		run_state_move(&engine->state, ending->state, EVENT_RUN_FINISHED);
		folders_clear(&engine->folders, &engine->hold);
		/* Stays where an interrupted attempt has its log, which is no object. */
		(void)unlinkat(engine->hold.directory, "attempts", AT_REMOVEDIR);
		if (ending->state == RUN_SUCCEEDED)
			repeat_keep(engine);
	}
	return r;
}

int
engine_finish(struct engine *engine, struct err *err)
{
	struct schedule_counts counts;
	int r = 0;

	schedule_count(engine->schedule, &counts);
	if (counts.by_state[VISIT_UNKNOWN] || counts.by_state[VISIT_ASKED]) {
		r = notification_send(engine, RUN_WAITING, NULL, err);
		return r ? MIN(r, 0) : wait_for_person(engine, err);
	}
	if (!engine->ending.is_certain)
		r = decide_end(engine, err);
	if (r == 0)
		r = notification_send(
			engine, engine->ending.state, engine->ending.record.reason, err);
	return r ? MIN(r, 0) : end_run(engine, err);
}
