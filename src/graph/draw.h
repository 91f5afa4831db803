/*
 * draw: a graph for people: a listing, a DOT file for other tools, a picture.
 *
 * The listing and DOT hold every step. The picture (SVG, complete in itself, readable on light and
 * dark ground) holds up to DRAW_STEPS_MAX of them; of a larger graph each layer shows at most
 * DRAW_LAYER_SHOWN boxes, the last of which counts the rest, and of more than DRAW_LAYERS_MAX
 * layers those in the middle are one box. What failed or runs is shown before what did not.
 */
#ifndef LILY_GRAPH_DRAW_H
#define LILY_GRAPH_DRAW_H

#include "graph/graph.h"

#define DRAW_STEPS_MAX 300
#define DRAW_LAYER_SHOWN 8
#define DRAW_LAYERS_MAX 40

enum draw_format { DRAW_TEXT, DRAW_DOT, DRAW_SVG };

/* How far a step has come. */
enum draw_state {
	DRAW_PENDING,
	DRAW_RUNNING,
	DRAW_SUCCEEDED,
	DRAW_FAILED,
	DRAW_BLOCKED,
	DRAW_CANCELLED,
	DRAW_SKIPPED,
	DRAW_STATES
};

/* Appends the drawing. states: an enum draw_state for each step, or NULL for none. ERR_LIMIT where
 * it does not fit into b's maximum. */
int graph_draw(const struct graph *graph, enum draw_format format, const uint8_t *states,
	struct buf *b, struct err *err);

#endif
