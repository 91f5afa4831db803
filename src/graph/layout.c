#include "graph/layout.h"

#include "base/memory.h"

#define BOX_WIDTH 232
#define BOX_HEIGHT 46
#define POINT_HEIGHT 8
#define GAP_X 72
#define GAP_Y 18
#define SWEEPS 12
/* Way points cost room and time; past this, long lines go straight. */
#define POINTS_MAX 4000
#define LINES_MAX 20000

/* Steps in an order in which each comes behind all that it needs. */
struct order {
	const struct graph *graph;
	uint32_t *layer;
	uint32_t *missing;
	uint32_t *queue;
	uint32_t n_queue;
	uint32_t *left; /* by scope: steps that it waits for to end */
	uint32_t *end;  /* by scope: the last layer of what is in it */
};

static void
release(struct order *o, uint32_t step, uint32_t layer)
{
	o->layer[step] = MAX(o->layer[step], layer);
	if (--o->missing[step] == 0)
		o->queue[o->n_queue++] = step;
}

/* What needs a step: of a scope that begins what is in it, of one that ends all else. */
static void
release_dependents(struct order *o, uint32_t number, bool inside, uint32_t layer)
{
	const struct step *step = &o->graph->steps[number];

	for (uint32_t i = 0; i < step->n_dependents; i++) {
		uint32_t dependent = step->dependents[i];
		bool is_inside =
			step->scope && step_scope(&o->graph->steps[dependent]) == number;

		if (is_inside == inside)
			release(o, dependent, layer + 1);
	}
}

/* The step has ended, and perhaps with it scopes that it is in. */
static void
end_step(struct order *o, uint32_t step, uint32_t layer)
{
	release_dependents(o, step, false, layer);
	for (uint32_t scope; (scope = step_scope(&o->graph->steps[step])) != STEP_NONE;
		step = scope) {
		o->end[scope] = MAX(o->end[scope], layer);
		layer = o->end[scope];
		if (--o->left[scope])
			return;
		release_dependents(o, scope, false, layer);
	}
}

const uint32_t *
layout_layers(const struct graph *graph, struct arena *arena, uint32_t *ret_n)
{
	uint32_t n = graph->n_steps;
	struct order o = {.graph = graph,
		.layer = ARENA_ARRAY(arena, n, uint32_t),
		.missing = memory_new(n, sizeof(*o.missing)),
		.queue = memory_new(n, sizeof(*o.queue)),
		.left = memory_zeroed(n, sizeof(*o.left)),
		.end = memory_zeroed(n, sizeof(*o.end))};
	uint32_t last = 0;

	for (uint32_t i = 0; i < n; i++) {
		o.missing[i] = graph->steps[i].n_needs;
		if (!o.missing[i])
			o.queue[o.n_queue++] = i;
		if (step_scope(&graph->steps[i]) != STEP_NONE)
			o.left[step_scope(&graph->steps[i])]++;
	}
	for (uint32_t head = 0; head < o.n_queue; head++) {
		uint32_t step = o.queue[head];

		last = MAX(last, o.layer[step]);
		if (graph->steps[step].scope)
			release_dependents(&o, step, true, o.layer[step]);
		else
			end_step(&o, step, o.layer[step]);
	}
	free(o.missing);
	free(o.queue);
	free(o.left);
	free(o.end);
	*ret_n = n ? last + 1 : 0;
	return o.layer;
}

static uint32_t
add_node(struct layout *l, struct layout_node node)
{
	l->nodes = memory_grow(l->nodes, l->n_nodes, &l->node_capacity, sizeof(*l->nodes));
	node.width = node.kind == LAYOUT_POINT ? 0 : BOX_WIDTH;
	node.height = node.kind == LAYOUT_POINT ? POINT_HEIGHT : BOX_HEIGHT;
	l->nodes[l->n_nodes] = node;
	return (uint32_t)l->n_nodes++;
}

/* What must be seen comes first. */
static unsigned
urgency(uint8_t state)
{
	static const uint8_t order[DRAW_STATES] = {
		[DRAW_PENDING] = 0,
		[DRAW_SUCCEEDED] = 1,
		[DRAW_SKIPPED] = 2,
		[DRAW_CANCELLED] = 3,
		[DRAW_BLOCKED] = 4,
		[DRAW_RUNNING] = 5,
		[DRAW_FAILED] = 6,
	};

	return state < DRAW_STATES ? order[state] : 0;
}

