#include "base/memory.h"
#include "route/reading.h"

/* The rule's own steps, by number. */
struct subjects {
	uint32_t *steps;
	uint32_t n;
};

/* "fix/x", of whose beginnings one is a step that stands for others. */
static const struct route_step *
find_around(const struct route_steps *steps, struct str name)
{
	for (size_t i = 1; i < name.n; i++) {
		uint32_t step;

		if (name.p[i] != '/')
			continue;
		step = route_steps_find(steps, (struct str){name.p, i});
		if (step != ROUTE_STEP_NONE)
			return &steps->items[step];
	}
	return NULL;
}

static bool
is_group(const struct route_steps *steps, struct str name)
{
	for (uint32_t i = 0; i < steps->n_groups; i++)
		if (str_equal(steps->groups[i], name))
			return true;
	return false;
}

static void
refuse_step(struct rule_reading *r, const struct place *place, struct str name, uint32_t offset)
{
	const struct route_step *around = find_around(r->steps, name);
	int n = (int)MIN(name.n, 150);

	if (is_group(r->steps, name))
		finding_error(r->findings, place, offset,
			"\"%.*s\" is a group; name a step of it, %.*s/STEP", n, name.p, n,
			name.p);
	else if (around && around->kind == ROUTE_STEP_SCOPE)
		finding_error(r->findings, place, offset,
			"\"%.*s\" is a step of another file; rules name steps of their own, "
			"such as \"%.*s\"",
			n, name.p, STR_ARG(around->name));
	else if (around && around->kind == ROUTE_STEP_FOREACH)
		finding_error(r->findings, place, offset,
			"\"%.*s\" is of one item; rules are asked when all of \"%.*s\" has "
			"ended",
			n, name.p, STR_ARG(around->name));
	else
		finding_error(r->findings, place, offset, "there is no step \"%.*s\"%s", n,
			name.p,
			finding_suggestion(
				r->findings, name, r->steps->names, r->steps->n_names));
}

static uint32_t
find_step(struct rule_reading *r, const struct place *place, struct str name, uint32_t offset)
{
	uint32_t step = route_steps_find(r->steps, name);

	if (step == ROUTE_STEP_NONE)
		refuse_step(r, place, name, offset);
	return step;
}

static bool
is_gate_of_run(const struct route_steps *steps, struct str name)
{
	return str_starts(name, STR("run.")) &&
		list_has_name(
			steps->gates, steps->n_gates, (struct str){name.p + 4, name.n - 4});
}

/* It is no step to rules, though it is one to the plan. */
static void
refuse_gate_as_step(struct rule_reading *r, struct str name, uint32_t offset)
{
	finding_error(r->findings, &r->when_place, offset,
		"\"%.*s\" is a gate of the run and not a step, so this never holds; %s",
		STR_ARG(name),
		r->when[ASK_GATE] ? "leave \"step\" out: \"gate\" says which one ends"
				  : arena_printf(r->arena, "say gate: %.*s", STR_ARG(name)));
}

static void
find_subjects(struct rule_reading *r, struct subjects *subjects)
{
	const struct value *v = r->when[ASK_STEP];

	subjects->n = 0;
	subjects->steps = ARENA_ARRAY(r->arena, v ? list_count(v) : 1, uint32_t);
	for (uint32_t i = 0; v && i < list_count(v); i++) {
		const struct value *item = list_item(v, i);
		uint32_t step;

		if (is_gate_of_run(r->steps, value_text(item))) {
			refuse_gate_as_step(r, value_text(item), item->offset);
			continue;
		}
		step = find_step(r, &r->when_place, value_text(item), item->offset);
		if (step != ROUTE_STEP_NONE)
			subjects->steps[subjects->n++] = step;
	}
}

/* The first subject that does not lie in the cone, or ROUTE_STEP_NONE. The end of a run lies in each. */
static uint32_t
find_outside(const struct subjects *subjects, const bool *inside)
{
	for (uint32_t i = 0; i < subjects->n; i++)
		if (!inside[subjects->steps[i]])
			return subjects->steps[i];
	return ROUTE_STEP_NONE;
}

