/*
 * layout: where the boxes and lines of a picture go.
 *
 * Layers run from left to right: a step stands right of all it needs (longest path), long lines go
 * through layers by way points. Within a layer the order comes from barycenters (Sugiyama, Tagawa,
 * Toda 1981) in a bounded number of sweeps, the height from the mean of what a box is joined to,
 * kept in order by pooling neighbours (isotonic regression).
 */
#ifndef LILY_GRAPH_LAYOUT_H
#define LILY_GRAPH_LAYOUT_H

#include "graph/draw.h"

enum layout_kind {
	LAYOUT_STEP,
	LAYOUT_REST,   /* further steps of a layer */
	LAYOUT_LAYERS, /* layers in the middle */
	LAYOUT_POINT,  /* a line passes */
};

struct layout_node {
	enum layout_kind kind;
	uint32_t step;   /* LAYOUT_STEP */
	uint32_t layer;  /* in the picture */
	uint32_t steps;  /* that it stands for */
	uint32_t layers; /* likewise */
	uint8_t state;   /* the worst of them */
	double x;        /* left edge */
	double y;        /* middle */
	double width;
	double height;
	double weight; /* while it is laid out */
};

/* A line from box to box: nodes route[first] … route[first + n - 1]. */
struct layout_line {
	uint32_t first;
	uint32_t n;
};

struct layout {
	struct arena arena; /* owns the arrays but for `nodes`, `lines` and `route` */
	struct layout_node *nodes;
	size_t n_nodes;
	size_t node_capacity;
	struct layout_line *lines;
	size_t n_lines;
	size_t line_capacity;
	uint32_t *route;
	size_t n_route;
	size_t route_capacity;
	uint32_t **layers; /* nodes of each layer, in order */
	uint32_t *layer_sizes;
	uint32_t n_layers;
	double width;
	double height;
};

/* The layer of each step, from 0; in the arena. *ret_n: how many layers. */
const uint32_t *layout_layers(const struct graph *graph, struct arena *arena, uint32_t *ret_n);

/* states may be NULL. */
void layout_make(const struct graph *graph, const uint8_t *states, struct layout *ret_layout);
void layout_done(struct layout *layout);

#endif
