#include "api/handle.h"
#include "graph/draw.h"
#include "graph/plan.h"
#include "trace/planned.h"
#include "trace/steps.h"

#define PICTURE_MAX (SIZE_MAX / 2)

/* A plan that is only in memory. The loader asks for its chunks in order. */
struct unstored {
	const struct plan *plan;
	size_t next;
};

static int
fetch_chunk(void *context, const struct digest *digest, struct buf *ret_bytes, struct err *err)
{
	struct unstored *unstored = context;
	const struct buf *chunk;
	struct digest actual;

	if (unstored->next == unstored->plan->n_chunks)
		return err_set(err, ERR_NOT_FOUND, "the plan has no more chunks");
	chunk = &unstored->plan->chunks[unstored->next++];
	digest_of(chunk->p, chunk->n, &actual);
	if (!digest_equal(&actual, digest))
		BUG("the chunks of a plan are not in order");
	buf_add_str(ret_bytes, buf_str(chunk));
	return buf_check(ret_bytes, "a chunk of the plan", err);
}

/* The graph of the whole file, as far as it is known without arguments. */
static int
sketch(const struct lily_workflow *workflow, struct graph **ret_graph, struct err *err)
{
	struct plan_request request = {
		.workflow = workflow->workflow,
		.source_digest = workflow->digest,
		.sketch = true,
	};
	struct unstored unstored = {0};
	struct plan plan;
	int r = workflow_refuse(workflow->workflow, err);

	if (r == 0)
		r = plan_make(&request, &plan, err);
	if (r < 0)
		return r;
	unstored.plan = &plan;
	r = plan_load(buf_str(&plan.head), fetch_chunk, &unstored, ret_graph, err);
	plan_done(&plan);
	return r;
}

static enum draw_format
draw_format_of(enum lily_graph_format format)
{
	switch (format) {
	case LILY_GRAPH_TEXT: return DRAW_TEXT;
	case LILY_GRAPH_DOT: return DRAW_DOT;
	case LILY_GRAPH_SVG: return DRAW_SVG;
	}
	return DRAW_TEXT;
}

/* states may be NULL. */
static int
draw(const struct graph *graph, enum lily_graph_format format, const uint8_t *states,
	char **ret_text, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(PICTURE_MAX);
	int r = graph_draw(graph, draw_format_of(format), states, &text, err);

	if (r == 0)
		*ret_text = buf_take(&text);
	return r;
}

int
lily_workflow_graph(const struct lily_workflow *workflow, enum lily_graph_format format,
	char **ret_text, struct lily_error *error)
{
	struct err err = ERR_INIT;
	struct graph *graph;
	int r = sketch(workflow, &graph, &err);

	if (r == 0) {
		r = draw(graph, format, NULL, ret_text, &err);
		graph_free(graph);
	}
	return r < 0 ? error_give(&err, error) : 0;
}

/* What waits to be tried again, or was interrupted, is pending in a picture. */
static enum draw_state
draw_state_of(struct str state)
{
	static const struct {
		const char *name;
		enum draw_state state;
	} names[] = {
		{"running", DRAW_RUNNING},
		{"succeeded", DRAW_SUCCEEDED},
		{"adopted", DRAW_SUCCEEDED},
		{"reused", DRAW_SUCCEEDED},
		{"unknown", DRAW_FAILED},
		{"failed", DRAW_FAILED},
		{"blocked", DRAW_BLOCKED},
		{"cancelled", DRAW_CANCELLED},
		{"skipped", DRAW_SKIPPED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_is(state, names[i].name))
			return names[i].state;
	return DRAW_PENDING;
}

static int
draw_run(struct store *store, const struct run_row *run, enum lily_graph_format format,
	char **ret_text, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct graph *graph;
	struct str *names;
	uint8_t *states;
	int r = planned_graph(store, run, &graph, err);

	if (r < 0)
		return r;
	r = steps_states(store, run, graph, &arena, &names, err);
	if (r == 0) {
		states = ARENA_ARRAY(&arena, graph->n_steps, uint8_t);
		for (uint32_t i = 0; i < graph->n_steps; i++)
			states[i] = (uint8_t)draw_state_of(names[i]);
		r = draw(graph, format, states, ret_text, err);
	}
	graph_free(graph);
	return r;
}

int
lily_run_graph(struct lily_store *store, const char *address, enum lily_graph_format format,
	char **ret_text, struct lily_error *error)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct run_row run;
	int r = store_find_run(store, address, &arena, &run, &err);

	if (r == 0)
		r = draw_run(store->store, &run, format, ret_text, &err);
	return r < 0 ? error_give(&err, error) : 0;
}
