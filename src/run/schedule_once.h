/*
 * schedule_once: what happens to steps that must not happen twice; part of schedule.h, done in
 * schedule.c.
 */
#ifndef LILY_RUN_SCHEDULE_ONCE_H
#define LILY_RUN_SCHEDULE_ONCE_H

#include "run/schedule.h"

/* Whether its effect has happened is not known (visit.unknown, attempt.rejected): until_us is kept, 0
 * where it may not run again. Or it is known (once.judged): the visit is ready, waiting (until_us as of
 * schedule_due) or failed. */
void schedule_become(struct schedule *schedule, uint32_t step, enum visit_state state,
	enum event_type event, int64_t until_us);

/* A person is asked about the first ready step, or about one that was submitted and has not been
 * recorded: that was no try. */
void schedule_asked(struct schedule *schedule, uint32_t step);

/* A person is asked what becomes of the attempt at a step that runs. */
void schedule_held(struct schedule *schedule, uint32_t step);

/* A parked step's effect has happened for another visit, whose outputs are this one's. */
void schedule_taken_over(
	struct schedule *schedule, uint32_t step, const struct produced *outputs);

#endif
