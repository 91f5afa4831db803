#include "graph/graph.h"

#include "base/buf.h"
#include "graph/expansion.h"

void
graph_free(struct graph *graph)
{
	if (!graph)
		return;
	map_done(&graph->step_by_name);
	arena_done(&graph->arena);
	free(graph);
}

const struct reference *
template_references(const struct template_part *part, uint32_t *ret_n)
{
	*ret_n = part->is_reference ? 1 : 0;
	if (!part->is_reference || !part->expression)
		return part->is_reference ? &part->reference : NULL;
	*ret_n = expr_references(part->expression->expr);
	return part->expression->references;
}

void
graph_add_scope(struct graph *graph, struct scope *scope)
{
	uint32_t n = graph->n_scopes;

	if (n == graph->scopes_capacity) {
		uint32_t capacity = MAX(8, n + n / 2);
		const struct scope **scopes =
			ARENA_ARRAY(&graph->arena, capacity, const struct scope *);
		const struct value **given =
			ARENA_ARRAY(&graph->arena, capacity, const struct value *);

		if (n) {
			memcpy(scopes, graph->scopes, n * sizeof(const struct scope *));
			memcpy(given, graph->given, n * sizeof(const struct value *));
		}
		graph->scopes = scopes;
		graph->given = given;
		graph->scopes_capacity = capacity;
	}
	scope->number = n;
	graph->scopes[n] = scope;
	graph->n_scopes++;
}

void
graph_add_foreach(struct graph *graph, struct foreach *foreach)
{
	uint32_t n = graph->n_foreachs;

	if (n == graph->foreachs_capacity) {
		uint32_t capacity = MAX(8, n + n / 2);
		const struct expansion **expanded =
			ARENA_ARRAY(&graph->arena, capacity, const struct expansion *);

		if (n)
			memcpy(expanded, graph->expanded, n * sizeof(const struct expansion *));
		graph->expanded = expanded;
		graph->foreachs_capacity = capacity;
	}
	foreach
		->number = n;
	graph->n_foreachs++;
}

const struct item *
graph_item(const struct graph *graph, const struct step *step)
{
	const struct item *item = step->item;

	return item && graph->steps[item->expansion->foreach->step].inside == step->inside
		? item
		: NULL;
}

const struct step *
graph_outermost(const struct graph *graph, const struct step *step)
{
	const struct step *outer = step;

	while (outer->item)
		outer = &graph->steps[outer->item->expansion->foreach->step];
	return outer == step ? NULL : outer;
}

struct str
step_local_name(const struct graph *graph, uint32_t step)
{
	struct str name = graph->steps[step].name;
	uint32_t scope = step_scope(&graph->steps[step]);
	size_t n = scope == STEP_NONE ? 0 : graph->steps[scope].name.n + 1;

	return (struct str){name.p + n, name.n - n};
}

uint32_t
step_in_file(const struct graph *graph, uint32_t step, struct str name)
{
	struct str whole = graph->steps[step].name;
	size_t n = whole.n - step_local_name(graph, step).n;
	AUTO_BUF struct buf full = BUF_INIT(1 << 16);

	buf_add_str(&full, (struct str){whole.p, n});
	buf_add_str(&full, name);
	return graph_find(graph, buf_str(&full));
}

void
graph_give(struct graph *graph, uint32_t scope, const struct value *values)
{
	graph->given[graph->steps[scope].scope->number] = values;
}

const struct value *
graph_given(const struct graph *graph, uint32_t scope, uint32_t param)
{
	const struct value *given = graph->given[graph->steps[scope].scope->number];

	return given ? &given[param] : NULL;
}

uint32_t
graph_find(const struct graph *graph, struct str name)
{
	return map_get(&graph->step_by_name, name);
}

const struct earlier *
graph_earlier(const struct graph *graph, const struct step *step, struct str input)
{
	for (uint32_t i = 0; i < step->n_inputs; i++) {
		const struct step_input *declared = &step->inputs[i];

		if (declared->source == INPUT_REFERENCE &&
			declared->reference.kind == REFERENCE_INPUT &&
			str_equal(declared->name, input))
			return graph->inputs[declared->reference.input].earlier;
	}
	return NULL;
}

uint32_t
step_need(const struct step *step, uint32_t need)
{
	uint32_t low = 0;
	uint32_t high = step->n_needs;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (step->needs[middle] == need)
			return middle;
		if (step->needs[middle] < need)
			low = middle + 1;
		else
			high = middle;
	}
	return step->n_needs;
}

uint32_t
step_scope(const struct step *step)
{
	return step->inside ? step->inside->step : STEP_NONE;
}

const char *
need_outcome_name(unsigned outcome)
{
	static const char *const names[] = {
		[NEED_SUCCEEDED] = "succeeded",
		[NEED_FAILED] = "failed",
		[NEED_FINISHED] = "finished",
	};

	return outcome < ARRAY_SIZE(names) && names[outcome] ? names[outcome] : "none";
}

const char *failure_class_name(enum failure_class class)
{
	switch (class) {
	case FAILURE_EXIT: return "exit";
	case FAILURE_SIGNAL: return "signal";
	case FAILURE_TIMEOUT: return "timeout";
	case FAILURE_SCHEMA: return "schema";
	case FAILURE_LOST: return "lost";
	case FAILURE_OOM: return "oom";
	case FAILURE_GATE: return "gate";
	case FAILURE_SECRET: return "secret";
	case FAILURE_BUDGET: return "budget";
	case FAILURE_START: return "start";
	case FAILURE_ITEMS: return "items";
	case FAILURE_LIMIT: return "limit";
	case FAILURE_STEPS: return "steps";
	case FAILURE_REJECTED: return "rejected";
	case FAILURE_LABEL: return "label";
	case FAILURE_POLICY: return "policy";
	case FAILURE_VIOLATION: return "violation";
	case FAILURE_CONFLICT: return "conflict";
	}
	BUG("failure class %d", (int)class);
}

const char *
output_type_name(enum output_type type)
{
	switch (type) {
	case OUTPUT_FOUND: return "found";
	case OUTPUT_FILE: return "file";
	case OUTPUT_DIR: return "dir";
	case OUTPUT_TEXT: return "text";
	case OUTPUT_JSON: return "json";
	case OUTPUT_JSONL: return "jsonl";
	}
	BUG("output type %d", (int)type);
}

const char *
input_form_name(enum input_form form)
{
	switch (form) {
	case INPUT_AS_FOUND: return "found";
	case INPUT_AS_FILE: return "file";
	case INPUT_AS_JSON: return "json";
	case INPUT_AS_JSONL: return "jsonl";
	case INPUT_AS_DIR: return "dir";
	}
	BUG("input form %d", (int)form);
}
