/*
 * pools: who has which slots of the pools of a run, and who gets them next. Pure: it knows the graph
 * and what it is told, no clock, no process.
 *
 * A step takes all slots that it asks for at once when an attempt begins, and gives them back when
 * that attempt has ended: nobody waits while holding, so there is no deadlock. A step that cannot
 * have them waits in line, and no step that asks for one of the same pools goes before it: those in
 * line get a pool in the order in which they came, so nobody starves. Steps that ask for nothing,
 * or for other pools, are not held up.
 *
 * Work per step is O(its pools + kinds of demand in line); what asks for the same is one kind.
 */
#ifndef LILY_RUN_POOLS_H
#define LILY_RUN_POOLS_H

#include "graph/graph.h"

struct pools;

/* NULL where the graph has no pools; everything below takes that. The graph outlives it. */
struct pools *pools_new(const struct graph *graph);
void pools_free(struct pools *pools);

/* Of a ready step that is not in line: whether it may begin now. Else it is in line from now on. */
bool pools_admit(struct pools *pools, uint32_t step);

/* The step in line that may begin now, STEP_NONE if none may. It stays in line. */
uint32_t pools_next(struct pools *pools);

/* An attempt of a step begins that pools_admit or pools_next named just before. The numbers of its
 * slots in the arena, pool after pool in the order of the step's, each ascending; NULL where it
 * asks for nothing. */
const uint32_t *pools_take(struct pools *pools, uint32_t step, struct arena *arena);

/* It has ended: what pools_take gave. */
void pools_give(struct pools *pools, uint32_t step, const uint32_t *slots);

/* The step is not ready any more: it leaves the line, if it is in it. */
void pools_leave(struct pools *pools, uint32_t step);

/* The step that pools_next named is not ready any more: it leaves the line. */
void pools_drop(struct pools *pools, uint32_t step);

#endif
