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
			.is_last = step->is_last,
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

/* --- what runs do not do yet --- */

/* That it was made elsewhere was decided about there; what rules ask about is not reused (routing.h). */
#define SUCCESS (1U << ROUTE_SUCCEEDED | 1U << ROUTE_REUSED | 1U << ROUTE_ADOPTED)

static const enum rule_ask honoured[] = {ASK_STEP, ASK_STATUS, ASK_ERROR, ASK_EXIT, ASK_GATE,
	ASK_GATE_STATUS, ASK_METRIC, ASK_EXHAUSTED, ASK_LABEL_MISSING, ASK_VISITS};

static void
refuse_later(struct routes *routes, const struct rule *rule, const char *what)
{
	struct place place = {NULL, "rule", rule->id};

	finding_later(&routes->findings, &place, rule->offset,
		"%s not honoured by this build of lily (routing)", what);
}

static void
check_conditions(struct routes *routes, const struct rule *rule)
{
	unsigned statuses = rule_statuses(&rule->when);
	unsigned asks = rule->when.asks;

	for (size_t i = 0; i < ARRAY_SIZE(honoured); i++)
		asks &= ~(1U << honoured[i]);
	if (asks)
		refuse_later(routes, rule, "the condition violation is");
	else if (!rule->when.of_run &&
		(statuses & ~(SUCCESS | 1U << ROUTE_FAILED) ||
			!(statuses & (1U << ROUTE_SUCCEEDED | 1U << ROUTE_FAILED))))
		refuse_later(routes, rule,
			"rules about steps that neither failed nor succeeded (say status: "
			"[ failed, succeeded ], or one of these) are");
}

static bool
may_decide(const struct rule *rule, struct str step)
{
	for (uint32_t i = 0; i < rule->when.n_steps; i++)
		if (str_equal(rule->when.steps[i], step))
			return true;
	return !(rule->when.asks & 1U << ASK_STEP);
}

/* People are asked about attempts of programs: what fails with its items or its steps has none, and what must
 * not happen twice is settled in another way. */
static const char *
never_asked_about(const struct declared_step *step)
{
	return step->keys[STEP_HUMAN]       ? "that a person does"
		: step->is_foreach          ? "with a foreach"
		: step->scope != SCOPE_NONE ? "made from another file"
		: effects_are_once(step)    ? "with effects: once"
					    : NULL;
}

static void
check_escalate(struct routes *routes, const struct workflow *w, const struct rule *rule)
{
	if (rule->when.of_run)
		refuse_later(routes, rule, "escalate for a gate of the run is");
	for (uint32_t i = 0; !rule->when.of_run && i < w->n_steps; i++) {
		const struct declared_step *step = &w->steps[i];
		const char *what = never_asked_about(step);

		if (!what || step->judges || step->template_of != STEP_NONE ||
			!may_decide(rule, step->name))
			continue;
		refuse_later(routes, rule,
			arena_printf(routes->findings.arena,
				"escalate for a step %s, as \"%.*s\" is (name others by step), "
				"is",
				what, STR_ARG(step->name)));
		return;
	}
}

/* A person decides about failures only; and what gates found is not there any more once a person has said
 * that what they judged is taken. */
static void
check_success(struct routes *routes, const struct workflow *w, const struct rule *rule)
{
	if (!(rule_statuses(&rule->when) & 1U << ROUTE_SUCCEEDED))
		return;
	if (rule->action == ROUTE_TO_ESCALATE)
		refuse_later(routes, rule, "escalate after a success (say status: failed) is");
	for (uint32_t i = 0; rule->when.asks & 1U << ASK_GATE && i < w->n_steps; i++) {
		const struct value *approve = w->steps[i].keys[STEP_APPROVE];
		const struct value *at = approve ? value_get(approve, STR("at")) : NULL;

		if (!at || !str_is(value_text(at), "commit") ||
			!may_decide(rule, w->steps[i].name))
			continue;
		refuse_later(routes, rule,
			"rules about the gates of a step that succeeds by approve: { at: "
			"commit } are");
		return;
	}
}

