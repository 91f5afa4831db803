/*
 * body_status: what steps of `finally` are told of a stored run by ${{ run.status }}.
 */
#ifndef LILY_RUN_BODY_STATUS_H
#define LILY_RUN_BODY_STATUS_H

#include "graph/graph.h"
#include "store/store.h"

/* As it was recorded when `finally` began, in the arena; NULL where it did not begin, nobody asks, or a
 * step before it was retried since. */
int body_status_read(struct store *store, int64_t run, const struct graph *graph,
	struct arena *arena, const char **ret_status, struct err *err);

#endif
