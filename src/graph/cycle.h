/*
 * cycle: steps that wait for each other in a circle.
 *
 * Strongly connected components by Tarjan's algorithm (1972), without recursion; in each one the
 * shortest circle through its first step is told.
 */
#ifndef LILY_GRAPH_CYCLE_H
#define LILY_GRAPH_CYCLE_H

#include "graph/declaration.h"

/* One finding for each component that has a circle. */
void cycles_check(struct workflow *w);

#endif
