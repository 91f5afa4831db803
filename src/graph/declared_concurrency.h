/*
 * declared_concurrency: the `concurrency` of a workflow file: which runs exclude each other, and what one
 * does that finds another.
 */
#ifndef LILY_GRAPH_DECLARED_CONCURRENCY_H
#define LILY_GRAPH_DECLARED_CONCURRENCY_H

#include "graph/planner.h"

struct loader; /* graph/loader.h */

/* Finds what is wrong with it. */
void concurrency_check(struct workflow *w);

/* "concurrency" and its value with a comma behind, nothing where the file has none. ERR_INVALID, with
 * the place in the file, where its key is empty. */
int planner_write_concurrency(struct planner *p, struct buf *b, struct err *err);

/* "concurrency" of the head of a plan; object may be NULL. */
int loader_read_concurrency(struct loader *l, const struct value *object, struct err *err);

#endif
