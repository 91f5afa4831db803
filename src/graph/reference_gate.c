#include "graph/reference_gate.h"

#include "base/memory.h"
#include "expr/check.h"
#include "graph/declared_foreach.h"

static const char *
suggest(const struct reference_place *at, struct str wrong, const struct value *gates)
{
	uint32_t n = gates && gates->kind == VALUE_OBJECT ? gates->n : 0;
	struct str *names = memory_new(n, sizeof(*names));
	const char *suggestion;

	for (uint32_t i = 0; i < n; i++)
		names[i] = value_text(&gates->members[i].key);
	suggestion = finding_suggestion(&at->workflow->findings, wrong, names, n);
	free(names);
	return suggestion;
}

static int
refuse_step(const struct reference_place *at, const struct meaning *meaning, struct err *err)
{
	struct workflow *w = at->workflow;
	const struct value *gates = w->keys[WORKFLOW_GATES];

	if (str_is(meaning->step, "run"))
		return err_set(err, ERR_INVALID,
			"the run has no gate \"%.*s\"%s; those of the run stand under `gates` "
			"beside `steps`",
			(int)MIN(meaning->gate.n, 150), meaning->gate.p,
			suggest(at, meaning->gate, gates));
	return err_set(err, ERR_INVALID, "there is no step \"%.*s\"%s",
		(int)MIN(meaning->step.n, 150), meaning->step.p,
		finding_suggestion(
			&w->findings, meaning->step, declared_step_names(w), w->n_steps));
}

static int
refuse_gate(const struct reference_place *at, const struct meaning *meaning,
	const struct declared_step *step, struct err *err)
{
	const struct value *gates = step->keys[STEP_GATES];

	if (!gates || !gates->n)
		return err_set(
			err, ERR_INVALID, "step \"%.*s\" has no gates", STR_ARG(step->name));
	return err_set(err, ERR_INVALID, "step \"%.*s\" has no gate \"%.*s\"%s",
		STR_ARG(step->name), (int)MIN(meaning->gate.n, 150), meaning->gate.p,
		suggest(at, meaning->gate, gates));
}

int
gate_reference_find(const struct reference_place *at, const struct meaning *meaning,
	uint32_t *ret_step, unsigned *ret_type, struct err *err)
{
	const struct workflow *w = at->workflow;
	uint32_t number = map_get(&w->step_by_name, meaning->step);
	const struct declared_step *step;

	if (number == MAP_NONE)
		return refuse_step(at, meaning, err);
	step = &w->steps[number];
	if (at->step != STEP_NONE &&
		(number == at->step || w->steps[at->step].template_of == number))
		return err_set(err, ERR_INVALID,
			"a step cannot use what its own gates find, \"gates.%.*s.%.*s\"; the "
			"next attempt finds it at $LILY_FEEDBACK",
			STR_ARG(meaning->step), STR_ARG(meaning->gate));
	if (step->is_foreach)
		return err_set(err, ERR_INVALID,
			"step \"%.*s\" is a foreach, and each of its items has gates of its "
			"own; "
			"write steps.STEP.items to know how these ended",
			STR_ARG(step->name));
	if (!step->keys[STEP_GATES] || !value_get(step->keys[STEP_GATES], meaning->gate))
		return refuse_gate(at, meaning, step, err);
	*ret_step = number;
	*ret_type = meaning->fact == FACT_GATE_STATUS ? EXPR_TEXT | EXPR_NULL
						      : EXPR_NUMBER | EXPR_ABSENT;
	return 0;
}
