#include "graph/declared_step.h"

#include "base/memory.h"
#include "graph/argument.h"
#include "graph/declared_pool.h"
#include "graph/effects.h"
#include "graph/port.h"
#include "graph/reference.h"
#include "graph/settings.h"
#include "graph/surroundings.h"

static void
check_name(struct workflow *w, const struct value *name)
{
	if (!str_is_name(value_text(name)))
		finding_error(&w->findings, NULL, name->offset,
			"\"%.*s\" is not a name for a step: letters, digits, _ . - and at most "
			"128 "
			"bytes, beginning with a letter, digit or _",
			(int)MIN(name->n, 150), name->text);
}

static void
check_kind(struct workflow *w, const struct place *place, const struct member *step,
	const struct keys_found *found)
{
	const uint32_t honoured = 1U << STEP_RUN | 1U << STEP_EXEC;

	/* A kind that is not honoured has its finding already. */
	if (!found->n_kinds)
		finding_error(&w->findings, place, step->key.offset,
			"nothing to do: give it `run` (a script) or `exec` (a program and its "
			"arguments)");
	else if ((found->seen & honoured) == honoured)
		finding_error(&w->findings, place, found->kinds[1]->key.offset,
			"\"%.*s\" and \"%.*s\" cannot stand together: a step is of exactly one "
			"kind",
			STR_ARG(value_text(&found->kinds[0]->key)),
			STR_ARG(value_text(&found->kinds[1]->key)));
}

static void
read_step(struct workflow *w, const struct member *member, struct declared_step *step)
{
	struct place place = {NULL, "step", value_text(&member->key)};
	struct keys_found found;

	step->name = value_text(&member->key);
	step->offset = member->key.offset;
	check_name(w, &member->key);
	if (member->value.kind != VALUE_OBJECT) {
		finding_error(&w->findings, &place, member->value.offset,
			"must be a map such as { run: make }, not %s",
			value_describe(&w->arena, &member->value));
		return;
	}
	keys_read(&w->findings, &place, &step_keys, &member->value, step->keys, &found);
	check_kind(w, &place, member, &found);
	stdin_read(w, &place, step);
	if (step->keys[STEP_SHELL] && (found.seen & 1U << STEP_EXEC))
		finding_error(&w->findings, &place, step->keys[STEP_SHELL]->offset,
			"`shell` goes with `run` only: `exec` starts its program without one");
}

static void
read_steps(struct workflow *w, const struct value *steps, bool are_last)
{
	for (uint32_t i = 0; steps && i < steps->n; i++) {
		const struct value *name = &steps->members[i].key;

		if (map_add(&w->step_by_name, value_text(name), w->n_steps) != MAP_NONE)
			finding_error(&w->findings, NULL, name->offset,
				"a step \"%.*s\" is in `steps` already; name it otherwise",
				(int)MIN(name->n, 150), name->text);
		w->steps[w->n_steps].is_last = are_last;
		read_step(w, &steps->members[i], &w->steps[w->n_steps++]);
	}
}

void
steps_read(struct workflow *w)
{
	const struct value *steps = w->keys[WORKFLOW_STEPS];
	const struct value *last = w->keys[WORKFLOW_FINALLY];
	uint32_t n = (steps ? steps->n : 0) + (last ? last->n : 0);

	if (steps && !steps->n)
		finding_error(&w->findings, NULL, steps->offset,
			"\"steps\" is empty; a workflow has at least one step");
	w->steps = ARENA_ARRAY(&w->arena, n, struct declared_step);
	read_steps(w, steps, false);
	read_steps(w, last, true);
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
check_need(struct workflow *w, const struct place *place, const struct value *need,
	uint8_t wants, struct edges *edges)
{
	uint32_t number;

	number = map_get(&w->step_by_name, value_text(need));
	if (number == MAP_NONE) {
		finding_error(&w->findings, place, need->offset, "there is no step \"%.*s\"%s",
			(int)MIN(need->n, 150), need->text,
			finding_suggestion(&w->findings, value_text(need),
				declared_step_names(w), w->n_steps));
		return;
	}
	edges->items =
		memory_grow(edges->items, edges->n, &edges->capacity, sizeof(*edges->items));
	edges->items[edges->n++] = (struct edge){number, wants | EDGE_NAMED};
}

static void
check_outcome(struct workflow *w, const struct place *place, const struct member *need,
	struct edges *edges)
{
	const struct value *v = &need->value;
	struct str outcomes[NEED_FINISHED];

	for (unsigned i = 0; i < NEED_FINISHED; i++) {
		outcomes[i] = str_of(need_outcome_name(i + 1));
		if (v->kind != VALUE_STRING || !str_equal(value_text(v), outcomes[i]))
			continue;
		check_need(w, place, &need->key, (uint8_t)(i + 1), edges);
		return;
	}
	finding_error(&w->findings, place, v->offset,
		"what is needed of \"%.*s\" must be succeeded, failed or finished, not %s%s",
		(int)MIN(need->key.n, 100), need->key.text, value_describe(&w->arena, v),
		v->kind == VALUE_STRING ? finding_suggestion(&w->findings, value_text(v),
						  outcomes, NEED_FINISHED)
					: "");
}

/* A list of steps, or a map of them to outcomes. */
static void
check_needs(struct workflow *w, const struct place *place, const struct value *needs,
	struct edges *edges)
{
	for (uint32_t i = 0; i < needs->n; i++) {
		if (needs->kind == VALUE_OBJECT)
			check_outcome(w, place, &needs->members[i], edges);
		else if (needs->items[i].kind == VALUE_STRING)
			check_need(w, place, &needs->items[i], 0, edges);
		else
			finding_error(&w->findings, place, needs->items[i].offset,
				"\"needs\" must hold names of steps, not %s",
				value_describe(&w->arena, &needs->items[i]));
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
			finding_error(&w->findings, place, step->keys[STEP_NEEDS]->offset,
				"needs \"%.*s\" to have failed, and an output of it; a step "
				"that "
				"failed has none: say optional: true where the output is "
				"taken, or "
				"take it away",
				STR_ARG(name));
	}
}

static void
check_step(struct workflow *w, uint32_t number, struct edges *edges)
{
	struct declared_step *step = &w->steps[number];
	struct place place = {NULL, "step", step->name};
	struct reference_place at = {w, &place, number, MAY_TEXT_OF_STEP, "exec", edges};

	if (step->keys[STEP_RUN])
		check_script(w, &place, number);
	if (step->keys[STEP_EXEC])
		arguments_check(&at, step->keys[STEP_EXEC]);
	if (step->keys[STEP_SHELL])
		shell_check(w, &place, step->keys[STEP_SHELL]);
	if (step->keys[STEP_NEEDS])
		check_needs(w, &place, step->keys[STEP_NEEDS], edges);
	if (step->keys[STEP_IN])
		inputs_check(w, number, &place, edges);
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
	settings_check(w, &place, step->keys);
	keep_edges(w, step, edges);
	check_wants(w, step, &place);
}

void
steps_check(struct workflow *w)
{
	struct edges edges = {0};

	for (uint32_t i = 0; i < w->n_steps; i++)
		check_step(w, i, &edges);
	free(edges.items);
	output_paths_check(w);
}
