/*
 * planned: the plan of a stored run, as a graph.
 */
#ifndef LILY_TRACE_PLANNED_H
#define LILY_TRACE_PLANNED_H

#include "graph/graph.h"
#include "store/run.h"

/* The graph of the run's plan with the items that it has by now, for graph_free. ERR_NOT_FOUND where it has none. */
int planned_graph(struct store *store, const struct run_row *run, struct graph **ret_graph,
	struct err *err);

/* The step of that name; ERR_NOT_FOUND, with the nearest name. */
int planned_step(
	const struct graph *graph, struct str name, uint32_t *ret_step, struct err *err);

#endif
