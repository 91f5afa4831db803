#include "trace/planned.h"

#include "run/growth.h"
#include "run/prepare.h"

int
planned_graph(struct store *store, const struct run_row *run, struct graph **ret_graph,
	struct err *err)
{
	char id[UUID_TEXT_SIZE];
	struct graph *graph;
	int r;

	if (!run->has_plan)
		return err_set(err, ERR_NOT_FOUND, "run %s has no plan, hence no steps",
			uuid_to_text(&run->id, id));
	r = prepare_load(store, &run->plan, &graph, err);
	if (r == 0) {
		r = growth_restore(store, run->number, graph, NULL, err);
		if (r < 0)
			graph_free(graph);
	}
	if (r < 0)
		return err_wrap(err, "plan of run %s", uuid_to_text(&run->id, id));
	*ret_graph = graph;
	return 0;
}

/* A template is no step of the run. */
static uint32_t
find(const struct graph *graph, struct str name)
{
	uint32_t step = graph_find(graph, name);

	return step != STEP_NONE && graph->steps[step].template_of ? STEP_NONE : step;
}

int
planned_step(const struct graph *graph, struct str name, uint32_t *ret_step, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	uint32_t step = find(graph, name);
	struct str *names;
	struct str nearest;
	uint32_t n = 0;

	if (step != STEP_NONE) {
		*ret_step = step;
		return 0;
	}
	names = ARENA_ARRAY(&arena, graph->n_steps, struct str);
	for (uint32_t i = 0; i < graph->n_steps; i++)
		if (!graph->steps[i].template_of)
			names[n++] = graph->steps[i].name;
	nearest = str_nearest(name, names, n);
	if (nearest.n)
		return err_set(err, ERR_NOT_FOUND,
			"there is no step \"%.*s\" in the run; did you mean \"%.*s\"?",
			STR_ARG(name), STR_ARG(nearest));
	return err_set(
		err, ERR_NOT_FOUND, "there is no step \"%.*s\" in the run", STR_ARG(name));
}
