/*
 * growth: the graph of a stored run, as it had grown by the items of its foreach steps.
 */
#ifndef LILY_RUN_GROWTH_H
#define LILY_RUN_GROWTH_H

#include "graph/graph.h"
#include "store/store.h"

struct schedule;

/* Grows the graph by all expansions that the run with that number has recorded, and its schedule, which is new
 * (NULL: none), likewise; what a rule went back to has no items. ERR_CORRUPT where they do not fit. */
int growth_restore(struct store *store, int64_t run, struct graph *graph,
	struct schedule *schedule, struct err *err);

#endif
