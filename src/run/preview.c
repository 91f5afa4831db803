#include "run/preview.h"

#include "base/clock.h"
#include "base/file.h"
#include "run/environment.h"
#include "run/reuse.h"

#include <fcntl.h>

struct look {
	const struct preview_request *request;
	struct arena *arena;
	struct arena scratch;
	struct preview *previews;
	struct schedule *schedule;
	struct reuse *reuse; /* NULL: no step is looked up */
	int workspace;
	struct environment environment;
	uint32_t *input_numbers;
};

/* Any number but 0: here an artifact is only there or not. */
#define THERE 1

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
	schedule_reused(look->schedule, number, produced);
}

/* It runs: nobody knows what follows from that, so its dependents stay pending. */
static void
take_run(struct look *look, uint32_t number, const char *why)
{
	look->previews[number] = (struct preview){
		.after = STEP_NONE, .why = arena_cstr(look->arena, str_of(why))};
	schedule_park(look->schedule, number);
}

static int
ask(struct look *look, uint32_t number, struct err *err)
{
	const struct graph *graph = look->request->graph;
	const struct values values = {.store = look->request->store,
		.graph = graph,
		.schedule = look->schedule,
		.input_numbers = look->input_numbers,
		.run_id = "",
		.run_started_us = clock_utc_us(),
		.arena = &look->scratch};
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
	else
		take_run(look, number, found.why);
	return 0;
}

/* Steps that stay pending: the first of their needs that would run says why. */
static void
explain_rest(struct look *look)
{
	const struct graph *graph = look->request->graph;

	for (uint32_t i = 0; i < graph->n_steps; i++) {
		struct preview *preview = &look->previews[i];

		if (preview->reused || preview->why)
			continue;
		preview->after = STEP_NONE;
		preview->why = graph->fresh ? "--fresh" : reuse_refusal(graph, i);
		if (!preview->why && graph->steps[i].template_of)
			preview->why = "each item is looked up when its list is known";
		if (preview->why)
			continue;
		for (uint32_t j = 0; preview->after == STEP_NONE && j < graph->steps[i].n_needs;
			j++)
			if (!look->previews[graph->steps[i].needs[j]].reused)
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
	return reuse_new(&reuse, &look->reuse, err);
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
	while (r == 0 && (step = schedule_next(look.schedule)) != STEP_NONE)
		r = ask(&look, step, err);
	explain_rest(&look);
	schedule_free(look.schedule);
	reuse_free(look.reuse);
	fd_close(&look.workspace);
	arena_done(&look.scratch);
	if (r == 0)
		*ret_previews = look.previews;
	return r;
}
