/*
 * Any bytes as a workflow file. What cannot be read, or has findings, says so in whole messages; what
 * is accepted can be planned, its plan is canonical and loads, and the graph can be drawn; formatting
 * it changes nothing but its layout, and that only once.
 */
#include "fuzz.h"
#include "graph/draw.h"
#include "graph/format.h"
#include "graph/plan.h"
#include "json/json.h"

#define DOCUMENT_MAX ((size_t)64 << 20)
#define TEXT_MAX ((size_t)1 << 16)

struct chunks {
	const struct plan *plan;
	size_t next;
};

static int
fetch(void *context, const struct digest *digest, struct buf *ret_bytes, struct err *err)
{
	struct chunks *chunks = context;

	(void)digest;
	(void)err;
	buf_add_str(ret_bytes, buf_str(&chunks->plan->chunks[chunks->next++]));
	return 0;
}

static void
check_canonical(struct str text)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf canonical = BUF_INIT(DOCUMENT_MAX);
	struct source source = {"plan", text};
	const struct value *v;
	struct err err = ERR_INIT;

	if (json_parse(&arena, &source, JSON_UNIQUE_KEYS, NULL, &v, &err) ||
		json_canonical(v, JSON_NUMBERS_EXACT, &canonical, &err))
		fuzz_fail("the plan is no JSON: %s", err.message);
	if (!str_equal(buf_str(&canonical), text))
		fuzz_fail("the plan is not canonical: %.*s", STR_ARG(text));
}

static void
check_graph(const struct plan *plan)
{
	AUTO_BUF struct buf drawing = BUF_INIT(DOCUMENT_MAX);
	struct chunks chunks = {plan, 0};
	struct graph *graph;
	struct err err = ERR_INIT;

	check_canonical(buf_str(&plan->head));
	for (size_t i = 0; i < plan->n_chunks; i++)
		check_canonical(buf_str(&plan->chunks[i]));
	if (plan_load(buf_str(&plan->head), fetch, &chunks, &graph, &err))
		fuzz_fail("the plan does not load: %s", err.message);
	for (enum draw_format format = DRAW_TEXT; format <= DRAW_SVG; format++)
		if (graph_draw(graph, format, NULL, &drawing, &err) && err.code != ERR_LIMIT)
			fuzz_fail("the graph cannot be drawn: %s", err.message);
	if (!str_is_utf8(buf_str(&drawing), NULL))
		fuzz_fail("the drawing is not UTF-8");
	graph_free(graph);
}

static void
check_findings(const struct workflow *workflow)
{
	size_t n;
	const struct finding *findings = workflow_findings(workflow, &n);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < n; i++) {
		struct str message = findings[i].message;

		if (!message.n || !str_is_utf8(message, NULL) || str_find(message, '\n') >= 0)
			fuzz_fail("a message that is not one line: %.*s", STR_ARG(message));
		if (findings[i].offset != SOURCE_NOWHERE &&
			findings[i].offset > workflow_source(workflow)->text.n)
			fuzz_fail("a place past the end: %.*s", STR_ARG(message));
	}
	if (!workflow_errors(workflow))
		return;
	(void)workflow_refuse(workflow, &err);
	if (err.code != ERR_INVALID || !str_is_utf8(str_of(err.message), NULL))
		fuzz_fail("code %d: %s", err.code, err.message);
}

static void
check_plan(const struct workflow *workflow)
{
	struct plan_request request = {.workflow = workflow, .sketch = true};
	struct plan plan;
	struct err err = ERR_INIT;

	if (workflow_errors(workflow))
		return;
	if (plan_make(&request, &plan, &err)) {
		fuzz_check_error(&err);
		return;
	}
	check_graph(&plan);
	plan_done(&plan);
}

static void
check_format(struct str text)
{
	AUTO_BUF struct buf once = BUF_INIT(DOCUMENT_MAX);
	AUTO_BUF struct buf twice = BUF_INIT(DOCUMENT_MAX);
	struct err err = ERR_INIT;

	if (workflow_format("fuzz.yaml", text, &once, &err)) {
		if (once.n)
			fuzz_fail("refused, and yet written");
		return;
	}
	if (workflow_format("fuzz.yaml", buf_str(&once), &twice, &err))
		fuzz_fail("what was formatted cannot be formatted: %s", err.message);
	if (!str_equal(buf_str(&once), buf_str(&twice)))
		fuzz_fail("formatting does not settle: %s", buf_cstr(&once));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str text = {(const char *)bytes, n};
	struct workflow *workflow;
	struct err err = ERR_INIT;

	if (n > TEXT_MAX)
		return 0;
	if (workflow_read("fuzz.yaml", text, NULL, &workflow, &err)) {
		fuzz_check_error(&err);
		return 0;
	}
	check_findings(workflow);
	check_plan(workflow);
	workflow_free(workflow);
	check_format(text);
	return 0;
}
