#include "graph/loader_part.h"

#include "graph/keys.h"
#include "graph/reference.h"
#include "graph/step_gates.h"

enum { LOAD_FILE, LOAD_RETURNS, LOAD_ROUTES, LOAD_STEPS, LOADS };

static const struct shape scope_shape[] = {
	[LOAD_FILE] = {"file", KEY_TEXT, true},
	[LOAD_RETURNS] = {"returns", KEY_MAP, false},
	[LOAD_ROUTES] = {"routes", KEY_LIST, false},
	[LOAD_STEPS] = {"steps", KEY_NUMBER, true},
};

static const struct shape result_shape[] = {
	{"expr", KEY_TEXT, false}, {"ref", KEY_TEXT, false}};

static const struct shape param_shape[] = {
	{"expr", KEY_TEXT, true}, {"schema", KEY_MAP | KEY_BOOL, true}};

static int
read_result(struct loader *l, const struct value *v, const struct loader_text *at,
	struct scope_result *result, struct err *err)
{
	struct loader_text artifact = *at;
	const struct value *members[ARRAY_SIZE(result_shape)];
	int r = loader_read_object(
		v, "a result", result_shape, ARRAY_SIZE(result_shape), members, err);

	if (r < 0)
		return r;
	if (!members[0] == !members[1])
		return loader_corrupt(err, "a result is not exactly one of expr and ref");
	if (members[0])
		return loader_read_expression(
			l, value_text(members[0]), at, &result->expression, err);
	artifact.may = 1U << ROOT_STEP | 1U << ROOT_INPUT;
	return loader_read_reference(
		l, value_text(members[1]), &artifact, &result->reference, err);
}

/* One for each output, in its order. */
static int
read_results(struct loader *l, const struct value *results, const struct step *step,
	struct scope *scope, struct err *err)
{
	const struct loader_text at = {
		.step = scope->step, .may = MAY_OUTPUT | 1U << ROOT_INPUT, .optional = true};
	int r = 0;

	if ((results ? results->n : 0) != step->n_outputs)
		return loader_corrupt(err, "a scope has not as many results as outputs");
	scope->results = ARENA_ARRAY(&l->graph->arena, step->n_outputs, struct scope_result);
	for (uint32_t i = 0; r == 0 && i < step->n_outputs; i++) {
		if (!str_equal(value_text(&results->members[i].key), step->outputs[i].name))
			return loader_corrupt(err, "a result is no output");
		r = read_result(l, &results->members[i].value, &at, &scope->results[i], err);
	}
	return r;
}

static int
read_params(struct loader *l, const struct value *with, struct scope *scope, struct err *err)
{
	const struct loader_text at = {
		.step = scope->step, .may = MAY_OUTPUT | MAY_ITEM | 1U << ROOT_INPUT};
	struct scope_param *params =
		ARENA_ARRAY(&l->graph->arena, with ? with->n : 0, struct scope_param);
	int r = 0;

	for (uint32_t i = 0; r == 0 && with && i < with->n; i++) {
		const struct value *members[ARRAY_SIZE(param_shape)];

		params[i].name = arena_str(&l->graph->arena, value_text(&with->members[i].key));
		r = loader_read_object(&with->members[i].value, "a param", param_shape,
			ARRAY_SIZE(param_shape), members, err);
		if (r == 0)
			r = loader_read_expression(
				l, value_text(members[0]), &at, &params[i].expression, err);
		if (r == 0)
			r = loader_keep_value(l, members[1], &params[i].schema, err);
	}
	scope->params = params;
	scope->n_params = with ? with->n : 0;
	return r;
}

int
loader_read_scope(struct loader *l, const struct value *object, const struct value *with,
	struct step *step, uint32_t number, struct err *err)
{
	const struct value *members[LOADS];
	struct scope *scope = ARENA_NEW(&l->graph->arena, struct scope);
	uint64_t n_steps = 0;
	int r = loader_read_object(object, "a scope", scope_shape, LOADS, members, err);

	if (r == 0)
		r = loader_read_number(members[LOAD_STEPS], "\"steps\" of a scope",
			(uint64_t)l->graph->n_steps - number - 1, &n_steps, err);
	if (r == 0 && !n_steps)
		r = loader_corrupt(err, "a scope has no steps");
	if (r < 0)
		return r;
	*scope = (struct scope){.step = number,
		.n_steps = (uint32_t)n_steps,
		.file = arena_str(&l->graph->arena, value_text(members[LOAD_FILE]))};
	graph_add_scope(l->graph, scope);
	step->scope = scope;
	l->graph->has_routes |= members[LOAD_ROUTES] != NULL;
	l->graph->asks_gates |= l->graph->has_routes;
	if (members[LOAD_ROUTES])
		r = loader_keep_value(l, members[LOAD_ROUTES], &scope->routes, err);
	if (r == 0)
		r = read_results(l, members[LOAD_RETURNS], step, scope, err);
	return r < 0 ? r : read_params(l, with, scope, err);
}

uint32_t
loader_whole(const struct loader *l, const struct step *step)
{
	const struct foreach *foreach = step->template_of;

	return foreach && l->steps[foreach->step].inside == step->inside ? foreach->step
									 : step_scope(step);
}

/* Whoever is in a scope waits for it to be opened; a template waits with its foreach. */
static int
check_member(struct loader *l, uint32_t number, struct err *err)
{
	const struct step *step = &l->steps[number];
	uint32_t at;

	/* What only judges comes when all of it has ended. */
	if (step->gates && step->gates->of != STEP_NONE)
		return 0;
	for (uint32_t i = 0; i < step->n_needs; i++)
		if (step->needs[i] != step_scope(step) &&
			step_scope(&l->steps[step->needs[i]]) != step_scope(step))
			return loader_corrupt(err, "a step needs one of another scope");
	if (step_scope(step) == STEP_NONE || loader_whole(l, step) != step_scope(step))
		return 0;
	at = step_need(step, step_scope(step));
	if (at == step->n_needs || (step->wants[at] & NEED_OUTCOME) != NEED_SUCCEEDED)
		return loader_corrupt(err, "a step does not wait for its scope");
	return 0;
}

/* The last step of the scope or foreach that a step is, else the step itself. */
static uint32_t
last_of(const struct step *step, uint32_t number)
{
	return number +
		(step->scope                    ? step->scope->n_steps
				: step->foreach ? step->foreach->n_templates
						: 0);
}

/* Scopes and foreachs lie within each other or apart. */
int
loader_join_scopes(struct loader *l, struct err *err)
{
	uint32_t scope = STEP_NONE;
	int r = 0;

	for (uint32_t i = 0; i < l->graph->n_steps; i++) {
		struct step *step = &l->steps[i];

		while (scope != STEP_NONE && i > last_of(&l->steps[scope], scope))
			scope = step_scope(&l->steps[scope]);
		step->inside = scope == STEP_NONE ? NULL : l->steps[scope].scope;
		if ((scope != STEP_NONE &&
			    last_of(step, i) > last_of(&l->steps[scope], scope)) ||
			(step->template_of &&
				last_of(step, i) > last_of(&l->steps[step->template_of->step],
							   step->template_of->step)))
			return loader_corrupt(err, "a part ends behind the whole");
		if (step->scope)
			scope = i;
	}
	for (uint32_t i = 0; r == 0 && i < l->graph->n_steps; i++)
		r = check_member(l, i, err);
	return r;
}
