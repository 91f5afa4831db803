/*
 * declared_pool: the `pools` of a workflow file, and what its steps ask of them.
 *
 * A pool has slots, numbered from 0. A step takes all that it asks for at once, for as long as one
 * attempt lasts, so that nobody holds some while waiting for others.
 */
#ifndef LILY_GRAPH_DECLARED_POOL_H
#define LILY_GRAPH_DECLARED_POOL_H

#include "graph/declaration.h"

#define POOLS_MAX 1000
#define POOL_SLOTS_MAX 10000

/* Fills w->pools from the file, with findings. */
void pools_read(struct workflow *w);

/* Checks { POOL: n } of a step: every pool is there and has so many slots. */
void pools_check(struct workflow *w, const struct place *place, const struct value *pools);

/* The name of the variable that tells a step its slots: LILY_POOL_ and the pool's name in capitals,
 * with _ for what no variable's name can hold. In the arena, NUL-terminated. */
struct str pool_variable(struct arena *arena, struct str name);

#endif
