#include "graph/loader_part.h"

#include "base/memory.h"
#include "graph/declared_concurrency.h"
#include "graph/declared_notify.h"
#include "graph/expansion.h"
#include "graph/expression.h"
#include "graph/planner.h"
#include "graph/reference.h"
#include "graph/step_gates.h"
#include "json/json.h"

enum {
	HEAD_BUDGET,
	HEAD_CHUNKS,
	HEAD_CONCURRENCY,
	HEAD_DESCRIPTION,
	HEAD_FILES,
	HEAD_FRESH,
	HEAD_INPUTS,
	HEAD_JUDGING,
	HEAD_MAX_ITEMS,
	HEAD_MAX_TRANSITIONS,
	HEAD_NAME,
	HEAD_NOTIFY,
	HEAD_OUTPUTS,
	HEAD_PARALLEL,
	HEAD_PARAMS,
	HEAD_PLAN,
	HEAD_POOLS,
	HEAD_PREVIOUS,
	HEAD_ROUTES,
	HEAD_SCHEMAS,
	HEAD_SECRETS,
	HEAD_SETTINGS,
	HEAD_SOURCE,
	HEAD_STEPS,
	HEADS
};

static const struct shape head_shape[] = {
	[HEAD_BUDGET] = {"budget", KEY_MAP, false},
	[HEAD_CHUNKS] = {"chunks", KEY_LIST, true},
	[HEAD_CONCURRENCY] = {"concurrency", KEY_MAP, false},
	[HEAD_DESCRIPTION] = {"description", KEY_TEXT, true},
	[HEAD_FILES] = {"files", KEY_MAP, false},
	[HEAD_FRESH] = {"fresh", KEY_BOOL, false},
	[HEAD_INPUTS] = {"inputs", KEY_MAP, true},
	[HEAD_JUDGING] = {"judging", KEY_BOOL, false},
	[HEAD_MAX_ITEMS] = {"max_items", KEY_NUMBER, false},
	[HEAD_MAX_TRANSITIONS] = {"max_transitions", KEY_NUMBER, false},
	[HEAD_NAME] = {"name", KEY_TEXT, true},
	[HEAD_NOTIFY] = {"notify", KEY_MAP, false},
	[HEAD_OUTPUTS] = {"outputs", KEY_MAP, true},
	[HEAD_PARALLEL] = {"parallel", KEY_NUMBER, true},
	[HEAD_PARAMS] = {"params", KEY_MAP, true},
	[HEAD_PLAN] = {"plan", KEY_NUMBER, true},
	[HEAD_POOLS] = {"pools", KEY_MAP, false},
	[HEAD_PREVIOUS] = {"previous", KEY_MAP, false},
	[HEAD_ROUTES] = {"routes", KEY_LIST, false},
	[HEAD_SCHEMAS] = {"schemas", KEY_MAP, false},
	[HEAD_SECRETS] = {"secrets", KEY_MAP, false},
	[HEAD_SETTINGS] = {"settings", KEY_LIST, true},
	[HEAD_SOURCE] = {"source", KEY_MAP, true},
	[HEAD_STEPS] = {"steps", KEY_NUMBER, true},
};

enum { GIVEN_OPTIONAL, GIVEN_PATH, GIVEN_SCHEMA, GIVEN_SHA256, GIVEN_SIZE, GIVEN_TREE, GIVENS };

static const struct shape input_shape[] = {
	[GIVEN_OPTIONAL] = {"optional", KEY_BOOL, false},
	[GIVEN_PATH] = {"path", KEY_TEXT, false},
	[GIVEN_SCHEMA] = {"schema", KEY_TEXT, false},
	[GIVEN_SHA256] = {"sha256", KEY_TEXT, false},
	[GIVEN_SIZE] = {"size", KEY_NUMBER, false},
	[GIVEN_TREE] = {"tree", KEY_BOOL, false},
};

static const struct shape output_shape[] = {
	{"expr", KEY_TEXT, false}, {"ref", KEY_TEXT, false}};

static int
parse(struct arena *arena, const char *name, struct str text, const struct value **ret_value,
	struct err *err)
{
	struct source source = {name, text};
	struct err why = ERR_INIT;
	int r = json_parse(
		arena, &source, JSON_UNIQUE_KEYS | JSON_BORROW_TEXT, NULL, ret_value, &why);

	return r < 0 ? loader_corrupt(err, "%.400s", why.message) : 0;
}

