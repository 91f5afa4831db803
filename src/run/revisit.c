#include "run/revisit.h"

#include "base/memory.h"
#include "graph/expansion.h"
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

/* One step. */
struct revisited {
	uint32_t number; /* of its visit; 0: that it begins with */
	uint32_t items;  /* a foreach: the visit that its next items begin with; 0: likewise */
	uint32_t
		n_gone; /* likewise: steps of items that it had, while a rule goes back to it */
	bool is_target; /* a rule went back to it, and to nothing in front of it since */
};

struct revisits {
	struct revisited *steps; /* by number, as far as anything is known of them */
	uint32_t n;
	unsigned draining;  /* tries of visits that were superseded */
	struct arena arena; /* of what is due */
	struct revisit_cause *due;
	size_t n_due, capacity;
};

static struct revisits *
need(struct engine *engine)
{
	if (!engine->revisits)
		engine->revisits = memory_zeroed(1, sizeof(*engine->revisits));
	return engine->revisits;
}

static struct revisited *
need_step(struct engine *engine, uint32_t step)
{
	struct revisits *revisits = need(engine);
	uint32_t n = engine->graph->n_steps;

	if (step >= revisits->n) {
		revisits->steps = memory_resize(revisits->steps, n, sizeof(*revisits->steps));
		memset(revisits->steps + revisits->n, 0,
			(n - revisits->n) * sizeof(*revisits->steps));
		revisits->n = n;
	}
	return &revisits->steps[step];
}

static const struct revisited *
find(const struct engine *engine, uint32_t step)
{
	static const struct revisited none;
	const struct revisits *revisits = engine->revisits;

	return revisits && step < revisits->n ? &revisits->steps[step] : &none;
}

void
revisits_free(struct revisits *revisits)
{
	if (!revisits)
		return;
	free(revisits->steps);
	free(revisits->due);
	arena_done(&revisits->arena);
	free(revisits);
}

uint32_t
revisit_number(const struct engine *engine, uint32_t step)
{
	const struct item *item = engine->graph->steps[step].item;

	return MAX(item ? item->expansion->visit : 1, find(engine, step)->number);
}

uint32_t
revisit_of_items(const struct engine *engine, uint32_t step)
{
	return MAX(revisit_number(engine, step), find(engine, step)->items);
}

/* What it stands in, where it is one of those that begin there: a foreach or scope, else STEP_NONE. */
static uint32_t
begins(const struct graph *graph, uint32_t step)
{
	const struct step *node = &graph->steps[step];
	const struct item *item = graph_item(graph, node);
	uint32_t scope = item ? STEP_NONE : step_scope(node);

	if (item)
		return node->n_needs ? STEP_NONE : item->expansion->foreach->step;
	return scope != STEP_NONE && node->n_needs == 1 ? scope : STEP_NONE;
}

bool
revisit_must_run(const struct engine *engine, uint32_t step)
{
	while (engine->revisits && step != STEP_NONE && !find(engine, step)->is_target)
		step = begins(engine->graph, step);
	return engine->revisits && step != STEP_NONE;
}

const struct digest *
revisit_feedback(const struct engine *engine, uint32_t step)
{
	const struct digest *feedback = engine_feedback(engine, step);

	while (engine->revisits && !feedback && step != STEP_NONE) {
		step = begins(engine->graph, step);
		if (step != STEP_NONE && find(engine, step)->is_target)
			feedback = engine_feedback(engine, step);
	}
	return feedback;
}

/* --- going back --- */

/* Nothing of the visit before is in the way of the next one. */
static void
clear(struct engine *engine, const struct schedule_superseded *superseded)
{
	for (size_t i = 0; i < superseded->n_steps; i++) {
		uint32_t step = superseded->steps[i];
		uint32_t number = revisit_number(engine, step) + 1;
		struct revisited *revisited = need_step(engine, step);

		revisited->number = number;
		revisited->is_target = false;
		engine_set_feedback(engine, step, NULL);
		pools_leave(engine->pools, step);
	}
	for (size_t i = 0; i < superseded->n_retired; i++)
		pools_leave(engine->pools, superseded->retired[i]);
}

/* The foreach that gives up the step, which is of an item of it, or in one. */
static uint32_t
giver_of(const struct engine *engine, uint32_t step)
{
	do
		step = engine->graph->steps[step].item->expansion->foreach->step;
	while (schedule_visit(engine->schedule, step)->is_retired);
	return step;
}

