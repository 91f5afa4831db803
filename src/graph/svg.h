/*
 * svg: a graph as a picture (SVG 1.1 with CSS), complete in itself.
 */
#ifndef LILY_GRAPH_SVG_H
#define LILY_GRAPH_SVG_H

#include "graph/draw.h"

void svg_draw(const struct graph *graph, const uint8_t *states, struct buf *b);

/* What a step does, in at most n code points of one line: its program, or its script's beginning. */
void draw_summary(const struct step *step, size_t n, struct buf *b);

/* "succeeded", …, and a sign for it. */
const char *draw_state_name(uint8_t state);
const char *draw_state_sign(uint8_t state);

#endif
