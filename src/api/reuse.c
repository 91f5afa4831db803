#include "api/arguments.h"
#include "api/handle.h"
#include "run/prepare.h"
#include "run/preview.h"
#include "store/cache.h"
#include "trace/shape.h"
#include "trace/why.h"
#include "json/builder.h"

int
lily_run_why(struct lily_store *store, const char *address, const char *step,
	struct lily_document **ret_document, struct lily_error *error)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	struct run_row run;
	int r = store_find_run(store, address, &arena, &run, &err);

	if (r == 0)
		r = why_make(store->store, &run, str_of(step), &document->arena,
			&document->root, &err);
	return document_give(document, r, &err, ret_document, error);
}

int
lily_cache_describe(
	struct lily_store *store, struct lily_document **ret_document, struct lily_error *error)
{
	struct lily_document *document = document_new();
	AUTO_BUILDER struct builder b = BUILDER_INIT(&document->arena);
	struct err err = ERR_INIT;
	struct cache_stats stats;
	int r = cache_stat(store->store, &stats, &err);

	if (r == 0) {
		builder_object(&b, NULL);
		builder_u64(&b, "entries", stats.entries);
		builder_u64(&b, "outputs", stats.outputs);
		builder_u64(&b, "bytes", stats.bytes);
		shape_time(&b, "oldest", stats.oldest_us);
		shape_time(&b, "newest", stats.newest_us);
		builder_end(&b);
		document->root = builder_root(&b);
	}
	return document_give(document, r, &err, ret_document, error);
}

int
lily_cache_clear(struct lily_store *store, uint64_t *ret_n, struct lily_error *error)
{
	struct err err = ERR_INIT;
	int r = cache_clear(store->store, ret_n, &err);

	return r < 0 ? error_give(&err, error) : 0;
}

/* The chunks of a plan that is nowhere but in memory, in their order. */
struct chunks {
	const struct plan *plan;
	size_t next;
};

static int
fetch(void *context, const struct digest *digest, struct buf *ret_bytes, struct err *err)
{
	struct chunks *chunks = context;

	(void)digest;
	if (chunks->next >= chunks->plan->n_chunks)
		return err_set(err, ERR_CORRUPT, "a chunk of the plan is missing");
	buf_add_str(ret_bytes, buf_str(&chunks->plan->chunks[chunks->next++]));
	return 0;
}

/* Which of them would judge, and why. */
static void
add_gates(struct builder *b, const struct preview *preview)
{
	if (!preview->n_gates)
		return;
	builder_array(b, "gates");
	for (uint32_t i = 0; i < preview->n_gates; i++) {
		builder_object(b, NULL);
		builder_text(b, "gate", preview->gates[i].name);
		builder_cstr(b, "would", preview->gates[i].passed ? "reuse" : "judge");
		if (preview->gates[i].why)
			builder_cstr(b, "why", preview->gates[i].why);
		builder_end(b);
	}
	builder_end(b);
}

static int
describe(struct lily_store *store, struct graph *graph, struct lily_document *document,
	struct err *err)
{
	const struct preview_request request = {
		.store = store->store, .graph = graph, .workspace = store->workspace};
	AUTO_BUILDER struct builder b = BUILDER_INIT(&document->arena);
	struct preview *previews;
	int r = preview_make(&request, &document->arena, &previews, err);

	if (r < 0)
		return r;
	builder_array(&b, NULL);
	for (uint32_t i = 0; i < graph->n_steps; i++) {
		const struct preview *preview = &previews[i];

		builder_object(&b, NULL);
		builder_text(&b, "step", graph->steps[i].name);
		builder_cstr(&b, "would",
			preview->reused           ? "reuse"
				: preview->judged ? "judge"
						  : "run");
		if (preview->reused || preview->judged) {
			shape_uuid(&b, "run_id", &preview->run);
			builder_u64(&b, "attempt", preview->attempt);
		} else {
			builder_cstr(&b, "why", preview->why);
		}
		add_gates(&b, preview);
		if (preview->after != STEP_NONE)
			builder_text(&b, "after", graph->steps[preview->after].name);
		builder_end(&b);
	}
	builder_end(&b);
	document->root = builder_root(&b);
	return 0;
}

static int
preview(struct lily_store *store, const struct lily_workflow *workflow,
	const struct lily_workflow_arguments *arguments, int fresh,
	struct lily_document *document, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct prepare_request request = {.workflow = workflow->workflow,
		.source = workflow->digest,
		.workspace = store->workspace,
		.flags = fresh ? PREPARE_FRESH : 0};
	struct graph *graph;
	struct plan plan;
	int r = arguments_take(arguments, &arena, &request, err);

	if (r == 0)
		r = prepare_plan(store->store, &request, &plan, err);
	if (r < 0)
		return r;
	r = plan_load(buf_str(&plan.head), fetch, &(struct chunks){&plan, 0}, &graph, err);
	plan_done(&plan);
	if (r < 0)
		return r;
	r = describe(store, graph, document, err);
	graph_free(graph);
	return r;
}

int
lily_workflow_preview(struct lily_store *store, const struct lily_workflow *workflow,
	const struct lily_workflow_arguments *arguments, int fresh,
	struct lily_document **ret_document, struct lily_error *error)
{
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	int r = preview(store, workflow, arguments, fresh, document, &err);

	return document_give(document, r, &err, ret_document, error);
}