/* Where the layers of the graph go in the picture. */
struct folding {
	const struct graph *graph;
	const uint8_t *states;
	const uint32_t *layer; /* of each step, in the picture */
	uint32_t n_layers;
	uint32_t middle;        /* the layer that stands for many, STEP_NONE if none does */
	uint32_t hidden;        /* how many it stands for */
	bool folds;             /* layers that are too large */
	uint32_t *node;         /* of each step */
	uint32_t *counts;       /* steps of each layer */
	uint32_t *urgent;       /* of them, those that fail or run */
	uint32_t *shown_urgent; /* of these, that asked for a box of their own so far */
	uint32_t *shown;        /* of the others, likewise */
	uint32_t *rest;         /* the box for the others, STEP_NONE before it is made */
};

static uint8_t
state_of(const struct folding *f, uint32_t step)
{
	return f->states ? f->states[step] : DRAW_PENDING;
}

static bool
is_urgent(const struct folding *f, uint32_t step)
{
	return urgency(state_of(f, step)) >= urgency(DRAW_RUNNING);
}

/* A box of its own, unless the layer is full; urgent steps have the first claim. */
static bool
has_own_box(struct folding *f, uint32_t step)
{
	const uint32_t most = DRAW_LAYER_SHOWN - 1;
	uint32_t layer = f->layer[step];
	uint32_t urgent = MIN(f->urgent[layer], most);

	if (layer == f->middle)
		return false;
	if (!f->folds || f->counts[layer] <= DRAW_LAYER_SHOWN)
		return true;
	if (is_urgent(f, step))
		return f->shown_urgent[layer]++ < most;
	return f->shown[layer]++ < most - urgent;
}

static void
join_rest(struct layout *l, struct folding *f, uint32_t step)
{
	uint32_t layer = f->layer[step];
	struct layout_node *node;

	if (f->rest[layer] == STEP_NONE)
		f->rest[layer] = add_node(l,
			(struct layout_node){
				.kind = layer == f->middle ? LAYOUT_LAYERS : LAYOUT_REST,
				.step = STEP_NONE,
				.layer = layer,
				.layers = layer == f->middle ? f->hidden : 1,
			});
	f->node[step] = f->rest[layer];
	node = &l->nodes[f->node[step]];
	node->steps++;
	if (urgency(state_of(f, step)) > urgency(node->state))
		node->state = state_of(f, step);
}

static void
add_steps(struct layout *l, struct folding *f)
{
	uint32_t n = f->graph->n_steps;

	for (uint32_t i = 0; i < n; i++) {
		f->counts[f->layer[i]]++;
		f->urgent[f->layer[i]] += is_urgent(f, i);
	}
	for (uint32_t i = 0; i < f->n_layers; i++)
		f->rest[i] = STEP_NONE;
	for (uint32_t i = 0; i < n; i++) {
		if (has_own_box(f, i))
			f->node[i] = add_node(l,
				(struct layout_node){
					.kind = LAYOUT_STEP,
					.step = i,
					.layer = f->layer[i],
					.steps = 1,
					.state = state_of(f, i),
				});
		else
			join_rest(l, f, i);
	}
}

static void
add_route(struct layout *l, uint32_t node)
{
	l->route = memory_grow(l->route, l->n_route, &l->route_capacity, sizeof(*l->route));
	l->route[l->n_route++] = node;
}

static void
add_line(struct layout *l, uint32_t from, uint32_t to, uint32_t *n_points)
{
	struct layout_line line = {.first = (uint32_t)l->n_route};
	uint32_t first = l->nodes[from].layer + 1;
	uint32_t last = l->nodes[to].layer;

	add_route(l, from);
	for (uint32_t layer = first; layer < last && *n_points < POINTS_MAX; layer++) {
		(*n_points)++;
		add_route(l,
			add_node(l,
				(struct layout_node){.kind = LAYOUT_POINT,
					.step = STEP_NONE,
					.layer = layer}));
	}
	add_route(l, to);
	line.n = (uint32_t)l->n_route - line.first;
	l->lines = memory_grow(l->lines, l->n_lines, &l->line_capacity, sizeof(*l->lines));
	l->lines[l->n_lines++] = line;
}