/* No number of a visit is there twice under one name. */
static void
count_gone(struct engine *engine, const struct schedule_superseded *superseded)
{
	for (size_t i = 0; i < superseded->n_steps; i++)
		need_step(engine, superseded->steps[i])->n_gone = 0;
	for (size_t i = 0; i < superseded->n_retired; i++) {
		uint32_t number = revisit_number(engine, superseded->retired[i]) + 1;
		struct revisited *giver =
			need_step(engine, giver_of(engine, superseded->retired[i]));

		giver->n_gone++;
		giver->items = MAX(giver->items, number);
	}
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static bool
has(const uint32_t *steps, size_t n, uint32_t step)
{
	return n && bsearch(&step, steps, n, sizeof(*steps), compare);
}

static void
stop_tries(struct engine *engine, const struct schedule_superseded *superseded)
{
	for (unsigned i = 0; i < engine->slots; i++) {
		struct try *try = &engine->tries[i];

		if (try->phase == PHASE_FREE || try->superseded ||
			(!has(superseded->steps, superseded->n_steps, try->step) &&
				!has(superseded->retired, superseded->n_retired, try->step)))
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

/* What is superseded, for the record: each with the visit that begins. */
static void
describe(struct engine *engine, const struct schedule_superseded *superseded,
	struct arena *arena, struct record_superseding *record)
{
	struct record_revisited *steps =
		ARENA_ARRAY(arena, superseded->n_steps, struct record_revisited);

	for (size_t i = 0; i < superseded->n_steps; i++) {
		uint32_t step = superseded->steps[i];

		steps[i] = (struct record_revisited){.step = step,
			.number = revisit_number(engine, step),
			.gives_up = graph_expansion(engine->graph, step) != NULL,
			.items = find(engine, step)->items,
			.n_gone = find(engine, step)->n_gone};
	}
	record->steps = steps;
	record->n_steps = superseded->n_steps;
}

/* What people were asked is not asked any more, and what was looked up is looked up again. */
static int
forget(struct engine *engine, const uint32_t *steps, size_t n, struct err *err)
{
	int r = held_cancel(engine, steps, n, err);

	for (size_t i = 0; engine->asks && i < n; i++)
		asks_forget(engine, steps[i]);
	return r;
}

static void
retire(struct engine *engine, const struct schedule_superseded *superseded)
{
	for (size_t i = 0; i < superseded->n_steps; i++)
		graph_retire(engine->graph, superseded->steps[i]);
}

int
revisit_begin(struct engine *engine, const struct revisit_cause *cause, struct err *err)
{
	const struct rule *rule = routing_decider(engine->routing, cause->attempt);
	uint32_t to = step_in_file(engine->graph, cause->step, rule->target);
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct record_artifact feedback = {.kind = NULL};
	struct record_superseding record = {.by = cause->step,
		.attempt = cause->attempt,
		.rule = rule->id,
		.to = to,
		.feedback = &feedback};
	struct schedule_superseded superseded;
	int r = rule->feedback ? sent_back_keep(engine, cause, rule->id, &feedback, err) : 0;

	if (r < 0)
		return r;
	schedule_supersede(engine->schedule, to, &superseded);
	count_gone(engine, &superseded);
	clear(engine, &superseded);
	if (feedback.kind)
		engine_set_feedback(engine, to, &feedback.digest);
	describe(engine, &superseded, &arena, &record);
	r = record_superseded(&engine->hold, engine->graph, &record, err);
	if (r == 0)
		r = forget(engine, superseded.steps, superseded.n_steps, err);
	if (r == 0)
		r = forget(engine, superseded.retired, superseded.n_retired, err);
	if (r == 0)
		r = reuse_turn_ask_again(engine, superseded.steps, superseded.n_steps, err);
	if (r < 0)
		return r;
	retire(engine, &superseded);
	need_step(engine, to)->is_target = true;
	stop_tries(engine, &superseded);
	notify(engine, cause, rule, to);
	return engine_settle(engine, err);
}

/* --- going on --- */

void
revisit_restore_number(struct engine *engine, uint32_t step, uint32_t number)
{
	if (number > 1 && step < engine->graph->n_steps)
		need_step(engine, step)->number = number;
}

static void
read_superseded(struct engine *engine, const struct value *entry)
{
	struct revisited *revisited;
	int64_t step = -1;
	int64_t items = 0;

	(void)value_to_i64(value_get(entry, STR("i")), &step);
	if (value_get(entry, STR("next")))
		(void)value_to_i64(value_get(entry, STR("next")), &items);
	if (step < 0 || step >= engine->graph->n_steps)
		return;
	revisited = need_step(engine, (uint32_t)step);
	revisited->is_target = false;
	revisited->items = MAX(revisited->items, (uint32_t)items);
	engine_set_feedback(engine, (uint32_t)step, NULL);
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
	for (uint32_t i = 0; i < steps->n; i++)
		read_superseded(engine, &steps->items[i]);
	if (feedback && digest_parse(value_text(value_get(feedback, STR("sha256"))), &digest))
		engine_set_feedback(engine, to, &digest);
	need_step(engine, to)->is_target = true;
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
