#include "route/facts.h"
#include "route/rule.h"

static void
refuse(struct findings *findings, const char *what, const struct value *name, uint32_t offset,
	const struct str *candidates, size_t n)
{
	finding_error(findings, NULL, offset, "there is no %s \"%.*s\"%s", what,
		(int)MIN(name->n, 150), name->text,
		finding_suggestion(findings, value_text(name), candidates, n));
}

static void
check_step(struct findings *findings, const struct value *name, uint32_t offset,
	const struct route_steps *steps)
{
	if (route_steps_find(steps, value_text(name)) == ROUTE_STEP_NONE)
		refuse(findings, "step", name, offset, steps->names, steps->n_names);
}

static bool
is_gate_of_run(const struct route_steps *steps, struct str name)
{
	if (!str_starts(name, STR("run.")))
		return false;
	for (uint32_t i = 0; i < steps->n_gates; i++)
		if (str_equal(steps->gates[i], (struct str){name.p + 4, name.n - 4}))
			return true;
	return false;
}

static void
check_gate(struct findings *findings, const struct value *key, const struct route_steps *steps)
{
	uint32_t step;

	if (is_gate_of_run(steps, value_text(key)) ||
		route_steps_find_gate(steps, value_text(key), &step))
		return;
	if (step == ROUTE_STEP_NONE)
		refuse(findings, "gate", key, key->offset, NULL, 0);
	else
		finding_error(findings, NULL, key->offset,
			"there is no gate \"%.*s\": step \"%.*s\" has none of that name",
			(int)MIN(key->n, 150), key->text, STR_ARG(steps->items[step].name));
}

static void
check_rule(struct findings *findings, const struct value *key, const struct rules *rules)
{
	struct str *ids = ARENA_ARRAY(findings->arena, rules->n, struct str);

	for (uint32_t i = 0; i < rules->n; i++) {
		ids[i] = rules->items[i].id;
		if (str_equal(ids[i], value_text(key)))
			return;
	}
	refuse(findings, "rule", key, key->offset, ids, rules->n);
}

void
route_facts_check(struct findings *findings, const struct value *v,
	const struct route_steps *steps, const struct rules *rules)
{
	const struct value *step = value_get(v, STR("step"));
	const struct value *visits = value_get(v, STR("visits"));
	const struct value *gates = value_get(v, STR("gates"));
	const struct value *applied = value_get(v, STR("applied"));

	if (step && step->kind == VALUE_STRING)
		check_step(findings, step, step->offset, steps);
	for (uint32_t i = 0; visits && i < visits->n; i++)
		check_step(findings, &visits->members[i].key, visits->members[i].key.offset,
			steps);
	for (uint32_t i = 0; gates && i < gates->n; i++)
		check_gate(findings, &gates->members[i].key, steps);
	for (uint32_t i = 0; applied && i < applied->n; i++)
		check_rule(findings, &applied->members[i].key, rules);
}