static int
compare_pairs(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* One line for each two boxes that are joined, however many steps they stand for. */
static void
add_lines(struct layout *l, const struct folding *f)
{
	uint64_t *pairs = NULL;
	size_t capacity = 0;
	size_t n = 0;
	uint32_t n_points = 0;

	for (uint32_t i = 0; i < f->graph->n_steps; i++)
		for (uint32_t j = 0; j < f->graph->steps[i].n_needs; j++) {
			uint32_t from = f->node[f->graph->steps[i].needs[j]];

			if (from == f->node[i])
				continue;
			pairs = memory_grow(pairs, n, &capacity, sizeof(*pairs));
			pairs[n++] = (uint64_t)from << 32 | f->node[i];
		}
	if (n)
		qsort(pairs, n, sizeof(*pairs), compare_pairs);
	for (size_t i = 0; i < n && l->n_lines < LINES_MAX; i++)
		if (!i || pairs[i] != pairs[i - 1])
			add_line(l, (uint32_t)(pairs[i] >> 32), (uint32_t)pairs[i], &n_points);
	free(pairs);
}

static void
fill_layers(struct layout *l)
{
	l->layers = ARENA_ARRAY(&l->arena, l->n_layers, uint32_t *);
	l->layer_sizes = ARENA_ARRAY(&l->arena, l->n_layers, uint32_t);
	for (size_t i = 0; i < l->n_nodes; i++)
		l->layer_sizes[l->nodes[i].layer]++;
	for (uint32_t i = 0; i < l->n_layers; i++) {
		l->layers[i] = ARENA_ARRAY(&l->arena, l->layer_sizes[i], uint32_t);
		l->layer_sizes[i] = 0;
	}
	for (size_t i = 0; i < l->n_nodes; i++) {
		uint32_t layer = l->nodes[i].layer;

		l->layers[layer][l->layer_sizes[layer]++] = (uint32_t)i;
	}
}

/* Pieces of lines between two nodes. */
struct joints {
	uint32_t *starts[2]; /* by node: its first joint to the left, to the right */
	uint32_t *ends[2];
};

static void
fill_joints(struct layout *l, struct joints *j)
{
	size_t n = l->n_nodes;

	for (int side = 0; side < 2; side++) {
		uint32_t *starts = ARENA_ARRAY(&l->arena, n + 2, uint32_t);
		uint32_t *ends = ARENA_ARRAY(&l->arena, l->n_route, uint32_t);

		for (size_t i = 0; i < l->n_lines; i++)
			for (uint32_t k = 1; k < l->lines[i].n; k++)
				starts[l->route[l->lines[i].first + k - (size_t)side] + 2]++;
		for (size_t i = 2; i < n + 2; i++)
			starts[i] += starts[i - 1];
		for (size_t i = 0; i < l->n_lines; i++)
			for (uint32_t k = 1; k < l->lines[i].n; k++) {
				const uint32_t *at = &l->route[l->lines[i].first + k];

				ends[starts[at[-side] + 1]++] = at[side - 1];
			}
		j->starts[side] = starts;
		j->ends[side] = ends;
	}
}

static double
middle_of_neighbours(const struct layout *l, const struct joints *j, uint32_t node, int side)
{
	uint32_t first = j->starts[side][node];
	uint32_t last = j->starts[side][node + 1];
	double sum = 0;

	if (first == last)
		return l->nodes[node].y;
	for (uint32_t i = first; i < last; i++)
		sum += l->nodes[j->ends[side][i]].y;
	return sum / (last - first);
}

/* By weight, keeping the order of equals: insertion sort, as layers are nearly sorted. */
static void
sort_layer(struct layout *l, uint32_t layer)
{
	uint32_t *order = l->layers[layer];

	for (uint32_t i = 1; i < l->layer_sizes[layer]; i++) {
		uint32_t moved = order[i];
		uint32_t at = i;

		while (at && l->nodes[order[at - 1]].weight > l->nodes[moved].weight) {
			order[at] = order[at - 1];
			at--;
		}
		order[at] = moved;
	}
}

static double
distance(const struct layout *l, uint32_t upper, uint32_t lower)
{
	return (l->nodes[upper].height + l->nodes[lower].height) / 2 + GAP_Y;
}

static void
stack_layer(struct layout *l, uint32_t layer)
{
	const uint32_t *order = l->layers[layer];
	double y = 0;

	for (uint32_t i = 0; i < l->layer_sizes[layer]; i++) {
		if (i)
			y += distance(l, order[i - 1], order[i]);
		l->nodes[order[i]].y = y;
	}
	for (uint32_t i = 0; i < l->layer_sizes[layer]; i++)
		l->nodes[order[i]].y -= y / 2;
}

/* Moves a layer's nodes as near to their weights as their order and distances allow: blocks of
 * nodes that would overlap take the mean of what they want. */
static void
settle_layer(struct layout *l, uint32_t layer)
{
	struct block {
		double sum;
		uint32_t n;
	};
	const uint32_t *order = l->layers[layer];
	uint32_t n = l->layer_sizes[layer];
	struct block *blocks = memory_new(n, sizeof(*blocks));
	double offset = 0;
	uint32_t n_blocks = 0;
	uint32_t at = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (i)
			offset += distance(l, order[i - 1], order[i]);
		blocks[n_blocks++] = (struct block){l->nodes[order[i]].weight - offset, 1};
		while (n_blocks > 1 &&
			blocks[n_blocks - 2].sum / blocks[n_blocks - 2].n >
				blocks[n_blocks - 1].sum / blocks[n_blocks - 1].n) {
			blocks[n_blocks - 2].sum += blocks[n_blocks - 1].sum;
			blocks[n_blocks - 2].n += blocks[n_blocks - 1].n;
			n_blocks--;
		}
	}
	offset = 0;
	for (uint32_t i = 0; i < n_blocks; i++)
		for (uint32_t k = 0; k < blocks[i].n; k++, at++) {
			if (at)
				offset += distance(l, order[at - 1], order[at]);
			l->nodes[order[at]].y = blocks[i].sum / blocks[i].n + offset;
		}
	free(blocks);
}