static int
read_given(
	struct loader *l, const struct value *v, struct workflow_input *input, struct err *err)
{
	const struct value *members[GIVENS];
	int r = loader_read_object(v, "an input", input_shape, GIVENS, members, err);

	if (r < 0)
		return r;
	input->optional = members[GIVEN_OPTIONAL] && value_is_true(members[GIVEN_OPTIONAL]);
	input->is_tree = members[GIVEN_TREE] && value_is_true(members[GIVEN_TREE]);
	r = loader_find_schema(l, members[GIVEN_SCHEMA], &input->schema, err);
	if (r < 0 || !members[GIVEN_SHA256])
		return r;
	input->given = true;
	if (!members[GIVEN_PATH] || !members[GIVEN_SIZE] ||
		!digest_parse(value_text(members[GIVEN_SHA256]), &input->digest))
		return loader_corrupt(err, "an input is named wrongly");
	input->path = arena_str(&l->graph->arena, value_text(members[GIVEN_PATH]));
	return loader_read_number(
		members[GIVEN_SIZE], "\"size\"", INT64_MAX, &input->size, err);
}

/* What earlier runs have left stands behind them. */
static int
read_inputs(struct loader *l, const struct value *object, const struct value *previous,
	struct err *err)
{
	l->inputs = ARENA_ARRAY(&l->graph->arena, object->n + (previous ? previous->n : 0),
		struct workflow_input);
	for (uint32_t i = 0; i < object->n; i++) {
		struct str name = value_text(&object->members[i].key);
		int r;

		if (!loader_is_path(name))
			return loader_corrupt(
				err, "\"%.*s\" is no name", (int)MIN(name.n, 60), name.p);
		l->inputs[i].name = arena_str(&l->graph->arena, name);
		(void)map_add(&l->input_by_name, l->inputs[i].name, i);
		r = read_given(l, &object->members[i].value, &l->inputs[i], err);
		if (r < 0)
			return r;
	}
	l->graph->inputs = l->inputs;
	l->graph->n_inputs = object->n;
	return previous ? loader_read_previous(l, previous, err) : 0;
}

static int
read_output(struct loader *l, const struct value *v, struct workflow_output *output,
	struct err *err)
{
	const struct loader_text expression = {.step = STEP_NONE, .may = MAY_OUTPUT};
	const struct loader_text artifact = {
		.step = STEP_NONE, .may = 1U << ROOT_STEP | 1U << ROOT_INPUT};
	const struct value *members[ARRAY_SIZE(output_shape)];
	int r = loader_read_object(
		v, "an output", output_shape, ARRAY_SIZE(output_shape), members, err);

	if (r < 0)
		return r;
	if (!members[0] == !members[1])
		return loader_corrupt(err, "an output is not exactly one of expr and ref");
	if (members[0])
		return loader_read_expression(
			l, value_text(members[0]), &expression, &output->expression, err);
	return loader_read_reference(
		l, value_text(members[1]), &artifact, &output->reference, err);
}

static int
read_outputs(struct loader *l, const struct value *object, struct err *err)
{
	l->outputs = ARENA_ARRAY(&l->graph->arena, object->n, struct workflow_output);
	for (uint32_t i = 0; i < object->n; i++) {
		struct workflow_output *output = &l->outputs[i];
		int r;

		output->name = arena_str(&l->graph->arena, value_text(&object->members[i].key));
		r = read_output(l, &object->members[i].value, output, err);
		if (r < 0)
			return r;
	}
	l->graph->outputs = l->outputs;
	l->graph->n_outputs = object->n;
	return 0;
}

