/*
 * declared_notify: the `notify` of a workflow file: which program is told of which ends of its run.
 */
#ifndef LILY_GRAPH_DECLARED_NOTIFY_H
#define LILY_GRAPH_DECLARED_NOTIFY_H

#include "graph/planner.h"

struct loader; /* graph/loader.h */

/* Finds what is wrong with it. */
void notify_check(struct workflow *w);

/* "notify" and its value with a comma before it, nothing where the file has none. */
int planner_write_notify(struct planner *p, struct buf *b, struct err *err);

/* "notify" of the head of a plan, after its settings; object may be NULL. */
int loader_read_notify(struct loader *l, const struct value *object, struct err *err);

#endif
