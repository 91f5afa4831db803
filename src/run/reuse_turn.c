#include "run/reuse_turn.h"

#include "run/once.h"

#include "base/clock.h"
#include "base/memory.h"
#include "graph/step_gates.h"
#include "run/adopt_items.h"
#include "run/condition.h"
#include "run/gate_result.h"
#include "run/judged.h"
#include "run/labels.h"
#include "run/reuse.h"
#include "run/revisit.h"
#include "run/routing.h"

#include <stdio.h>

enum asked { ASKED_NOT, ASKED, ASKED_TO_JUDGE };

struct reuse_batch {
	struct arena arena; /* of the steps in it */
	struct arena scratch;
	enum asked *asked; /* by step, */
	uint32_t n_steps;  /* as many as the graph had when last looked at */
	struct record_reused items[REUSE_BATCH];
	size_t n;
	int64_t run; /* whose name stands in `from`, -1: none */
	char from[UUID_TEXT_SIZE];
};

int
reuse_turn_init(struct engine *engine, struct err *err)
{
	static const char path_name[] = "PATH=";
	struct reuse_request request = {.store = engine->store,
		.graph = engine->graph,
		.workspace = engine->workspace,
		.workspace_path = engine->options.workspace,
		.bounds = engine->bounds,
		.run = engine->hold.chain.run};
	int r;

	for (size_t i = 0; i < engine->environment.n_fixed; i++)
		if (strncmp(engine->environment.fixed[i], path_name, 5) == 0)
			request.path = engine->environment.fixed[i] + 5;
	r = reuse_new(&request, &engine->reuse, err);
	if (r < 0 || !engine->reuse)
		return r;
	engine->reused = memory_zeroed(1, sizeof(*engine->reused));
	return 0;
}

void
reuse_turn_done(struct engine *engine)
{
	reuse_free(engine->reuse);
	engine->reuse = NULL;
	if (!engine->reused)
		return;
	free(engine->reused->asked);
	arena_done(&engine->reused->arena);
	arena_done(&engine->reused->scratch);
	free(engine->reused);
	engine->reused = NULL;
}

static struct record_artifact
artifact_of(struct engine *engine, const struct step_output *declared,
	const struct cache_output *output, struct arena *arena)
{
	struct digest *schema = NULL;

	if (output->has_schema) {
		schema = ARENA_NEW(arena, struct digest);
		*schema = output->schema;
	}
	return (struct record_artifact){.name = declared->name,
		.digest = output->digest,
		.size = output->size,
		.number = engine->hold.next_artifact++,
		.kind = arena_cstr(arena, output->kind),
		.type = arena_str(arena, output->type),
		.schema = schema,
		.is_executable = output->is_executable};
}

/* All of them passed. */
static int
take_gates(struct engine *engine, const struct produced *produced,
	const struct reuse_found *found, struct record_reused *item, struct err *err)
{
	const struct step *step = &engine->graph->steps[item->step];
	struct arena *arena = &engine->reused->arena;
	uint32_t *made = ARENA_ARRAY(arena, step->n_outputs, uint32_t);
	struct record_gate *gates;
	int r = 0;

	if (!step->gates)
		return 0;
	gates = ARENA_ARRAY(arena, step->gates->n, struct record_gate);
	for (uint32_t i = 0; i < step->n_outputs; i++)
		made[i] = produced[i].artifact;
	for (uint32_t i = 0; r == 0 && i < step->gates->n; i++) {
		const struct gate_taken taken = {.gate = &step->gates->items[i],
			.step = item->step,
			.result = &found->gates[i].result,
			.run = &found->entry.run_id,
			.attempt = found->entry.attempt,
			.made = made};

		r = gate_result_take_over(engine, &taken, arena, &gates[i], err);
		for (size_t j = 0; r == 0 && j < gates[i].n_grants; j++)
			labels_add(engine->labels, gates[i].grants[j].artifact,
				gates[i].grants[j].label);
	}
	item->gates = gates;
	item->n_gates = step->gates->n;
	return r;
}

/* The step is done: its outputs get numbers in this run, and those that need it may start. */
static int
take(struct engine *engine, uint32_t number, const struct reuse_found *found, struct err *err)
{
	struct reuse_batch *batch = engine->reused;
	const struct step *step = &engine->graph->steps[number];
	struct produced *produced = step->n_outputs
		? ARENA_ARRAY(&engine->arena, step->n_outputs, struct produced)
		: NULL;
	struct record_reused *item = &batch->items[batch->n++];
	struct notice *notice;
	int r;

	*item = (struct record_reused){.step = number,
		.run = found->entry.run_id,
		.attempt = found->entry.attempt,
		.outputs = ARENA_ARRAY(&batch->arena, step->n_outputs, struct record_artifact)};
	for (uint32_t i = 0; i < step->n_outputs; i++) {
		const struct cache_output *output = found->outputs[i];
		struct record_artifact *artifact = &item->outputs[item->n_outputs];

		if (!output)
			continue;
		*artifact = artifact_of(engine, &step->outputs[i], output, &batch->arena);
		item->n_outputs++;
		produced[i] = (struct produced){.digest = output->digest,
			.size = output->size,
			.artifact = artifact->number,
			.is_tree = str_is(output->kind, "dir")};
	}
	r = take_gates(engine, produced, found, item, err);
	if (r < 0)
		return r;
	schedule_taken(engine->schedule, number, VISIT_REUSED, produced);
	for (size_t i = 0; i < item->n_gates; i++)
		judged_note(engine->schedule, engine->graph, number, item->gates[i].gate->name,
			&item->gates[i].result.digest, &engine->arena);
	if (engine->options.quiet)
		return 0;
	notice = notices_add(&engine->notices, NOTICE_REUSED, number);
	if (batch->run != found->entry.run) {
		batch->run = found->entry.run;
		(void)uuid_to_text(&found->entry.run_id, batch->from);
	}
	(void)snprintf(notice->message, sizeof(notice->message), "%s:%u", batch->from,
		found->entry.attempt);
	return 0;
}

