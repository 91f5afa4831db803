#include "run/preview.h"

#include "base/clock.h"
#include "base/file.h"
#include "graph/step_gates.h"
#include "run/bounds.h"
#include "run/environment.h"
#include "run/reuse.h"
#include "run/scope.h"

#include <fcntl.h>

struct look {
	const struct preview_request *request;
	struct arena *arena;
	struct arena scratch;
	struct preview *previews;
	struct schedule *schedule;
	struct reuse *reuse; /* NULL: no step is looked up */
	struct bounds *bounds;
	int workspace;
	struct environment environment;
	uint32_t *input_numbers;
};

/* Any number but 0: here an artifact is only there or not. */
#define THERE 1

static void
take_gates(struct look *look, uint32_t number, const struct reuse_found *found)
{
	const struct step_gates *gates = look->request->graph->steps[number].gates;
	struct preview *preview = &look->previews[number];
	struct reuse_gate *items;

	if (!gates)
		return;
	items = ARENA_ARRAY(look->arena, gates->n, struct reuse_gate);
	for (uint32_t i = 0; i < gates->n; i++) {
		items[i] = found->gates[i];
		if (items[i].why)
			items[i].why = arena_cstr(look->arena, str_of(items[i].why));
	}
	preview->gates = items;
	preview->n_gates = gates->n;
}

/* What the step would have made is what those that need it would find. */
static void
take_hit(struct look *look, uint32_t number, const struct reuse_found *found)
{
	const struct step *step = &look->request->graph->steps[number];
	struct produced *produced = ARENA_ARRAY(look->arena, step->n_outputs, struct produced);

	for (uint32_t i = 0; i < step->n_outputs; i++)
		if (found->outputs[i])
			produced[i] = (struct produced){.digest = found->outputs[i]->digest,
				.size = found->outputs[i]->size,
				.artifact = THERE,
				.is_tree = str_is(found->outputs[i]->kind, "dir")};
	look->previews[number] = (struct preview){.reused = true,
		.run = found->entry.run_id,
		.attempt = found->entry.attempt,
		.after = STEP_NONE};
	take_gates(look, number, found);
	schedule_taken(look->schedule, number, VISIT_REUSED, produced);
}

/* It is not known what the gates will find: its dependents stay pending, too. */
static void
take_judged(struct look *look, uint32_t number, const struct reuse_found *found)
{
	look->previews[number] = (struct preview){.judged = true,
		.run = found->entry.run_id,
		.attempt = found->entry.attempt,
		.after = STEP_NONE};
	take_gates(look, number, found);
	schedule_park(look->schedule, number);
}

/* It runs: nobody knows what follows from that, so its dependents stay pending. */
static void
take_run(struct look *look, uint32_t number, const char *why)
{
	look->previews[number] = (struct preview){
		.after = STEP_NONE, .why = arena_cstr(look->arena, str_of(why))};
	schedule_park(look->schedule, number);
}

static struct values
values_of(struct look *look, uint32_t number)
{
	return (struct values){.store = look->request->store,
		.graph = look->request->graph,
		.schedule = look->schedule,
		.input_numbers = look->input_numbers,
		.run_id = "",
		.run_started_us = clock_utc_us(),
		.step = &look->request->graph->steps[number],
		.arena = &look->scratch};
}

/* Its steps are looked up as they come; where it has an `if`, or is given what cannot be made, that is
 * left to the run. */
static void
open_scope(struct look *look, uint32_t number)
{
	struct values values = values_of(look, number);
	struct err ignored = ERR_INIT;

	arena_reset(&look->scratch);
	if (look->request->graph->steps[number].condition || !look->request->store ||
		scope_give_values(&values, look->request->graph, number, &ignored) < 0) {
		take_run(look, number, reuse_refusal(look->request->graph, number));
		return;
	}
	look->previews[number] = (struct preview){
		.after = STEP_NONE, .why = reuse_refusal(look->request->graph, number)};
	schedule_opened(look->schedule, number);
}

/* Where all that is in it is there, what it returns is, too, as far as that are artifacts. */
static void
close_scope(struct look *look, uint32_t number)
{
	const struct graph *graph = look->request->graph;
	const struct step *step = &graph->steps[number];
	struct produced *produced = ARENA_ARRAY(look->arena, step->n_outputs, struct produced);
	struct values values = values_of(look, number);
	struct artifact_taken taken;

	for (uint32_t i = number + 1; i <= number + step->scope->n_steps; i++)
		if (step_scope(&graph->steps[i]) == number &&
			!visit_is_done(
				(enum visit_state)schedule_visit(look->schedule, i)->state))
			return;
	for (uint32_t i = 0; i < step->n_outputs; i++) {
		if (step->scope->results[i].expression)
			return;
		if (values_artifact(&values, &step->scope->results[i].reference, &taken))
			produced[i] = (struct produced){.digest = taken.digest,
				.size = taken.size,
				.artifact = THERE,
				.is_tree = taken.is_tree};
	}
	schedule_accepted(look->schedule, number, produced);
}

