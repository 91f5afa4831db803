#include "run/adopt_items.h"

#include "base/memory.h"
#include "graph/expansion.h"
#include "graph/step_gates.h"
#include "run/adopt.h"
#include "run/adopt_labels.h"
#include "run/judged.h"
#include "run/labels.h"
#include "run/once.h"
#include "run/prepare.h"
#include "run/record_adoption.h"
#include "run/revisit.h"

/* Taken in one event. */
#define BATCH 1000

struct adopt_items {
	struct arena arena;
	struct uuid id;
	struct str *names;
	size_t n_names;
	bool is_read;
	struct parent parent;
	bool *keeps; /* by step of the plan: of a foreach, whether items of it are kept */
};

struct adopt_items *
adopt_items_new(const struct uuid *parent, const struct str *names, size_t n_names)
{
	struct adopt_items *items = memory_zeroed(1, sizeof(*items));

	items->id = *parent;
	items->names = ARENA_ARRAY(&items->arena, n_names, struct str);
	items->n_names = n_names;
	for (size_t i = 0; i < n_names; i++)
		items->names[i] = arena_str(&items->arena, names[i]);
	return items;
}

void
adopt_items_free(struct adopt_items *items)
{
	if (!items)
		return;
	if (items->is_read)
		parent_done(&items->parent);
	arena_done(&items->arena);
	free(items);
}

static struct adopt_request
request_of(const struct engine *engine)
{
	const struct adopt_items *items = engine->adopt_items;

	return (struct adopt_request){.store = engine->store,
		.parent = &items->parent,
		.graph = engine->graph,
		.plan = &engine->plan,
		.workspace = engine->options.workspace,
		.again = items->names,
		.n_again = items->n_names};
}

/* By the plan as it is without items: the engine's has some by now. */
static int
choose(struct engine *engine, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct adopt_items *items = engine->adopt_items;
	struct adopt_request request = request_of(engine);
	struct adoption *adoptions;
	struct graph *graph;
	int r = prepare_load(engine->store, &engine->plan, &graph, err);

	if (r < 0)
		return r;
	request.graph = graph;
	r = adopt_choose(&request, &arena, &adoptions, err);
	items->keeps = ARENA_ARRAY(&items->arena, graph->n_steps, bool);
	for (uint32_t i = 0; r == 0 && i < graph->n_steps; i++)
		items->keeps[i] = adoptions[i].keeps_items;
	graph_free(graph);
	return r;
}

static int
read_parent(struct engine *engine, struct err *err)
{
	struct adopt_items *items = engine->adopt_items;
	int r;

	if (items->is_read)
		return 0;
	r = parent_read(engine->store, &items->id, &items->arena, &items->parent, err);
	if (r < 0)
		return r;
	items->is_read = true;
	return choose(engine, err);
}

/* Whether one of the names is that of the step, or of what it stands in below its foreach. */
static bool
is_named(const struct adopt_items *items, struct str step)
{
	for (size_t i = 0; i < items->n_names; i++)
		if (str_equal(step, items->names[i]) || str_is_below(step, items->names[i]))
			return true;
	return false;
}

static bool
is_same_item(const struct item *a, const struct item *b)
{
	return a && b && a->index == b->index && str_equal(a->key, b->key) &&
		value_equal(a->value, b->value);
}

static bool
own_needs_are_kept(
	const struct engine *engine, uint32_t number, uint32_t foreach, uint32_t scope)
{
	const struct step *step = &engine->graph->steps[number];

	for (uint32_t i = 0; i < step->n_needs; i++) {
		uint32_t need = step->needs[i];

		if (need != foreach && need != scope &&
			schedule_visit(engine->schedule, need)->state != VISIT_ADOPTED)
			return false;
	}
	return true;
}

/* Whether all that a step of an item needs is as it was, and all that what stands around it does: that
 * runs, for its sake. */
static bool
needs_are_kept(const struct engine *engine, uint32_t number)
{
	const struct graph *graph = engine->graph;

	while (graph->steps[number].item) {
		const struct step *step = &graph->steps[number];
		uint32_t foreach = step->item->expansion->foreach->step;
		uint32_t scope = step_scope(step);

		if (!own_needs_are_kept(engine, number, foreach, scope))
			return false;
		number = scope != STEP_NONE && graph->steps[scope].item ? scope : foreach;
	}
	return engine->adopt_items->keeps[number];
}

