#include "run/revisit.h"

#include "base/memory.h"
#include "route/rule.h"
#include "run/ask.h"
#include "run/held.h"
#include "run/record_revisit.h"
#include "run/reuse_turn.h"
#include "run/routing.h"
#include "run/schedule_again.h"
#include "run/sent_back.h"
#include "store/run_rows.h"
#include "store/stats.h"

#include <stdio.h>
#include <stdlib.h>

struct revisits {
	uint32_t *numbers; /* by planned step; 0: the first */
	uint32_t n;
	unsigned draining;  /* tries of visits that were superseded */
	struct arena arena; /* of what is due */
	struct revisit_cause *due;
	size_t n_due, capacity;
};

static struct revisits *
need(struct engine *engine)
{
	struct revisits *revisits = engine->revisits;

	if (revisits)
		return revisits;
	revisits = engine->revisits = memory_zeroed(1, sizeof(*revisits));
	revisits->n = engine->graph->n_planned;
	revisits->numbers = memory_zeroed(revisits->n, sizeof(*revisits->numbers));
	return revisits;
}

void
revisits_free(struct revisits *revisits)
{
	if (!revisits)
		return;
	free(revisits->numbers);
	free(revisits->due);
	arena_done(&revisits->arena);
	free(revisits);
}

uint32_t
revisit_number(const struct engine *engine, uint32_t step)
{
	const struct revisits *revisits = engine->revisits;

	return revisits && step < revisits->n ? MAX(1, revisits->numbers[step]) : 1;
}

/* --- going back --- */

