/*
 * edge: what a step needs, as it is found while its file is read.
 */
#ifndef LILY_GRAPH_EDGE_H
#define LILY_GRAPH_EDGE_H

#include <stddef.h>
#include <stdint.h>

struct edge {
	uint32_t step;
	uint8_t wants; /* NEED_…, and while they are gathered EDGE_… */
};

enum {
	EDGE_NAMED = 16, /* `needs` says what is wanted of the step */
	EDGE_FACT = 32,  /* how it ended is asked: its end will do, unless more is said */
};

struct edges {
	struct edge *items;
	size_t n;
	size_t capacity;
};

#endif