static bool *
make_cone(struct rule_reading *r, uint32_t step)
{
	bool *inside = ARENA_ARRAY(r->arena, r->steps->n, bool);

	route_steps_cone(r->steps, step, inside);
	return inside;
}

/* What is asked of another step than the one that ended has to be known by then. */
static void
check_before(
	struct rule_reading *r, const struct subjects *subjects, uint32_t step, uint32_t offset)
{
	uint32_t outside = find_outside(subjects, make_cone(r, step));
	const struct route_step *items = r->steps->items;

	if (outside != ROUTE_STEP_NONE)
		finding_error(r->findings, &r->when_place, offset,
			"\"%.*s\" does not come before \"%.*s\", so nothing certain is known "
			"of it "
			"when that ends; only a step itself and what it needs can be asked "
			"about",
			STR_ARG(items[step].name), STR_ARG(items[outside].name));
}

static void
refuse_gate(struct rule_reading *r, const struct str *gates, uint32_t n, const char *owner,
	struct str name, uint32_t offset)
{
	finding_error(r->findings, &r->when_place, offset, "%s has no gate \"%.*s\"%s", owner,
		(int)MIN(name.n, 150), name.p, finding_suggestion(r->findings, name, gates, n));
}

/* The gate judges when what it comes after has ended: that is what such a rule may look back to. */
static void
check_gate_of_run(struct rule_reading *r, struct subjects *subjects, uint32_t offset)
{
	struct str gate = r->rule->when.gate;
	struct str name = {gate.p + 4, gate.n - 4};
	uint32_t step = route_steps_find(r->steps, gate);

	if (step != ROUTE_STEP_NONE && subjects->n == 0)
		subjects->steps[subjects->n++] = step;
	for (uint32_t i = 0; i < r->steps->n_gates; i++)
		if (str_equal(r->steps->gates[i], name))
			return;
	refuse_gate(r, r->steps->gates, r->steps->n_gates, "the run", name, offset);
}

static void
refuse_gate_of_step(struct rule_reading *r, uint32_t number, struct str gate, uint32_t offset)
{
	const struct route_step *step;
	struct str name;

	if (number == ROUTE_STEP_NONE) {
		(void)str_cut(gate, '.', &name);
		refuse_step(
			r, &r->when_place, (struct str){gate.p, gate.n - name.n - 1}, offset);
		return;
	}
	step = &r->steps->items[number];
	name = (struct str){gate.p + step->name.n + 1, gate.n - step->name.n - 1};
	refuse_gate(r, step->gates, step->n_gates,
		arena_printf(r->arena, "step \"%.*s\"", STR_ARG(step->name)), name, offset);
}

/* Without `step` it is the gate's own step that has to end. */
static void
check_gate(struct rule_reading *r, struct subjects *subjects)
{
	struct rule_when *when = &r->rule->when;
	uint32_t offset;
	uint32_t step;

	if (!r->when[ASK_GATE])
		return;
	offset = r->when[ASK_GATE]->offset;
	if (when->of_run) {
		check_gate_of_run(r, subjects, offset);
		return;
	}
	if (!route_steps_find_gate(r->steps, when->gate, &step)) {
		refuse_gate_of_step(r, step, when->gate, offset);
		return;
	}
	if (r->when[ASK_STEP]) {
		check_before(r, subjects, step, offset);
		return;
	}
	when->asks |= 1U << ASK_STEP;
	when->steps = &r->steps->items[step].name;
	when->n_steps = 1;
	subjects->steps[subjects->n++] = step;
}

static void
check_visits(struct rule_reading *r, const struct subjects *subjects)
{
	uint32_t step;

	if (!r->visits_step)
		return;
	step = find_step(r, &r->when_place, value_text(r->visits_step), r->visits_step->offset);
	if (step != ROUTE_STEP_NONE)
		check_before(r, subjects, step, r->visits_step->offset);
}

