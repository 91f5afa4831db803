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

/* An item on its way: what it gets stands `distance` behind what it is copied from. */
struct copying {
	struct graph *graph;
	struct step *steps;
	const struct foreach *foreach;
	const struct item *item;
	uint32_t distance;
};

static const uint32_t *
move_numbers(const struct copying *c, const uint32_t *numbers, uint32_t n)
{
	uint32_t *moved = n ? ARENA_ARRAY(&c->graph->arena, n, uint32_t) : NULL;

	for (uint32_t i = 0; i < n; i++)
		moved[i] = numbers[i] + c->distance;
	return moved;
}

static const struct foreach *
copy_foreach(const struct copying *c, const struct step *template)
{
	const struct foreach *foreach = template->foreach;
	struct foreach *copy = ARENA_NEW(&c->graph->arena, struct foreach);

	*copy = *foreach;
	copy->step += c->distance;
	copy->first_template += c->distance;
	copy->results =
		ARENA_ARRAY(&c->graph->arena, template->n_outputs, struct foreach_result);
	for (uint32_t i = 0; i < template->n_outputs; i++) {
		copy->results[i] = foreach->results[i];
		copy->results[i].template += c->distance;
	}
	graph_add_foreach(c->graph, copy);
	return copy;
}

static const struct scope *
copy_scope(const struct copying *c, const struct scope *scope)
{
	struct scope *copy = ARENA_NEW(&c->graph->arena, struct scope);

	*copy = *scope;
	copy->step += c->distance;
	graph_add_scope(c->graph, copy);
	return copy;
}

/* Whether the item gets a step of its own from that. */
static bool
is_copied(const struct copying *c, uint32_t step)
{
	return step >= c->foreach->first_template &&
		step < c->foreach->first_template + c->foreach->n_templates;
}

/* A foreach or scope stands before what is in it, and is copied by then. */
static void
add_step(const struct copying *c, uint32_t number)
{
	const struct step *template = &c->steps[number];
	struct step *step = &c->steps[number + c->distance];

	*step = *template;
	step->name = make_name(c->graph, &c->steps[c->foreach->step], template, c->item->key);
	step->item = c->item;
	step->needs = move_numbers(c, template->needs, template->n_needs);
	step->dependents = move_numbers(c, template->dependents, template->n_dependents);
	step->template_of = template->template_of == c->foreach
		? NULL
		: c->steps[template->template_of->step + c->distance].foreach;
	if (template->inside && is_copied(c, template->inside->step))
		step->inside = c->steps[template->inside->step + c->distance].scope;
	if (template->foreach)
		step->foreach = copy_foreach(c, template);
	if (template->scope)
		step->scope = copy_scope(c, template->scope);
	map_put(&c->graph->step_by_name, step->name, number + c->distance);
}

static void
add_item(struct graph *graph, const struct expansion *expansion, uint32_t item)
{
	const struct foreach *foreach = expansion->foreach;
	uint32_t first = expansion_step(expansion, item, foreach->first_template);
	const struct copying copying = {.graph = graph,
		.steps = graph->room,
		.foreach = foreach,
		.item = &expansion->items[item],
		.distance = first - foreach->first_template};

	for (uint32_t i = 0; i < foreach->n_templates; i++)
		add_step(&copying, foreach->first_template + i);
}

/* What of the templates an item consists of, and what only of its parts do. */
static void
count_parts(const struct graph *graph, struct expansion *expansion)
{
	const struct foreach *foreach = expansion->foreach;
	const struct scope *outside = graph->steps[foreach->step].inside;

	for (uint32_t i = 0; i < foreach->n_templates; i++) {
		const struct step *template = &graph->steps[foreach->first_template + i];
		bool is_own = template->template_of == foreach;

		expansion->n_parts += is_own && template->inside == outside;
		expansion->n_inner += !is_own;
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
make_items(struct graph *graph, const struct expansion *expansion,
	const struct expansion_items *from)
{
	struct item *items = ARENA_ARRAY(&graph->arena, from->n, struct item);

	for (uint32_t i = 0; i < from->n; i++)
		items[i] = (struct item){.expansion = expansion,
			.index = i,
			.key = arena_str(&graph->arena, from->keys[i]),
			.value = from->values ? &from->values[i] : NULL};
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
	graph->expanded[expansion->foreach->number] = expansion;
}

int
graph_expand(struct graph *graph, uint32_t step, const struct expansion_items *items,
	const struct expansion **ret_expansion, struct err *err)
{
	const struct foreach *foreach = graph->steps[step].foreach;
	uint64_t more = (uint64_t)items->n * foreach->n_templates;
	struct expansion *expansion;
	int r = check_keys(items->keys, items->n, err);

	if (r < 0)
		return r;
	if (more >= STEP_NONE - graph->n_steps)
		return err_set(err, ERR_LIMIT,
			"%u items of %u steps each are more than a run can have", items->n,
			foreach->n_templates);
	expansion = ARENA_NEW(&graph->arena, struct expansion);
	*expansion = (struct expansion){.foreach = foreach,
		.number = graph->n_expansions,
		.first = graph->n_steps,
		.n_items = items->n,
		.visit = items->visit};
	expansion->items = make_items(graph, expansion, items);
	count_parts(graph, expansion);
	make_room(graph, (uint32_t)more);
	for (uint32_t i = 0; i < items->n; i++)
		add_item(graph, expansion, i);
	graph->n_steps += (uint32_t)more;
	graph->n_templates += items->n * expansion->n_inner;
	graph->n_items += items->n;
	keep_expansion(graph, expansion);
	*ret_expansion = expansion;
	return 0;
}

/* The steps of its items become templates; a foreach among them gives up its own. */
static void
retire_steps(struct graph *graph, const struct expansion *expansion)
{
	uint32_t end = expansion->first + expansion->n_items * expansion->foreach->n_templates;

	for (uint32_t i = expansion->first; i < end; i++) {
		if (graph->room[i].template_of)
			continue;
		graph->room[i].template_of = expansion->foreach;
		graph->n_templates++;
	}
	graph->n_items -= expansion->n_items;
	graph->expanded[expansion->foreach->number] = NULL;
}

void
graph_retire(struct graph *graph, uint32_t step)
{
	const struct expansion *own = graph_expansion(graph, step);

	if (!own)
		return;
	retire_steps(graph, own);
	/* What is in an item was expanded after that. */
	for (uint32_t i = own->number + 1; i < graph->n_expansions; i++) {
		const struct expansion *inner = graph->expansions[i];
		uint32_t number = inner->foreach->step;

		if (graph->steps[number].template_of && graph_expansion(graph, number) == inner)
			retire_steps(graph, inner);
	}
}

const struct expansion *
graph_expansion(const struct graph *graph, uint32_t step)
{
	const struct foreach *foreach = graph->steps[step].foreach;

	return foreach ? graph->expanded[foreach->number] : NULL;
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
	const struct item *item = from ? from->item : NULL;

	while (item) {
		const struct expansion *expansion = item->expansion;
		const struct foreach *foreach = expansion->foreach;

		if (step >= foreach->planned && step < foreach->planned + foreach->n_templates)
			return expansion->first + item->index * foreach->n_templates +
				(step - foreach->planned);
		item = graph->steps[foreach->step].item;
	}
	return step;
}