static void
sweep(struct layout *l, const struct joints *j, int side, bool reorder)
{
	for (uint32_t i = 0; i < l->n_layers; i++) {
		uint32_t layer = side == 0 ? i : l->n_layers - 1 - i;

		for (uint32_t k = 0; k < l->layer_sizes[layer]; k++) {
			uint32_t node = l->layers[layer][k];

			l->nodes[node].weight = middle_of_neighbours(l, j, node, side);
		}
		if (reorder) {
			sort_layer(l, layer);
			stack_layer(l, layer);
		} else {
			settle_layer(l, layer);
		}
	}
}

static void
place(struct layout *l)
{
	double top = 0;
	double bottom = 0;

	for (size_t i = 0; i < l->n_nodes; i++) {
		struct layout_node *node = &l->nodes[i];

		node->x = (double)node->layer * (BOX_WIDTH + GAP_X);
		if (node->kind == LAYOUT_POINT)
			node->width = BOX_WIDTH;
		top = MIN(top, node->y - node->height / 2);
		bottom = MAX(bottom, node->y + node->height / 2);
	}
	for (size_t i = 0; i < l->n_nodes; i++)
		l->nodes[i].y -= top;
	l->height = bottom - top;
	l->width = l->n_layers ? (double)l->n_layers * (BOX_WIDTH + GAP_X) - GAP_X : 0;
}

/* Layers past what a picture can show become one in the middle. */
static void
fold_layers(struct folding *f, uint32_t *layer)
{
	const uint32_t first = DRAW_LAYERS_MAX / 2;
	const uint32_t last = DRAW_LAYERS_MAX - first - 1;

	f->middle = STEP_NONE;
	if (!f->folds || f->n_layers <= DRAW_LAYERS_MAX)
		return;
	f->middle = first;
	f->hidden = f->n_layers - first - last;
	for (uint32_t i = 0; i < f->graph->n_steps; i++) {
		if (layer[i] < first)
			continue;
		layer[i] = layer[i] < first + f->hidden ? first : layer[i] - f->hidden + 1;
	}
	f->n_layers = DRAW_LAYERS_MAX;
}

void
layout_make(const struct graph *graph, const uint8_t *states, struct layout *ret_layout)
{
	struct layout l = {0};
	struct folding f = {.graph = graph, .states = states};
	struct joints joints;
	const uint32_t *layers = layout_layers(graph, &l.arena, &f.n_layers);
	uint32_t *layer = ARENA_ARRAY(&l.arena, graph->n_steps, uint32_t);

	memcpy(layer, layers, graph->n_steps * sizeof(*layer));
	f.layer = layer;
	f.folds = graph->n_steps > DRAW_STEPS_MAX;
	fold_layers(&f, layer);
	f.node = ARENA_ARRAY(&l.arena, graph->n_steps, uint32_t);
	f.counts = ARENA_ARRAY(&l.arena, f.n_layers, uint32_t);
	f.shown = ARENA_ARRAY(&l.arena, f.n_layers, uint32_t);
	f.shown_urgent = ARENA_ARRAY(&l.arena, f.n_layers, uint32_t);
	f.urgent = ARENA_ARRAY(&l.arena, f.n_layers, uint32_t);
	f.rest = ARENA_ARRAY(&l.arena, f.n_layers, uint32_t);
	l.n_layers = f.n_layers;
	add_steps(&l, &f);
	add_lines(&l, &f);
	fill_layers(&l);
	fill_joints(&l, &joints);
	for (uint32_t i = 0; i < l.n_layers; i++)
		stack_layer(&l, i);
	for (int i = 0; i < SWEEPS; i++)
		sweep(&l, &joints, i % 2, true);
	for (int i = 0; i < SWEEPS; i++)
		sweep(&l, &joints, i % 2, false);
	place(&l);
	*ret_layout = l;
}

void
layout_done(struct layout *l)
{
	free(l->nodes);
	free(l->lines);
	free(l->route);
	arena_done(&l->arena);
}
