/*
 * previous: what earlier runs have left, of the outputs that a workflow takes from there.
 *
 * Which run it is is decided when the plan of a run is made, and stands in that plan: whatever ends
 * later, is resumed, or does the run again by the same plan, changes nothing.
 */
#ifndef LILY_RUN_PREVIOUS_H
#define LILY_RUN_PREVIOUS_H

#include "graph/plan.h"
#include "store/run.h"

/* One for each that workflow_previous names, in its order, in the arena. fixed: what was decided
 * before, by name; or none. store: NULL where there is none yet. */
int previous_collect(struct store *store, const struct workflow *workflow,
	const struct plan_previous *fixed, size_t n_fixed, struct arena *arena,
	struct plan_previous **ret_previous, size_t *ret_n, struct err *err);

#endif