static int
ask(struct look *look, uint32_t number, struct err *err)
{
	const struct graph *graph = look->request->graph;
	const struct values values = values_of(look, number);
	const char *refusal = reuse_refusal(graph, number);
	struct reuse_found found;
	int r;

	arena_reset(&look->scratch);
	if (!look->reuse || graph->fresh || refusal) {
		take_run(look, number,
			graph->fresh      ? "--fresh"
				: refusal ? refusal
					  : "nothing was accepted under its key");
		return 0;
	}
	r = reuse_look(look->reuse, &values, number, &found, err);
	if (r < 0)
		return r;
	if (found.answer == REUSE_HIT)
		take_hit(look, number, &found);
	else if (found.answer == REUSE_JUDGE)
		take_judged(look, number, &found);
	else
		take_run(look, number, found.why);
	return 0;
}

/* Whether the step cannot be looked up for the sake of one that it needs: that runs, and is not the scope
 * that it is in, open. */
static bool
holds_back(const struct look *look, uint32_t step, uint32_t need)
{
	uint8_t state = schedule_visit(look->schedule, need)->state;

	return !visit_is_done((enum visit_state)state) &&
		!(state == VISIT_RUNNING &&
			step_scope(&look->request->graph->steps[step]) == need);
}

/* Steps that stay pending: the first of their needs that would run says why. */
static void
explain_rest(struct look *look)
{
	const struct graph *graph = look->request->graph;

	for (uint32_t i = 0; i < graph->n_steps; i++) {
		struct preview *preview = &look->previews[i];

		if (preview->reused || preview->judged || preview->why)
			continue;
		preview->after = STEP_NONE;
		preview->why = graph->fresh ? "--fresh" : reuse_refusal(graph, i);
		if (!preview->why && graph->steps[i].template_of)
			preview->why = "each item is looked up when its list is known";
		if (preview->why)
			continue;
		for (uint32_t j = 0; preview->after == STEP_NONE && j < graph->steps[i].n_needs;
			j++)
			if (holds_back(look, i, graph->steps[i].needs[j]))
				preview->after = graph->steps[i].needs[j];
		preview->why = "it needs a step that runs";
	}
}

static int
prepare(struct look *look, struct err *err)
{
	const struct preview_request *request = look->request;
	struct reuse_request reuse = {.store = request->store,
		.graph = request->graph,
		.workspace_path = request->workspace,
		.run = -1};
	int r = dir_open(AT_FDCWD, request->workspace, &look->workspace, err);

	if (r < 0 || !request->store)
		return r;
	environment_base(look->arena, &look->environment);
	for (size_t i = 0; i < look->environment.n_fixed; i++)
		if (strncmp(look->environment.fixed[i], "PATH=", 5) == 0)
			reuse.path = look->environment.fixed[i] + 5;
	reuse.workspace = look->workspace;
	/* Whether they can be held here only who runs anything asks. */
	r = bounds_new(&(struct bounds_request){.graph = request->graph,
			       .workspace = request->workspace,
			       .store = store_path(request->store)},
		&look->bounds, err);
	reuse.bounds = look->bounds;
	return r < 0 ? r : reuse_new(&reuse, &look->reuse, err);
}

int
preview_make(const struct preview_request *request, struct arena *arena,
	struct preview **ret_previews, struct err *err)
{
	const struct graph *graph = request->graph;
	struct look look = {.request = request, .arena = arena, .workspace = -1};
	uint32_t step;
	int r = prepare(&look, err);

	look.previews = ARENA_ARRAY(arena, graph->n_steps, struct preview);
	look.input_numbers = ARENA_ARRAY(arena, graph->n_inputs, uint32_t);
	for (uint32_t i = 0; i < graph->n_inputs; i++)
		look.input_numbers[i] = THERE;
	look.schedule = schedule_new(graph);
	schedule_restored(look.schedule);
	while (r == 0 && (step = schedule_next(look.schedule)) != STEP_NONE) {
		if (graph->steps[step].scope)
			open_scope(&look, step);
		else
			r = ask(&look, step, err);
		while ((step = schedule_gathered(look.schedule)) != STEP_NONE)
			close_scope(&look, step);
	}
	explain_rest(&look);
	schedule_free(look.schedule);
	reuse_free(look.reuse);
	bounds_free(look.bounds);
	fd_close(&look.workspace);
	arena_done(&look.scratch);
	if (r == 0)
		*ret_previews = look.previews;
	return r;
}