/* The step as the parent has it, STEP_NONE where it has no such one of the same items. */
static uint32_t
find_before(const struct engine *engine, uint32_t number)
{
	const struct parent *parent = &engine->adopt_items->parent;
	const struct step *step = &engine->graph->steps[number];
	uint32_t there = graph_find(parent->graph, step->name);
	uint32_t before = there;

	while (before != STEP_NONE && step->item) {
		const struct step *was = &parent->graph->steps[before];

		if (was->template_of || !is_same_item(step->item, was->item))
			return STEP_NONE;
		step = &engine->graph->steps[step->item->expansion->foreach->step];
		before = was->item->expansion->foreach->step;
	}
	return there;
}

int
adopt_items_may(struct engine *engine, uint32_t number, struct err *err)
{
	const struct step *step = &engine->graph->steps[number];
	uint32_t before;
	int r;

	/* A scope is opened for what is in it; what must not happen twice is looked at by its key; what a rule
	 * went back to is done again. */
	if (!engine->adopt_items || !step->item || step->scope ||
		revisit_number(engine, number) > 1 || once_is(engine->graph, number) ||
		is_named(engine->adopt_items, step->name) ||
		schedule_visit(engine->schedule, number)->tries)
		return 0;
	r = read_parent(engine, err);
	if (r < 0)
		return err_wrap(err, "what the run has that is done again");
	before = find_before(engine, number);
	return before != STEP_NONE && engine->adopt_items->parent.steps[before].attempt &&
		needs_are_kept(engine, number);
}

/* Those that the gates of the step granted to what it made. */
static void
take_labels(const struct engine *engine, const struct parent_step *was,
	const struct produced *produced, struct arena *arena, struct record_adoption *adoption)
{
	const struct parent *parent = &engine->adopt_items->parent;
	const struct step *step = &engine->graph->steps[adoption->step];
	struct record_label *labels = ARENA_ARRAY(arena, parent->n_labels, struct record_label);
	uint32_t n_gates = step->gates && parent->n_labels ? step->gates->n : 0;

	for (uint32_t i = 0; i < n_gates; i++) {
		const struct gate *gate = &step->gates->items[i];

		for (uint32_t j = 0; j < gate->n_grants; j++) {
			const struct reference *output = &gate->grants[j].output;
			uint32_t at = was->first_made;

			while (at != PARENT_NONE &&
				!str_equal(parent->made[at].name, output->name))
				at = parent->next_made[at];
			if (at == PARENT_NONE ||
				!adopt_was_granted(parent, step->name, gate,
					gate->grants[j].label, parent->made[at].number))
				continue;
			labels[adoption->n_labels++] = (struct record_label){
				.artifact = produced[output->output].artifact,
				.label = gate->grants[j].label,
				.gate = gate->name,
				.definition = gate->definition};
		}
	}
	adoption->labels = labels;
}

static int
record(struct engine *engine, const struct record_adoption *adoptions, size_t n,
	struct err *err)
{
	int r = n ? record_adopted(&engine->hold, engine->graph, adoptions, n, err) : 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		for (size_t j = 0; j < adoptions[i].n_labels; j++)
			labels_add(engine->labels, adoptions[i].labels[j].artifact,
				adoptions[i].labels[j].label);
	return r < 0 || !n ? r : engine_settle(engine, err);
}

int
adopt_items_take(struct engine *engine, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct adopt_place place = {&engine->hold, &arena, &engine->arena};
	struct record_adoption *adoptions;
	size_t n = 0;
	int r = 0;

	if (!engine->adopt_items)
		return 0;
	adoptions = ARENA_ARRAY(&arena, BATCH, struct record_adoption);
	while (r >= 0 && n < BATCH) {
		uint32_t step = schedule_next(engine->schedule);
		const struct adopt_request request = request_of(engine);
		const struct parent_step *was;
		const struct produced *produced;

		r = step == STEP_NONE ? 0 : adopt_items_may(engine, step, err);
		if (r <= 0)
			break;
		was = &engine->adopt_items->parent.steps[find_before(engine, step)];
		produced = adopt_take(&request, &place, was, step, &adoptions[n]);
		take_labels(engine, was, produced, &arena, &adoptions[n++]);
		schedule_taken(engine->schedule, step, VISIT_ADOPTED, produced);
		r = judged_adopt(engine->store, engine->schedule, engine->graph, step,
			&was->origin, was->attempt, &engine->arena, err);
	}
	return r < 0 ? r : record(engine, adoptions, n, err);
}
