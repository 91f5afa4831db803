/*
 * declared_step: the steps of a workflow file, read in two rounds: all names and keys first, so
 * that a step can refer to one that stands further down.
 */
#ifndef LILY_GRAPH_DECLARED_STEP_H
#define LILY_GRAPH_DECLARED_STEP_H

#include "graph/declaration.h"

/* Fills w->steps and w->step_by_name, with findings on names, keys and kinds. */
void steps_read(struct workflow *w);

/* What the values say; fills the steps' needs. */
void steps_check(struct workflow *w);

/* Where it may be, nothing of it is certain to be there. */
bool step_may_be_skipped(const struct declared_step *step);

#endif
