/*
 * declared_budget: the `budget` and `max_transitions` of a workflow file, and their way into its plan.
 */
#ifndef LILY_GRAPH_DECLARED_BUDGET_H
#define LILY_GRAPH_DECLARED_BUDGET_H

#include "graph/declaration.h"

/* Fills w->budget from the file, with findings. */
void budget_read(struct workflow *w);

/* "budget" and its value with a comma behind, nothing where there is none. */
void budget_write(const struct budget *budget, struct buf *b);

#endif
