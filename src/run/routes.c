#include "run/routes.h"

#include "graph/declared_group.h"
#include "graph/declared_scope.h"
#include "graph/effects.h"

/* The names of a map of gates. */
static const struct str *
gate_names(const struct value *gates, struct arena *arena, uint32_t *ret_n)
{
	struct str *names;

	*ret_n = 0;
	if (!gates)
		return NULL;
	names = ARENA_ARRAY(arena, gates->n, struct str);
	for (uint32_t i = 0; i < gates->n; i++)
		names[i] = value_text(&gates->members[i].key);
	*ret_n = gates->n;
	return names;
}

static enum route_step_kind
kind_of(const struct declared_step *step)
{
	if (step->template_of != STEP_NONE)
		return ROUTE_STEP_TEMPLATE;
	if (step->is_foreach)
		return ROUTE_STEP_FOREACH;
	return step->scope == SCOPE_NONE ? ROUTE_STEP_PLAIN : ROUTE_STEP_SCOPE;
}

/* Also what stands for steps that are: those of another file, or of items. */
static bool
is_once(const struct workflow *w, uint32_t number)
{
	uint32_t last = number + w->steps[number].n_templates;

	for (uint32_t i = number; i <= last; i++) {
		const struct declared_step *step = &w->steps[i];
		const struct workflow *inner =
			step->scope == SCOPE_NONE ? NULL : w->scopes[step->scope].inner;

		if (inner ? inner->has_once : effects_are_once(step))
			return true;
	}
	return false;
}

static void
describe_steps(const struct workflow *w, struct arena *arena, struct route_steps *steps)
{
	struct route_step *items = ARENA_ARRAY(arena, w->n_steps, struct route_step);

	for (uint32_t i = 0; i < w->n_steps; i++) {
		const struct declared_step *step = &w->steps[i];

		items[i] = (struct route_step){.name = step->name,
			.kind = kind_of(step),
			.needs = step->needs,
			.n_needs = step->n_needs};
		items[i].is_once = items[i].kind != ROUTE_STEP_TEMPLATE && is_once(w, i);
		items[i].gates = gate_names(step->keys[STEP_GATES], arena, &items[i].n_gates);
	}
	steps->items = items;
	steps->n = w->n_steps;
}

static void
describe_groups(const struct workflow *w, struct arena *arena, struct route_steps *steps)
{
	struct str *names = ARENA_ARRAY(arena, w->n_groups, struct str);

	steps->n_groups = 0;
	for (uint32_t i = 0; i < w->n_groups; i++)
		if (w->groups[i].foreach == STEP_NONE)
			names[steps->n_groups++] = w->groups[i].name;
	steps->groups = names;
}

void
routes_read(const struct workflow *w, struct arena *arena, struct routes *ret_routes)
{
	*ret_routes = (struct routes){.rules = {.n = 0}};
	findings_init(&ret_routes->findings, arena);
	describe_steps(w, arena, &ret_routes->steps);
	describe_groups(w, arena, &ret_routes->steps);
	ret_routes->steps.gates =
		gate_names(w->keys[WORKFLOW_GATES], arena, &ret_routes->steps.n_gates);
	route_steps_index(&ret_routes->steps);
	if (w->keys[WORKFLOW_ROUTES])
		rules_read(&ret_routes->findings, arena, w->keys[WORKFLOW_ROUTES],
			&ret_routes->steps, &ret_routes->rules);
	findings_finish(&ret_routes->findings);
}

void
routes_done(struct routes *routes)
{
	route_steps_done(&routes->steps);
	findings_done(&routes->findings);
}
