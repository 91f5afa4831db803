/*
 * budget: what a run may use up at most: the bounds of `budget`, and of `max_transitions`.
 *
 * They hold for all steps but those of `finally`, which run also when nothing is left.
 */
#ifndef LILY_GRAPH_BUDGET_H
#define LILY_GRAPH_BUDGET_H

#include <stdint.h>

#define TRANSITIONS_DEFAULT 10000
#define TRANSITIONS_MAX 1000000000
#define BUDGET_ATTEMPTS_MAX 1000000000

struct budget {
	int64_t wall_us;      /* for which processes drive the run; 0: no bound */
	uint32_t attempts;    /* that are submitted; 0: no bound */
	uint32_t transitions; /* on ways that the graph does not have: so far, retries */
};

/* The bounds in the order of their names; bits 1 << bound. */
enum bound { BOUND_ATTEMPTS, BOUND_TRANSITIONS, BOUND_WALL, BOUNDS };
const char *bound_name(enum bound bound);

#endif
