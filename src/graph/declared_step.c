#include "graph/declared_step.h"

#include "base/memory.h"
#include "graph/argument.h"
#include "graph/declared_foreach.h"
#include "graph/declared_gate.h"
#include "graph/declared_group.h"
#include "graph/declared_label.h"
#include "graph/declared_policy.h"
#include "graph/declared_pool.h"
#include "graph/declared_scope.h"
#include "graph/effects.h"
#include "graph/port.h"
#include "graph/question.h"
#include "graph/reference.h"
#include "graph/settings.h"
#include "graph/surroundings.h"

void
steps_read(struct workflow *w)
{
	groups_read(w);
	run_gates_read(w);
}

static void
check_script(struct workflow *w, const struct place *place, uint32_t step)
{
	const struct value *script = w->steps[step].keys[STEP_RUN];
	struct reference_place at = {w, place, step, 0,
		"a script; give it by `env` or `in` and use \"$NAME\" or \"$LILY_IN/NAME\"",
		NULL};

	references_refuse(&at, script);
	if (!str_trim(value_text(script)).n)
		finding_error(&w->findings, place, script->offset, "the script is empty");
	if (str_find(value_text(script), '\0') >= 0)
		finding_error(&w->findings, place, script->offset,
			"a script cannot hold a NUL character");
	if (script->n > ARGUMENT_BYTES_MAX)
		finding_error(&w->findings, place, script->offset,
			"a script of %u bytes, more than the %d that can be handed to a shell; "
			"put "
			"it into a file",
			script->n, ARGUMENT_BYTES_MAX);
}

static void
add_edge(struct edges *edges, uint32_t step, uint8_t wants)
{
	edges->items =
		memory_grow(edges->items, edges->n, &edges->capacity, sizeof(*edges->items));
	edges->items[edges->n++] = (struct edge){step, wants};
}

/* `needs` of a step, or of a group that a step is in. */
struct needing {
	struct workflow *w;
	uint32_t step;
	const struct place *place;
	struct edges *edges;
	bool is_told; /* of what is wrong */
};

/* Of a group, all of its steps are needed; of a foreach, it alone. */
static void
need_group(const struct needing *x, const struct declared_group *group, uint8_t wants)
{
	const struct declared_step *steps = x->w->steps;

	for (uint32_t i = group->first; i < group->first + group->n_steps; i++)
		if (steps[i].template_of == steps[group->first].template_of)
			add_edge(x->edges, i, wants | EDGE_NAMED);
}

/* The step itself is not suggested. */
static void
refuse_need(const struct needing *x, const struct value *need)
{
	struct workflow *w = x->w;
	const struct str *all = declared_step_names(w);
	struct str *others = memory_new(w->n_steps, sizeof(*others));
	size_t n = 0;

	for (uint32_t i = 0; i < w->n_steps; i++)
		if (i != x->step)
			others[n++] = all[i];
	finding_error(&w->findings, x->place, need->offset, "there is no step \"%.*s\"%s",
		(int)MIN(need->n, 150), need->text,
		finding_suggestion(&w->findings, value_text(need), others, n));
	free(others);
}

static void
check_need(const struct needing *x, const struct value *need, uint8_t wants)
{
	struct workflow *w = x->w;
	struct declared_name found = name_find(w, w->steps[x->step].group, value_text(need));

	if (found.step != STEP_NONE)
		add_edge(x->edges, found.step, wants | EDGE_NAMED);
	else if (found.group != GROUP_NONE)
		need_group(x, &w->groups[found.group], wants);
	else if (x->is_told)
		refuse_need(x, need);
}

static void
check_outcome(const struct needing *x, const struct member *need)
{
	const struct value *v = &need->value;
	struct findings *findings = &x->w->findings;
	struct str outcomes[NEED_FINISHED];

	for (unsigned i = 0; i < NEED_FINISHED; i++) {
		outcomes[i] = str_of(need_outcome_name(i + 1));
		if (v->kind != VALUE_STRING || !str_equal(value_text(v), outcomes[i]))
			continue;
		check_need(x, &need->key, (uint8_t)(i + 1));
		return;
	}
	if (!x->is_told)
		return;
	finding_error(findings, x->place, v->offset,
		"what is needed of \"%.*s\" must be succeeded, failed or finished, not %s%s",
		(int)MIN(need->key.n, 100), need->key.text, value_describe(&x->w->arena, v),
		v->kind == VALUE_STRING
			? finding_suggestion(findings, value_text(v), outcomes, NEED_FINISHED)
			: "");
}

/* A list of steps, or a map of them to outcomes. */
static void
check_needs(const struct needing *x, const struct value *needs)
{
	for (uint32_t i = 0; needs && i < needs->n; i++) {
		if (needs->kind == VALUE_OBJECT)
			check_outcome(x, &needs->members[i]);
		else if (needs->items[i].kind == VALUE_STRING)
			check_need(x, &needs->items[i], 0);
		else if (x->is_told)
			finding_error(&x->w->findings, x->place, needs->items[i].offset,
				"\"needs\" must hold names of steps, not %s",
				value_describe(&x->w->arena, &needs->items[i]));
	}
}

