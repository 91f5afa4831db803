#include "graph/expansion.h"

#include "base/memory.h"

/* "a", "b", …: names of steps, each once. */
static int
check_keys(const struct str *keys, uint32_t n, struct err *err)
{
	struct map seen = MAP_INIT;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < n; i++) {
		uint32_t before;

		if (!str_is_name(keys[i])) {
			r = err_set(err, ERR_INVALID,
				"the key \"%.*s\" of item %u is no name (letters, digits, _ . "
				"- and at most %d bytes, beginning with a letter, digit or _); "
				"say by `key` how items are named",
				(int)MIN(keys[i].n, 150), keys[i].p, i, ITEM_KEY_MAX);
			break;
		}
		before = map_add(&seen, keys[i], i);
		if (before != MAP_NONE)
			r = err_set(err, ERR_INVALID,
				"items %u and %u have the same key \"%.*s\"; say by `key` how "
				"items are named, for example key: index",
				before, i, STR_ARG(keys[i]));
	}
	map_done(&seen);
	return r;
}

/* "S/KEY/b" from the template's "S/" "*" "/b". */
static struct str
make_name(struct graph *graph, const struct step *foreach, const struct step *template,
	struct str key)
{
	size_t head = foreach->name.n + 1;
	struct str tail = {template->name.p + head + 1, template->name.n - head - 1};

	return str_of(arena_printf(&graph->arena, "%.*s/%.*s%.*s", STR_ARG(foreach->name),
		STR_ARG(key), STR_ARG(tail)));
}

/* Numbers of templates as those of an item's steps. */
static const uint32_t *
map_numbers(struct graph *graph, const struct expansion *expansion, uint32_t item,
	const uint32_t *numbers, uint32_t n)
{
	uint32_t *mapped = n ? ARENA_ARRAY(&graph->arena, n, uint32_t) : NULL;

	for (uint32_t i = 0; i < n; i++)
		mapped[i] = expansion_step(expansion, item, numbers[i]);
	return mapped;
}

static void
add_item(struct graph *graph, struct step *steps, const struct item *item)
{
	const struct expansion *expansion = item->expansion;
	const struct foreach *foreach = expansion->foreach;

	for (uint32_t i = 0; i < foreach->n_templates; i++) {
		uint32_t number =
			expansion_step(expansion, item->index, foreach->first_template + i);
		const struct step *template = &steps[foreach->first_template + i];
		struct step *step = &steps[number];

		*step = *template;
		step->name = make_name(graph, &steps[foreach->step], template, item->key);
		step->template_of = NULL;
		step->item = item;
		step->needs = map_numbers(
			graph, expansion, item->index, template->needs, template->n_needs);
		step->dependents = map_numbers(graph, expansion, item->index,
			template->dependents, template->n_dependents);
		(void)map_add(&graph->step_by_name, step->name, number);
	}
}

/* Whoever still looks at the old array finds it as it was: it belongs to the arena. */
static void
make_room(struct graph *graph, uint32_t n_more)
{
	uint32_t capacity = graph->room_capacity;
	struct step *steps;

	if (capacity >= graph->n_steps && capacity - graph->n_steps >= n_more)
		return;
	capacity = MAX(
		graph->n_steps + n_more, (uint32_t)MIN((uint64_t)capacity * 3 / 2, STEP_NONE));
	steps = ARENA_ARRAY(&graph->arena, capacity, struct step);
	memcpy(steps, graph->steps, graph->n_steps * sizeof(*steps));
	graph->steps = graph->room = steps;
	graph->room_capacity = capacity;
}

static const struct item *
make_items(struct graph *graph, const struct expansion *expansion, const struct str *keys,
	const struct value *values)
{
	struct item *items = ARENA_ARRAY(&graph->arena, expansion->n_items, struct item);

	for (uint32_t i = 0; i < expansion->n_items; i++)
		items[i] = (struct item){.expansion = expansion,
			.index = i,
			.key = arena_str(&graph->arena, keys[i]),
			.value = values ? &values[i] : NULL};
	return items;
}

static void
keep_expansion(struct graph *graph, const struct expansion *expansion)
{
	if (graph->n_expansions == graph->expansions_capacity) {
		uint32_t capacity = MAX(8, 2 * graph->expansions_capacity);
		const struct expansion **expansions =
			ARENA_ARRAY(&graph->arena, capacity, const struct expansion *);

		if (graph->n_expansions)
			memcpy(expansions, graph->expansions,
				graph->n_expansions * sizeof(const struct expansion *));
		graph->expansions = expansions;
		graph->expansions_capacity = capacity;
	}
	graph->expansions[graph->n_expansions++] = expansion;
}

int
graph_expand(struct graph *graph, uint32_t step, const struct str *keys,
	const struct value *values, uint32_t n_items, const struct expansion **ret_expansion,
	struct err *err)
{
	const struct foreach *foreach = graph->steps[step].foreach;
	uint64_t more = (uint64_t)n_items * foreach->n_templates;
	struct expansion *expansion;
	int r = check_keys(keys, n_items, err);

	if (r < 0)
		return r;
	if (more >= STEP_NONE - graph->n_steps)
		return err_set(err, ERR_LIMIT,
			"%u items of %u steps each are more than a run can have", n_items,
			foreach->n_templates);
	expansion = ARENA_NEW(&graph->arena, struct expansion);
	*expansion = (struct expansion){.foreach = foreach,
		.number = graph->n_expansions,
		.first = graph->n_steps,
		.n_items = n_items};
	expansion->items = make_items(graph, expansion, keys, values);
	make_room(graph, (uint32_t)more);
	for (uint32_t i = 0; i < n_items; i++)
		add_item(graph, graph->room, &expansion->items[i]);
	graph->n_steps += (uint32_t)more;
	keep_expansion(graph, expansion);
	*ret_expansion = expansion;
	return 0;
}

const struct expansion *
graph_expansion(const struct graph *graph, uint32_t step)
{
	for (uint32_t i = 0; i < graph->n_expansions; i++)
		if (graph->expansions[i]->foreach->step == step)
			return graph->expansions[i];
	return NULL;
}

uint32_t
expansion_step(const struct expansion *expansion, uint32_t item, uint32_t template)
{
	const struct foreach *foreach = expansion->foreach;

	return expansion->first + item * foreach->n_templates +
		(template - foreach->first_template);
}

uint32_t
graph_target(const struct graph *graph, const struct step *from, uint32_t step)
{
	const struct foreach *foreach = graph->steps[step].template_of;

	if (!foreach || !from || !from->item)
		return step;
	return expansion_step(from->item->expansion, from->item->index, step);
}