static int
read_head(struct loader *l, const struct value *const members[HEADS], struct err *err)
{
	struct graph *graph = l->graph;
	uint64_t version;
	uint64_t parallel;
	uint64_t max_items = ITEMS_MAX;
	uint64_t steps;
	int r = loader_read_number(members[HEAD_PLAN], "\"plan\"", UINT32_MAX, &version, err);

	if (r == 0 && version != 1)
		r = err_set(err, ERR_INVALID,
			"the plan is of version %llu, which this build of lily does not read",
			(unsigned long long)version);
	if (r == 0)
		r = loader_read_number(
			members[HEAD_PARALLEL], "\"parallel\"", PARALLEL_MAX, &parallel, err);
	if (r == 0 && members[HEAD_MAX_ITEMS])
		r = loader_read_number(
			members[HEAD_MAX_ITEMS], "\"max_items\"", INT32_MAX, &max_items, err);
	/* More steps than the chunks can hold must not be made room for. */
	if (r == 0)
		r = loader_read_number(members[HEAD_STEPS], "\"steps\"",
			(uint64_t)members[HEAD_CHUNKS]->n * PLAN_CHUNK_STEPS, &steps, err);
	if (r < 0)
		return r;
	graph->name = arena_str(&graph->arena, value_text(members[HEAD_NAME]));
	graph->description = arena_str(&graph->arena, value_text(members[HEAD_DESCRIPTION]));
	graph->parallel = (uint32_t)parallel;
	graph->is_judging = members[HEAD_JUDGING] && value_is_true(members[HEAD_JUDGING]);
	graph->fresh = members[HEAD_FRESH] && value_is_true(members[HEAD_FRESH]);
	graph->max_items = (uint32_t)max_items;
	graph->n_steps = graph->n_planned = (uint32_t)MIN(steps, STEP_NONE - 1);
	l->steps = ARENA_ARRAY(&graph->arena, graph->n_steps, struct step);
	graph->steps = l->steps;
	r = loader_read_budget(l, members[HEAD_BUDGET], members[HEAD_MAX_TRANSITIONS], err);
	if (r == 0)
		r = loader_read_concurrency(l, members[HEAD_CONCURRENCY], err);
	if (r == 0)
		r = loader_read_schemas(l, members[HEAD_SCHEMAS], err);
	if (r == 0)
		r = loader_read_pools(l, members[HEAD_POOLS], err);
	if (r == 0)
		r = loader_read_secrets(l, members[HEAD_SECRETS], err);
	if (r == 0)
		r = loader_read_settings(l, members[HEAD_SETTINGS], err);
	if (r == 0)
		r = loader_read_notify(l, members[HEAD_NOTIFY], err);
	if (r == 0)
		r = read_inputs(l, members[HEAD_INPUTS], members[HEAD_PREVIOUS], err);
	if (r == 0)
		r = read_outputs(l, members[HEAD_OUTPUTS], err);
	if (r == 0 && members[HEAD_ROUTES])
		r = loader_keep_value(l, members[HEAD_ROUTES], &graph->routes, err);
	graph->has_routes |= graph->routes != NULL;
	graph->asks_gates |= graph->has_routes;
	return r;
}

static int
read_chunk(struct loader *l, struct arena *scratch, struct str bytes, uint32_t *number,
	struct err *err)
{
	const struct value *list;
	int r = parse(scratch, "chunk", bytes, &list, err);

