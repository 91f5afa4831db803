/*
 * schedule_again: steps that are to be done again: those that a person retries, and those that a rule goes back
 * to; part of schedule.h.
 */
#ifndef LILY_RUN_SCHEDULE_AGAIN_H
#define LILY_RUN_SCHEDULE_AGAIN_H

#include "run/schedule.h"

/* Makes pending again, with no tries, the failed and cancelled steps that `named` marks by number, those in a
 * foreach or scope that it marks, the failed foreach or scope of one that it marks, and what was blocked by them
 * alone, skipped for their sake, or asked with their end in view. What failed in a foreach or scope that succeeded
 * all the same stays. Then what can start is ready; a foreach that has items is opened again then
 * (schedule_opened), not expanded. The steps whose visits were moved, ascending, are valid until the next call of
 * this or the next function. */
void schedule_renew(struct schedule *schedule, const bool *named, const uint32_t **ret_steps,
	size_t *ret_n);

/* The items that the foreach step has count no more, nor do theirs (graph_retire comes behind it). */
void schedule_retire(struct schedule *schedule, uint32_t step);

struct schedule_superseded {
	const uint32_t *steps; /* whose visits were moved, ascending */
	size_t n_steps;
	const uint32_t *retired; /* of items, ascending: they have no visit any more */
	size_t n_retired;
};

/* A rule goes back to a step: that and all that needs it, directly or not, is pending again, with no tries;
 * what is pending stays so, and is not among those that are given. A foreach among them has no items any more
 * once the caller has had the graph retire them (graph_retire). An attempt that runs is nothing to the
 * schedule any more, and what was decided of these steps and not told (schedule_decided) is forgotten. They
 * hear of nothing, and so do not start, until schedule_release. */
void schedule_supersede(
	struct schedule *schedule, uint32_t to, struct schedule_superseded *ret_superseded);
void schedule_release(struct schedule *schedule);

#endif