/* The graph grows by the items of its foreach steps. */
static void
note_asked(struct engine *engine, uint32_t step)
{
	struct reuse_batch *batch = engine->reused;
	uint32_t n = engine->graph->n_steps;

	if (step >= batch->n_steps) {
		batch->asked = memory_resize(batch->asked, n, sizeof(*batch->asked));
		memset(batch->asked + batch->n_steps, 0,
			(n - batch->n_steps) * sizeof(*batch->asked));
		batch->n_steps = n;
	}
	batch->asked[step] = ASKED;
}

static bool
was_asked(const struct reuse_batch *batch, uint32_t step)
{
	return step < batch->n_steps && batch->asked[step] != ASKED_NOT;
}

int
reuse_turn_ask_again(struct engine *engine, const uint32_t *steps, size_t n, struct err *err)
{
	struct reuse_batch *batch = engine->reused;
	int r;

	if (!batch)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (steps[i] < batch->n_steps)
			batch->asked[steps[i]] = ASKED_NOT;
	r = store_flush(engine->store, err);
	return r < 0 ? r : cache_refresh(engine->store, err);
}

/* 1 where the step was a hit. */
static int
ask(struct engine *engine, uint32_t step, struct err *err)
{
	struct reuse_batch *batch = engine->reused;
	struct values values;
	struct labels_lacking lacking;
	struct reuse_found found;
	const char *why;
	int r;

	arena_reset(&batch->scratch);
	engine_values(engine, step, &batch->scratch, &values);
	note_asked(engine, step);
	labels_look(engine->labels, &values, values.step, &lacking);
	if (lacking.n)
		return 0;
	r = reuse_look(engine->reuse, &values, step, &found, err);
	if (r == 0 && found.answer == REUSE_JUDGE)
		batch->asked[step] = ASKED_TO_JUDGE;
	if (r < 0 || found.answer != REUSE_HIT)
		return MIN(r, 0);
	r = reuse_put_back(engine->reuse, &values, step, &found, &why, err);
	if (r <= 0)
		return r;
	r = take(engine, step, &found, err);
	return r < 0 ? r : 1;
}

bool
reuse_turn_take_kept(struct engine *engine, uint32_t step)
{
	struct reuse_batch *batch = engine->reused;

	if (!batch || step >= batch->n_steps || batch->asked[step] != ASKED_TO_JUDGE)
		return false;
	batch->asked[step] = ASKED;
	return true;
}

bool
reuse_turn_is_open(const struct engine *engine, uint32_t step)
{
	const struct reuse_batch *batch = engine->reused;

	/* What the user wants done anew is done; its keys are kept all the same. */
	return batch && !once_is(engine->graph, step) && !engine->graph->fresh &&
		!was_asked(batch, step) && !schedule_visit(engine->schedule, step)->tries &&
		!routing_is_about_success(engine->routing, step) &&
		!revisit_must_run(engine, step);
}

/* By its `if`, which may see what was taken: 1, or 0 where it is skipped or blocked, or cannot be worked
 * out: then it is begun, to fail. */
static int
may_be_looked_up(struct engine *engine, uint32_t step, struct err *err)
{
	int r;

	if (!engine->graph->steps[step].condition)
		return 1;
	r = reuse_turn_record(engine, err);
	if (r == 0)
		r = condition_ask(engine, step, err);
	if (r <= 0 || !condition_failure(engine, step))
		return r;
	note_asked(engine, step);
	return 0;
}

/* Takes steps in their order until one has to run, waits, or the batch is full. */
static int
take_some(struct engine *engine, struct err *err)
{
	struct reuse_batch *batch = engine->reused;

	while (batch->n < REUSE_BATCH) {
		uint32_t step = schedule_next(engine->schedule);
		int r;

		if (step == STEP_NONE || !reuse_turn_is_open(engine, step))
			return 0;
		r = adopt_items_may(engine, step, err);
		if (r != 0)
			return MIN(r, 0);
		r = may_be_looked_up(engine, step, err);
		if (r > 0)
			r = ask(engine, step, err);
		else if (r == 0)
			continue;
		if (r <= 0)
			return r;
	}
	return 1;
}

int
reuse_turn_take(struct engine *engine, struct err *err)
{
	uint32_t step = schedule_next(engine->schedule);
	int r;

	if (!engine->reused || step == STEP_NONE || !reuse_turn_is_open(engine, step))
		return 0;
	store_reading_begin(engine->store);
	r = take_some(engine, err);
	store_reading_end(engine->store);
	return r;
}

int
reuse_turn_record(struct engine *engine, struct err *err)
{
	struct reuse_batch *batch = engine->reused;
	int r;

	if (!batch || !batch->n)
		return 0;
	r = record_reused(&engine->hold, engine->graph, batch->items, batch->n, err);
	batch->n = 0;
	arena_reset(&batch->arena);
	/* A step that asked for another outcome is skipped. */
	return r < 0 ? r : engine_settle(engine, err);
}