	if (r < 0)
		return r;
	if (list->kind != VALUE_ARRAY || !list->n || list->n > PLAN_CHUNK_STEPS ||
		list->n > l->graph->n_steps - *number)
		return loader_corrupt(err, "a chunk is no list of steps, or too long");
	for (uint32_t i = 0; i < list->n; i++) {
		r = loader_read_step(l, &list->items[i], (*number)++, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
fetch_chunk(const struct value *name, plan_fetch_fn *fetch, void *context, struct buf *bytes,
	struct err *err)
{
	struct digest wanted;
	struct digest found;
	int r;

	if (!digest_parse(value_text(name), &wanted))
		return loader_corrupt(err, "a chunk is named wrongly");
	buf_clear(bytes);
	r = fetch(context, &wanted, bytes, err);
	if (r < 0)
		return r;
	digest_of(buf_cstr(bytes), bytes->n, &found);
	if (bytes->overflowed || !digest_equal(&wanted, &found))
		return loader_corrupt(err, "a chunk is not what its name says");
	return 0;
}

static int
read_chunks(struct loader *l, const struct value *names, plan_fetch_fn *fetch, void *context,
	struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(PLAN_BYTES_MAX);
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	uint32_t number = 0;

	for (uint32_t i = 0; i < names->n; i++) {
		int r = fetch_chunk(&names->items[i], fetch, context, &bytes, err);

		if (r == 0)
			r = read_chunk(l, &scratch, buf_str(&bytes), &number, err);
		if (r < 0)
			return r;
		arena_reset(&scratch);
	}
	if (number != l->graph->n_steps)
		return loader_corrupt(
			err, "%u steps of %u are there", number, l->graph->n_steps);
	return 0;
}

/* The outputs of a step are sorted by name. */
bool
loader_find_output(const struct step *step, struct str name, uint32_t *ret_output)
{
	uint32_t low = 0;
	uint32_t high = step->n_outputs;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = str_compare(step->outputs[middle].name, name);

		if (order == 0) {
			*ret_output = middle;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* I6: nobody may look at an output before its step is done. A template's foreach has waited for what is
 * not beside it, a scope for what is outside of it, and before it ends for what is in it. */
static bool
take_need(struct loader *l, const struct pending *pending, uint32_t need)
{
	struct step *step = &l->steps[pending->from];
	uint32_t at = step_need(step, need);
	uint32_t whole;

	if (step->scope && loader_whole(l, &l->steps[need]) == pending->from)
		return true;
	while (at == step->n_needs && (whole = loader_whole(l, step)) != STEP_NONE) {
		step = &l->steps[whole];
		at = step_need(step, need);
	}
	if (at == step->n_needs)
		return false;
	if (!pending->optional)
		step->wants[at] |= NEED_OUTPUT;
	return true;
}

/* A param of a scope that the step which refers to it is in; the settings are those of many. */
static int
resolve_param(struct loader *l, const struct pending *pending, struct err *err)
{
	struct reference *reference = pending->reference;
	uint32_t number = graph_find(l->graph, pending->step);
	const struct scope *scope = number == MAP_NONE ? NULL : l->steps[number].scope;
	uint32_t from = pending->from;

	while (from != STEP_NONE && from != number)
		from = step_scope(&l->steps[from]);
	for (uint32_t i = 0;
		scope && (from == number || pending->from == STEP_NONE) && i < scope->n_params;
		i++) {
		if (!str_equal(scope->params[i].name, reference->name))
			continue;
		reference->step = number;
		reference->output = i;
		return 0;
	}
	return loader_corrupt(err, "the scope \"%.*s\" is not given \"%.*s\"",
		STR_ARG(pending->step), STR_ARG(reference->name));
}

/* The step that a gate's text stands in, or the foreach whose one template that is. */
static bool
is_judged(const struct loader *l, const struct pending *pending, uint32_t number)
{
	const struct foreach *foreach =
		pending->judges ? l->steps[pending->from].template_of : NULL;

	return pending->judges && pending->reference->kind == REFERENCE_STEP_OUT &&
		(number == pending->from ||
			(foreach && foreach->step == number && foreach->n_templates == 1));
}

/* What a gate judges needs no edge. */
static int
resolve_candidate(struct loader *l, const struct pending *pending, struct err *err)
{
	struct reference *reference = pending->reference;

	reference->step = pending->from;
	if (loader_find_output(&l->steps[pending->from], reference->name, &reference->output))
		return 0;
	return loader_corrupt(
		err, "a gate judges \"%.*s\", which is not made", STR_ARG(reference->name));
}

/* What a fact about a gate is about. */
static bool
find_gate(const struct step *step, struct str name, uint32_t *ret_gate)
{
	for (uint32_t i = 0; step->gates && i < step->gates->n; i++) {
		if (!str_equal(step->gates->items[i].name, name))
			continue;
		*ret_gate = i;
		return true;
	}
	return false;
}

/* Whether a step is a template of a foreach, or of one in that. */
static bool
is_around(const struct loader *l, uint32_t from, uint32_t foreach)
{
	while (from != STEP_NONE && from != foreach)
		from = l->steps[from].template_of ? l->steps[from].template_of->step
						  : STEP_NONE;
	return from == foreach;
}

static int
resolve(struct loader *l, const struct pending *pending, struct err *err)
{
	struct reference *reference = pending->reference;
	uint32_t number = graph_find(l->graph, pending->step);
	bool is_there = number != MAP_NONE &&
		(reference->kind == REFERENCE_FACT ||
			loader_find_output(
				&l->steps[number], reference->name, &reference->output));

	if (reference->kind == REFERENCE_PARAM)
		return resolve_param(l, pending, err);
	if (number != MAP_NONE && is_judged(l, pending, number))
		return resolve_candidate(l, pending, err);
	if (is_there && pending->gate.n)
		is_there = find_gate(&l->steps[number], pending->gate, &reference->output);
	if (is_there && reference->kind == REFERENCE_FACT && fact_is_item(reference->fact))
		is_there = is_around(l, pending->from, number);
	else if (is_there && pending->from != STEP_NONE)
		is_there = take_need(l, pending, number);
	if (!is_there)
		return loader_corrupt(err, "\"steps.%.*s.%s%.*s\" is not there",
			STR_ARG(pending->step),
			reference->kind == REFERENCE_FACT ? "status" : "out.",
			STR_ARG(reference->name));
	reference->step = number;
	return 0;
}

static void
fill_dependents(struct loader *l)
{
	uint32_t n = l->graph->n_steps;
	uint32_t *starts = memory_zeroed((size_t)n + 1, sizeof(*starts));
	uint32_t *all;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < l->steps[i].n_needs; j++)
			starts[l->steps[i].needs[j] + 1]++;
	for (uint32_t i = 0; i < n; i++)
		starts[i + 1] += starts[i];
	all = ARENA_ARRAY(&l->graph->arena, starts[n], uint32_t);
	for (uint32_t i = 0; i < n; i++)
		l->steps[i].dependents = all + starts[i];
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < l->steps[i].n_needs; j++) {
			uint32_t need = l->steps[i].needs[j];

			all[starts[need] + l->steps[need].n_dependents++] = i;
		}
	free(starts);
}

/* What starts when all others have ended is needed by none of them. */
static int
check_last(struct loader *l, struct err *err)
{
	for (uint32_t i = 0; i < l->graph->n_steps; i++)
		for (uint32_t j = 0; !l->steps[i].is_last && j < l->steps[i].n_needs; j++)
			if (l->steps[l->steps[i].needs[j]].is_last)
				return loader_corrupt(err, "a step needs one that comes last");
	return 0;
}

/* Every step can come once those it needs have (Kahn 1962). */
static int
check_order(struct loader *l, struct err *err)
{
	uint32_t n = l->graph->n_steps;
	uint32_t *missing = memory_new(n, sizeof(*missing));
	uint32_t *queue = memory_new(n, sizeof(*queue));
	uint32_t n_queue = 0;

	for (uint32_t i = 0; i < n; i++) {
		missing[i] = l->steps[i].n_needs;
		if (!missing[i])
			queue[n_queue++] = i;
	}
	for (uint32_t head = 0; head < n_queue; head++) {
		const struct step *step = &l->steps[queue[head]];

		for (uint32_t i = 0; i < step->n_dependents; i++)
			if (--missing[step->dependents[i]] == 0)
				queue[n_queue++] = step->dependents[i];
	}
	free(missing);
	free(queue);
	return n_queue == n ? 0 : loader_corrupt(err, "steps need each other in a circle");
}

static bool
some_require(const struct loader *l, uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++)
		if (l->steps[i].gates && l->steps[i].gates->any_required)
			return true;
	return false;
}

/* What stands for other steps carries their gates. */
static void
note_gates(struct loader *l)
{
	for (uint32_t i = 0; i < l->graph->n_planned; i++) {
		struct step *step = &l->steps[i];
		const struct foreach *foreach = step->foreach;

		step->has_required_gate = some_require(l, i, 1) ||
			(foreach &&
				some_require(
					l, foreach->first_template, foreach->n_templates)) ||
			(step->scope && some_require(l, i + 1, step->scope->n_steps));
	}
}

static int
load(struct loader *l, struct str text, plan_fetch_fn *fetch, void *context, struct err *err)
{
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	const struct value *members[HEADS];
	const struct value *head;
	int r = parse(&scratch, "plan", text, &head, err);

	if (r == 0)
		r = loader_read_object(head, "the plan", head_shape, HEADS, members, err);
	if (r == 0)
		r = read_head(l, members, err);
	if (r == 0)
		r = read_chunks(l, members[HEAD_CHUNKS], fetch, context, err);
	if (r == 0)
		r = loader_join_templates(l, err);
	if (r == 0)
		r = loader_join_scopes(l, err);
	if (r == 0)
		note_gates(l);
	for (size_t i = 0; r == 0 && i < l->n_pending; i++)
		r = resolve(l, &l->pending[i], err);
	if (r < 0)
		return r;
	fill_dependents(l);
	r = check_last(l, err);
	return r < 0 ? r : check_order(l, err);
}

int
plan_load(struct str head, plan_fetch_fn *fetch, void *context, struct graph **ret_graph,
	struct err *err)
{
	struct loader l = {.graph = memory_zeroed(1, sizeof(*l.graph))};
	int r = load(&l, head, fetch, context, err);

	free(l.pending);
	free(l.literal_parts);
	map_done(&l.literals);
	map_done(&l.input_by_name);
	map_done(&l.previous_by_name);
	map_done(&l.schema_by_id);
	map_done(&l.secret_by_name);
	if (r < 0) {
		graph_free(l.graph);
		return r;
	}
	*ret_graph = l.graph;
	return 0;
}
