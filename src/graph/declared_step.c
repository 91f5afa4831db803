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
	if (step->keys[STEP_SHELL] && (found.seen & 1U << STEP_EXEC))
		finding_error(&w->findings, &place, step->keys[STEP_SHELL]->offset,
			"`shell` goes with `run` only: `exec` starts its program without one");
}

void
steps_read(struct workflow *w)
{
	const struct value *steps = w->keys[WORKFLOW_STEPS];

	if (!steps)
		return;
	if (!steps->n)
		finding_error(&w->findings, NULL, steps->offset,
			"\"steps\" is empty; a workflow has at least one step");
	w->n_steps = steps->n;
	w->steps = ARENA_ARRAY(&w->arena, steps->n, struct declared_step);
	for (uint32_t i = 0; i < steps->n; i++) {
		(void)map_add(&w->step_by_name, value_text(&steps->members[i].key), i);
		read_step(w, &steps->members[i], &w->steps[i]);
	}
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
	struct edges *edges)
{
	uint32_t number;

	if (need->kind != VALUE_STRING) {
		finding_error(&w->findings, place, need->offset,
			"\"needs\" must hold names of steps, not %s",
			value_describe(&w->arena, need));
		return;
	}
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
	edges->items[edges->n++] = number;
}

static int
compare_numbers(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left;
	uint32_t b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

/* Ascending, each once, in the arena. */
static void
keep_edges(struct workflow *w, struct declared_step *step, struct edges *edges)
{
	uint32_t *needs;
	uint32_t n = 0;

	if (edges->n > 1)
		qsort(edges->items, edges->n, sizeof(*edges->items), compare_numbers);
	for (size_t i = 0; i < edges->n; i++)
		if (!n || edges->items[n - 1] != edges->items[i])
			edges->items[n++] = edges->items[i];
	edges->n = 0;
	if (!n)
		return;
	needs = ARENA_ARRAY(&w->arena, n, uint32_t);
	memcpy(needs, edges->items, n * sizeof(*needs));
	step->needs = needs;
	step->n_needs = n;
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
	for (uint32_t i = 0; step->keys[STEP_NEEDS] && i < step->keys[STEP_NEEDS]->n; i++)
		check_need(w, &place, &step->keys[STEP_NEEDS]->items[i], edges);
	if (step->keys[STEP_IN])
		inputs_check(w, number, &place, edges);
	if (step->keys[STEP_OUT])
		outputs_check(w, number, &place, edges);
	at.what = "env";
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
