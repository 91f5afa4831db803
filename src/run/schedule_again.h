/*
 * schedule_again: steps that are to be done again: those that a person retries, and those that a rule goes back
 * to; part of schedule.h.
 */
#ifndef LILY_RUN_SCHEDULE_AGAIN_H
#define LILY_RUN_SCHEDULE_AGAIN_H

#include "run/schedule.h"

/* Both give the steps whose visits they moved, ascending, valid until the next call of either. */

/* Makes pending again, with no tries, the failed and cancelled steps that `named` marks by number, those in a
 * scope that it marks, the scope of one that it marks, and what was blocked by them alone, skipped for their
 * sake, or asked with their end in view. Then what can start is ready. */
void schedule_renew(struct schedule *schedule, const bool *named, const uint32_t **ret_steps,
	size_t *ret_n);

/* A rule goes back to a step: that and all that needs it, directly or not, is pending again, with no tries;
 * what is pending stays so, and is not among those that are given. An attempt that runs is nothing to the
 * schedule any more, and what was decided of these steps and not told (schedule_decided) is forgotten. They
 * hear of nothing, and so do not start, until schedule_release. */
void schedule_supersede(
	struct schedule *schedule, uint32_t to, const uint32_t **ret_steps, size_t *ret_n);
void schedule_release(struct schedule *schedule);

#endif