/* A key that is said is one for all visits. */
static void
check_again(struct routes *routes, const struct workflow *w, const struct rule *rule)
{
	for (uint32_t i = 0; i < rule->n_again; i++) {
		uint32_t step = route_steps_find(&routes->steps, rule->again[i]);

		if (step == ROUTE_STEP_NONE || !w->steps[step].keys[STEP_ONCE_KEY])
			continue;
		refuse_later(routes, rule,
			arena_printf(routes->findings.arena,
				"doing \"%.*s\" again, which has a once_key of its own, is",
				STR_ARG(rule->again[i])));
	}
}

static void
check_rule(struct routes *routes, const struct workflow *w, const struct rule *rule)
{
	if (rule->action == ROUTE_TO_ESCALATE)
		check_escalate(routes, w, rule);
	check_conditions(routes, rule);
	check_success(routes, w, rule);
	check_again(routes, w, rule);
}

/* What fails in a sub-workflow fails that, and the file that uses it says what follows. */
static void
check_inside(struct routes *routes, const struct rule *rule)
{
	if (rule->action == ROUTE_TO_ABORT)
		refuse_later(routes, rule,
			"abort by a rule of a sub-workflow (let the failure stand, and have a "
			"rule of the file that uses it decide) is");
}

static void
find_later(const struct workflow *w, enum routes_use use, struct routes *routes)
{
	for (uint32_t i = 0; use != ROUTES_TRIED && i < routes->rules.n; i++) {
		check_rule(routes, w, &routes->rules.items[i]);
		if (use == ROUTES_RUN_INSIDE)
			check_inside(routes, &routes->rules.items[i]);
	}
}

/* --- reading --- */

void
routes_read(const struct workflow *w, enum routes_use use, struct arena *arena,
	struct routes *ret_routes)
{
	*ret_routes = (struct routes){.rules = {.n = 0}};
	findings_init(&ret_routes->findings, arena);
	describe_steps(w, arena, &ret_routes->steps);
	describe_groups(w, arena, &ret_routes->steps);
	ret_routes->steps.gates =
		gate_names(w->keys[WORKFLOW_GATES], arena, &ret_routes->steps.n_gates);
	route_steps_index(&ret_routes->steps);
	if (w->keys[WORKFLOW_ROUTES]) {
		rules_read(&ret_routes->findings, arena, w->keys[WORKFLOW_ROUTES],
			&ret_routes->steps, &ret_routes->rules);
		find_later(w, use, ret_routes);
	}
	findings_finish(&ret_routes->findings);
}

void
routes_done(struct routes *routes)
{
	route_steps_done(&routes->steps);
	findings_done(&routes->findings);
}

/* The rules of the files on their way into a plan. */
struct taking {
	struct arena *arena;
	struct buf refusal;
	size_t errors;
	size_t shown;
	struct plan_routes *found;
	size_t n_found;
};

static void
take(struct taking *taking, const struct workflow *w, enum routes_use use)
{
	struct routes routes;

	if (!w->keys[WORKFLOW_ROUTES])
		return;
	routes_read(w, use, taking->arena, &routes);
	findings_show_errors(
		&routes.findings, &w->source, FINDINGS_ALL, &taking->refusal, &taking->shown);
	taking->errors += routes.findings.errors;
	if (routes.rules.n)
		taking->found[taking->n_found++] =
			(struct plan_routes){w, rules_write(&routes.rules, taking->arena)};
	routes_done(&routes);
}

int
routes_plan(const struct workflow *w, struct arena *arena,
	const struct plan_routes **ret_routes, size_t *ret_n, struct err *err)
{
	struct taking taking = {.arena = arena,
		.refusal = BUF_INIT(1 << 16),
		.found = ARENA_ARRAY(arena, w->n_files + 1, struct plan_routes)};
	int r = 0;

	take(&taking, w, ROUTES_RUN);
	for (size_t i = 0; i < w->n_files; i++)
		take(&taking, w->files[i], ROUTES_RUN_INSIDE);
	if (taking.errors)
		r = findings_refuse(&taking.refusal, taking.errors, taking.shown,
			"lily check shows them", err);
	buf_done(&taking.refusal);
	*ret_routes = taking.found;
	*ret_n = taking.n_found;
	return r;
}