/* What must not happen twice, and is not said to. */
static void
check_once(struct rule_reading *r, const bool *inside)
{
	const struct route_steps *steps = r->steps;
	const struct rule *rule = r->rule;

	for (uint32_t i = 0; i < steps->n; i++) {
		const struct route_step *step = &steps->items[i];

		if (!inside[i] || !step->is_once ||
			list_has_name(rule->again, rule->n_again, step->name))
			continue;
		finding_error(r->findings, &r->then_place, r->then[THEN_GOTO]->offset,
			"going back to \"%.*s\" does \"%.*s\" again, which says effects: once; "
			"if it may happen twice, say again: [ %.*s ]",
			STR_ARG(rule->target), STR_ARG(step->name), STR_ARG(step->name));
		return;
	}
}

static void
check_again(struct rule_reading *r, const bool *inside)
{
	const struct value *v = r->then[THEN_AGAIN];

	for (uint32_t i = 0; v && i < list_count(v); i++) {
		const struct value *item = list_item(v, i);
		uint32_t step = find_step(r, &r->then_place, value_text(item), item->offset);

		if (step == ROUTE_STEP_NONE)
			continue;
		if (!r->steps->items[step].is_once)
			finding_error(r->findings, &r->then_place, item->offset,
				"\"%.*s\" does not say effects: once, so \"again\" need not "
				"name it",
				STR_ARG(value_text(item)));
		else if (!inside[step])
			finding_error(r->findings, &r->then_place, item->offset,
				"\"%.*s\" is not done again by going back to \"%.*s\"",
				STR_ARG(value_text(item)), STR_ARG(r->rule->target));
	}
}

/* A bound on visits holds where each round adds one. */
static void
check_bound(struct rule_reading *r, const bool *inside)
{
	uint32_t step;

	if (r->rule->times || !r->visits_step)
		return;
	step = route_steps_find(r->steps, value_text(r->visits_step));
	if (step == ROUTE_STEP_NONE || inside[step])
		return;
	finding_error(r->findings, &r->when_place, r->visits_step->offset,
		"visits of \"%.*s\" do not grow by going back to \"%.*s\", so they are no "
		"bound; "
		"ask for visits of that one, or say times: 2",
		STR_ARG(value_text(r->visits_step)), STR_ARG(r->rule->target));
}

/* `finally` begins once, when all else has ended. */
static bool
leaves_last(struct rule_reading *r, const struct subjects *subjects, uint32_t target)
{
	const struct route_step *items = r->steps->items;

	for (uint32_t i = 0; i < subjects->n && !items[target].is_last; i++) {
		if (!items[subjects->steps[i]].is_last)
			continue;
		finding_error(r->findings, &r->then_place, r->then[THEN_GOTO]->offset,
			"\"%.*s\" is of finally, which begins once, when all else has ended: a "
			"goto from there leads to a step of finally only",
			STR_ARG(items[subjects->steps[i]].name));
		return true;
	}
	return false;
}

static void
check_goto(struct rule_reading *r, const struct subjects *subjects)
{
	const struct value *v = r->then[THEN_GOTO];
	const struct route_step *items = r->steps->items;
	const bool *inside;
	uint32_t target;
	uint32_t outside;

	if (r->rule->action != ROUTE_TO_GOTO)
		return;
	target = find_step(r, &r->then_place, r->rule->target, v->offset);
	if (target == ROUTE_STEP_NONE)
		return;
	if (leaves_last(r, subjects, target))
		return;
	inside = make_cone(r, target);
	outside = find_outside(subjects, inside);
	if (outside != ROUTE_STEP_NONE) {
		finding_error(r->findings, &r->then_place, v->offset,
			"\"%.*s\" does not come before \"%.*s\"; a goto leads back to a step "
			"that "
			"the one that ended needs, directly or not, or to itself",
			STR_ARG(items[target].name), STR_ARG(items[outside].name));
		return;
	}
	check_bound(r, inside);
	check_once(r, inside);
	check_again(r, inside);
}

void
rule_names_check(struct rule_reading *r)
{
	struct subjects subjects;

	find_subjects(r, &subjects);
	check_gate(r, &subjects);
	check_visits(r, &subjects);
	check_goto(r, &subjects);
}
