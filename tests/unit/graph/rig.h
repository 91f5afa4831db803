/*
 * rig: what the tests of this folder share: a workflow from its text, a plan from it, a graph from
 * that, each with a failure that says why.
 */
#ifndef LILY_TESTS_GRAPH_RIG_H
#define LILY_TESTS_GRAPH_RIG_H

#include "base/memory.h"
#include "graph/plan.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static inline struct workflow *
rig_read(const char *path, struct str text)
{
	struct workflow *workflow = NULL;
	struct err err = ERR_INIT;

	if (workflow_read(path, text, NULL, &workflow, &err) < 0)
		fail_msg("%s", err.message);
	return workflow;
}

/* All findings as a person sees them. */
static inline void
rig_describe(const struct workflow *workflow, struct buf *b)
{
	size_t n;
	const struct finding *findings = workflow_findings(workflow, &n);

	for (size_t i = 0; i < n; i++) {
		buf_add_cstr(b, findings[i].level == FINDING_WARNING ? "warning " : "error ");
		source_describe(
			workflow_source(workflow), findings[i].offset, findings[i].message, b);
		buf_add_char(b, '\n');
	}
}

/* A workflow without errors. */
static inline struct workflow *
rig_workflow(const char *path, struct str text)
{
	struct workflow *workflow = rig_read(path, text);
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);

	rig_describe(workflow, &b);
	if (workflow_errors(workflow))
		fail_msg("%s", buf_cstr(&b));
	return workflow;
}

/* As if the schemas had been read: all of them have the same bytes. */
static inline void
rig_plan(const struct plan_request *request, struct plan *ret_plan)
{
	struct plan_schema schemas[8] = {{.id = STR_EMPTY}};
	struct plan_request whole = *request;
	struct err err = ERR_INIT;

	whole.schemas = schemas;
	for (size_t i = 0; i < workflow_schemas(request->workflow); i++)
		schemas[whole.n_schemas++].id = workflow_schema(request->workflow, i).id;
	if (plan_make(&whole, ret_plan, &err) < 0)
		fail_msg("%s", err.message);
}

/* A plan_fetch_fn over the chunks of a plan, for reading them in their order. */
struct rig_chunks {
	const struct plan *plan;
	size_t next;
};

static inline int
rig_fetch(void *context, const struct digest *digest, struct buf *ret_bytes, struct err *err)
{
	struct rig_chunks *chunks = context;
	size_t number = chunks->next++ % chunks->plan->n_chunks;
	struct str bytes = buf_str(&chunks->plan->chunks[number]);

	(void)digest;
	(void)err;
	buf_add_str(ret_bytes, bytes);
	return 0;
}

static inline struct graph *
rig_load(const struct plan *plan)
{
	struct rig_chunks chunks = {plan, 0};
	struct graph *graph = NULL;
	struct err err = ERR_INIT;

	if (plan_load(buf_str(&plan->head), rig_fetch, &chunks, &graph, &err) < 0)
		fail_msg("%s", err.message);
	return graph;
}

/* The graph of a text, params without default left open. */
static inline struct graph *
rig_graph(struct str text)
{
	struct workflow *workflow = rig_workflow("test.lily.yaml", text);
	struct plan_request request = {.workflow = workflow, .sketch = true};
	struct plan plan;
	struct graph *graph;

	rig_plan(&request, &plan);
	graph = rig_load(&plan);
	plan_done(&plan);
	workflow_free(workflow);
	return graph;
}

#endif