/* What a step needs because a group that it is in needs it; a foreach waits for its templates. */
static void
check_group_needs(struct workflow *w, uint32_t step, struct edges *edges)
{
	uint32_t number = w->steps[step].group;

	for (; number != GROUP_NONE; number = w->groups[number].outer) {
		const struct declared_group *group = &w->groups[number];
		struct place place = {NULL, "step", group->name};
		/* What is wrong is told of once, by the group's first step. */
		const struct needing x = {w, step, &place, edges, step == group->first};

		if (group->foreach != STEP_NONE)
			return;
		check_needs(&x, group->needs);
	}
}

static int
compare_edges(const void *left, const void *right)
{
	const struct edge *a = left;
	const struct edge *b = right;

	return (a->step > b->step) - (a->step < b->step);
}

/* What a step that asks how another ended wants of it, where nothing else says: only its end. */
static uint8_t
settled(uint8_t wants)
{
	if ((wants & EDGE_FACT) && !(wants & (EDGE_NAMED | NEED_OUTPUT)))
		wants |= NEED_FINISHED;
	return wants & (NEED_OUTCOME | NEED_OUTPUT);
}

/* Ascending, each once, in the arena. */
static void
keep_edges(struct workflow *w, struct declared_step *step, struct edges *edges)
{
	struct edge *items = edges->items;
	uint32_t *needs;
	uint8_t *wants;
	uint32_t n = 0;

	if (edges->n > 1)
		qsort(items, edges->n, sizeof(*items), compare_edges);
	for (size_t i = 0; i < edges->n; i++)
		if (n && items[n - 1].step == items[i].step)
			items[n - 1].wants |= items[i].wants;
		else
			items[n++] = items[i];
	edges->n = 0;
	if (!n)
		return;
	needs = ARENA_ARRAY(&w->arena, n, uint32_t);
	wants = ARENA_ARRAY(&w->arena, n, uint8_t);
	for (uint32_t i = 0; i < n; i++) {
		needs[i] = items[i].step;
		wants[i] = settled(items[i].wants);
	}
	step->needs = needs;
	step->wants = wants;
	step->n_needs = n;
}

/* What cannot come true: what is in `finally` comes last, and only a step that succeeded has
 * outputs. */
static void
check_wants(struct workflow *w, const struct declared_step *step, const struct place *place)
{
	for (uint32_t i = 0; i < step->n_needs; i++) {
		struct str name = w->steps[step->needs[i]].name;

		if (w->steps[step->needs[i]].is_last && !step->is_last)
			finding_error(&w->findings, place, step->offset,
				"needs \"%.*s\", which is in `finally` and comes after all "
				"steps; move it to `steps`, or this one to `finally`",
				STR_ARG(name));
		if (step->wants[i] == (NEED_FAILED | NEED_OUTPUT))
			finding_error(&w->findings, place,
				step->keys[STEP_NEEDS] ? step->keys[STEP_NEEDS]->offset
						       : step->offset,
				"needs \"%.*s\" to have failed, and an output of it; a step "
				"that "
				"failed has none: say optional: true where the output is "
				"taken, or "
				"take it away",
				STR_ARG(name));
	}
}

/* What is done for it stands in another file. */
static void
check_scope_step(
	const struct reference_place *at, const struct needing *needing, struct edges *edges)
{
	const struct declared_step *step = &at->workflow->steps[at->step];
	struct reference_place condition = *at;

	check_needs(needing, step->keys[STEP_NEEDS]);
	check_group_needs(at->workflow, at->step, edges);
	condition.what = "if";
	condition.may = MAY_OUTPUT | MAY_ITEM;
	if (step->keys[STEP_IF])
		condition_check(&condition, step->keys[STEP_IF]);
	if (step->keys[STEP_POLICY])
		policy_check(at->workflow, at->place, step->keys[STEP_POLICY]);
	scope_check(at, &at->workflow->scopes[step->scope]);
}

bool
step_may_be_skipped(const struct declared_step *step)
{
	return step->keys[STEP_IF] &&
		(step->keys[STEP_IF]->kind != VALUE_BOOL ||
			!value_is_true(step->keys[STEP_IF]));
}