/* Nothing of the visit before is in the way of the next one. */
static void
clear(struct engine *engine, const uint32_t *steps, size_t n)
{
	struct revisits *revisits = need(engine);

	for (size_t i = 0; i < n; i++) {
		uint32_t step = steps[i];

		revisits->numbers[step] = revisit_number(engine, step) + 1;
		engine_set_feedback(engine, step, NULL);
		pools_leave(engine->pools, step);
	}
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
stop_tries(struct engine *engine, const uint32_t *steps, size_t n)
{
	for (unsigned i = 0; i < engine->slots; i++) {
		struct try *try = &engine->tries[i];

		if (try->phase == PHASE_FREE || try->superseded ||
			!bsearch(&try->step, steps, n, sizeof(*steps), compare))
			continue;
		try->superseded = true;
		engine->revisits->draining++;
		try_cancel(try);
	}
	if (!engine->revisits->draining)
		schedule_release(engine->schedule);
}

void
revisit_try_ended(struct engine *engine)
{
	if (--engine->revisits->draining == 0)
		schedule_release(engine->schedule);
}

static void
notify(struct engine *engine, const struct revisit_cause *cause, const struct rule *rule,
	uint32_t to)
{
	struct notice *notice = notices_add(&engine->notices, NOTICE_RETRIED, to);
	struct str by = engine->graph->steps[cause->step].name;

	(void)snprintf(notice->message, sizeof(notice->message), "visit %u: rule %.*s, by %.*s",
		revisit_number(engine, to), STR_ARG(rule->id), (int)MIN(by.n, 100), by.p);
}

int
revisit_begin(struct engine *engine, const struct revisit_cause *cause, struct err *err)
{
	const struct rule *rule = routing_decider(engine->routing, cause->attempt);
	uint32_t to = graph_find(engine->graph, rule->target);
	struct record_artifact feedback = {.kind = NULL};
	struct record_superseding record = {.by = cause->step,
		.attempt = cause->attempt,
		.rule = rule->id,
		.to = to,
		.feedback = &feedback};
	int r = rule->feedback ? sent_back_keep(engine, cause, rule->id, &feedback, err) : 0;

	if (r < 0)
		return r;
	schedule_supersede(engine->schedule, to, &record.steps, &record.n_steps);
	clear(engine, record.steps, record.n_steps);
	if (feedback.kind)
		engine_set_feedback(engine, to, &feedback.digest);
	record.numbers = need(engine)->numbers;
	r = record_superseded(&engine->hold, engine->graph, &record, err);
	if (r == 0)
		r = held_cancel(engine, record.steps, record.n_steps, err);
	for (size_t i = 0; engine->asks && i < record.n_steps; i++)
		asks_forget(engine, record.steps[i]);
	if (r == 0)
		r = reuse_turn_ask_again(engine, record.steps, record.n_steps, err);
	if (r < 0)
		return r;
	reuse_turn_never_ask(engine, to);
	stop_tries(engine, record.steps, record.n_steps);
	notify(engine, cause, rule, to);
	return engine_settle(engine, err);
}

/* --- going on --- */

void
revisit_restore_number(struct engine *engine, uint32_t step, uint32_t number)
{
	if (number > 1 && step < engine->graph->n_planned)
		need(engine)->numbers[step] = number;
}

static int
read_superseding(
	struct engine *engine, const struct event *event, struct arena *arena, struct err *err)
{
	const struct value *payload;
	const struct value *steps;
	const struct value *feedback;
	struct digest digest;
	uint32_t to;
	int r = event_parse_payload(event, arena, &payload, err);

	if (r < 0)
		return r;
	steps = value_get(payload, STR("steps"));
	feedback = value_get(payload, STR("feedback"));
	to = graph_find(engine->graph, value_text(value_get(payload, STR("to"))));
	if (to == STEP_NONE || !steps || steps->kind != VALUE_ARRAY)
		return err_set(err, ERR_CORRUPT,
			"the record does not fit its plan: event %llu; run lily fsck",
			(unsigned long long)event->seq);
	for (uint32_t i = 0; i < steps->n; i++) {
		int64_t step = -1;

		(void)value_to_i64(value_get(&steps->items[i], STR("i")), &step);
		if (step >= 0 && step < engine->graph->n_planned)
			engine_set_feedback(engine, (uint32_t)step, NULL);
	}
	if (feedback && digest_parse(value_text(value_get(feedback, STR("sha256"))), &digest))
		engine_set_feedback(engine, to, &digest);
	reuse_turn_never_ask(engine, to);
	return 0;
}

int
revisit_restore(struct engine *engine, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct event *events;
	size_t n;
	int r;

	if (!engine->revisits)
		return 0;
	r = stats_events(engine->store, engine->hold.chain.run, EVENT_VISITS_SUPERSEDED, &arena,
		&events, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (!events[i].removed)
			r = read_superseding(engine, &events[i], &arena, err);
	return r;
}

void
revisit_note_due(struct engine *engine, const struct attempt_row *row)
{
	struct revisits *revisits = need(engine);
	struct revisit_cause *cause;
	struct digest *log;

	revisits->due = memory_grow(
		revisits->due, revisits->n_due, &revisits->capacity, sizeof(*revisits->due));
	cause = &revisits->due[revisits->n_due++];
	*cause = (struct revisit_cause){.step = row->step,
		.attempt = row->number,
		.class = row->class.n ? arena_cstr(&revisits->arena, row->class) : NULL,
		.message = arena_str(&revisits->arena, row->message),
		.exit_code = row->has_exit && !row->signal ? row->exit_code : -1};
	if (!row->has_log)
		return;
	log = ARENA_NEW(&revisits->arena, struct digest);
	*log = row->log;
	cause->log = log;
}

int
revisit_resume(struct engine *engine, struct err *err)
{
	struct revisits *revisits = engine->revisits;
	int r = 0;

	for (size_t i = 0; r == 0 && revisits && i < revisits->n_due; i++) {
		const struct revisit_cause *cause = &revisits->due[i];
		uint8_t state = schedule_visit(engine->schedule, cause->step)->state;

		/* Another one may have gone back further. */
		if (state == VISIT_FAILED || state == VISIT_SUCCEEDED)
			r = revisit_begin(engine, cause, err);
	}
	if (revisits)
		revisits->n_due = 0;
	return r;
}