static void
check_step(struct workflow *w, uint32_t number, struct edges *edges)
{
	struct declared_step *step = &w->steps[number];
	struct place place = {NULL, "step", step->name};
	struct reference_place at = {w, &place, number, MAY_TEXT_OF_STEP, "exec", edges};
	const struct needing needing = {w, number, &place, edges, true};

	if (step->judges) {
		gates_check(w, number, NULL, edges);
		return;
	}
	if (step->scope != SCOPE_NONE) {
		check_scope_step(&at, &needing, edges);
		return;
	}
	if (step->keys[STEP_RUN])
		check_script(w, &place, number);
	if (step->keys[STEP_EXEC])
		arguments_check(&at, step->keys[STEP_EXEC]);
	if (step->keys[STEP_SHELL])
		shell_check(w, &place, step->keys[STEP_SHELL]);
	check_needs(&needing, step->keys[STEP_NEEDS]);
	check_group_needs(w, number, edges);
	if (step->is_foreach)
		foreach_check(w, number, &place, edges);
	if (step->keys[STEP_IN])
		inputs_check(w, number, &place, edges);
	if (step->keys[STEP_ACCEPTS])
		accepts_check(w, number, &place, edges);
	if (step->keys[STEP_OUT])
		outputs_check(w, number, &place, edges);
	at.what = "if";
	at.may = MAY_CONDITION;
	if (step->keys[STEP_IF])
		condition_check(&at, step->keys[STEP_IF]);
	at.what = "env";
	at.may = MAY_TEXT_OF_STEP & ~(1U << ROOT_ENV);
	if (step->keys[STEP_ENV])
		env_check(&at, step->keys[STEP_ENV]);
	if (step->keys[STEP_PASS_ENV])
		pass_env_check(w, &place, step->keys[STEP_PASS_ENV]);
	surroundings_check(w, number, &place, edges);
	if (step->keys[STEP_POOLS])
		pools_check(w, &place, step->keys[STEP_POOLS]);
	effects_check(w, number, &place, edges);
	if (step->keys[STEP_GATES])
		gates_check(w, number, &place, edges);
	question_check(w, number, &place, edges);
	settings_check(w, &place, step->keys);
}

static void
keep(struct workflow *w, uint32_t step, struct edges *edges)
{
	struct place place = {NULL, "step", w->steps[step].name};

	keep_edges(w, &w->steps[step], edges);
	check_wants(w, &w->steps[step], &place);
}

/* A foreach whose templates are being checked. */
struct lifting {
	uint32_t step;
	uint32_t last; /* of its templates */
	struct edges edges;
};

struct liftings {
	struct lifting items[GROUP_DEPTH_MAX + 1];
	uint32_t n;
};

/* What a template needs of steps beside it stays its own; for all else the foreach waits. */
static void
lift_edges(struct workflow *w, uint32_t step, struct edges *edges, struct edges *ret_lifted)
{
	size_t n = 0;

	for (size_t i = 0; i < edges->n; i++)
		if (w->steps[edges->items[i].step].template_of == w->steps[step].template_of)
			edges->items[n++] = edges->items[i];
		else
			add_edge(ret_lifted, edges->items[i].step, edges->items[i].wants);
	edges->n = n;
}

/* Nothing outside of a foreach can name what is in it. */
static void
keep_lifted(struct workflow *w, struct liftings *liftings, uint32_t step, struct edges *edges)
{
	if (liftings->n)
		lift_edges(w, step, edges, &liftings->items[liftings->n - 1].edges);
	keep(w, step, edges);
}

/* Those whose last template comes before that step. */
static void
close_liftings(struct workflow *w, struct liftings *liftings, uint32_t before)
{
	while (liftings->n && liftings->items[liftings->n - 1].last < before) {
		struct lifting *lifting = &liftings->items[--liftings->n];

		keep_lifted(w, liftings, lifting->step, &lifting->edges);
		free(lifting->edges.items);
	}
}

/* In order, so that findings are, too. */
static void
check_all(struct workflow *w)
{
	struct liftings liftings = {.n = 0};
	struct edges edges = {0};

	for (uint32_t i = 0; i < w->n_steps; i++) {
		struct lifting *lifting;

		close_liftings(w, &liftings, i);
		if (!w->steps[i].is_foreach) {
			check_step(w, i, &edges);
			keep_lifted(w, &liftings, i, &edges);
			continue;
		}
		if (liftings.n == ARRAY_SIZE(liftings.items))
			BUG("foreachs lie deeper than groups");
		lifting = &liftings.items[liftings.n++];
		*lifting = (struct lifting){i, i + w->steps[i].n_templates, {0}};
		check_step(w, i, &lifting->edges);
	}
	close_liftings(w, &liftings, w->n_steps);
	free(edges.items);
}

/* Each is an output of a step in the group. */
static void
check_group_outputs(struct workflow *w, uint32_t number)
{
	const struct declared_group *group = &w->groups[number];
	struct place place = {NULL, "step", group->name};

	for (uint32_t i = 0; group->outputs && i < group->outputs->n; i++) {
		const struct member *output = &group->outputs->members[i];
		struct declared_out out;
		struct str name;
		uint32_t step;

		if (!str_is_name(value_text(&output->key)))
			finding_error(&w->findings, &place, output->key.offset,
				"\"%.*s\" is not a name for an output",
				(int)MIN(output->key.n, 150), output->key.text);
		else if (!group_output_find(
				 w, number, value_text(&output->key), &step, &name, &out) ||
			step < group->first || step >= group->first + group->n_steps)
			finding_error(&w->findings, &place, output->value.offset,
				"an output of a group must be one of a step in it, such as "
				"${{ steps.STEP.out.NAME }}, not %s",
				value_describe(&w->arena, &output->value));
	}
}

void
steps_check(struct workflow *w)
{
	check_all(w);
	for (uint32_t i = 0; i < w->n_groups; i++)
		check_group_outputs(w, i);
	output_paths_check(w);
}
