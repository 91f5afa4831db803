/*
 * repeat: a run in which nothing is to be done, said in a word.
 *
 * A run that began like any other and found that every step could be reused keeps its trail (trail.h).
 * The next run of the same plan follows that, and where nothing has changed it is over with three
 * events: its plan, visits.reused, its end; steps are neither loaded nor looked up. Whoever reads it sees
 * what would have been there had each been looked up.
 *
 * Private to the engine, of which it is one of two ways to be.
 */
#ifndef LILY_RUN_REPEAT_H
#define LILY_RUN_REPEAT_H

#include "run/engine_state.h"

struct repeat;

/* Of a run that has its first event only: 1, and it has succeeded and is durable; 0, and nothing
 * happened. */
int repeat_begin(struct engine *engine, const struct digest *plan, struct err *err);
void repeat_free(struct repeat *repeat);

/* The next step of it, as a notice: 1, or 0 at the end. */
int repeat_next(struct engine *engine, struct notice *ret_notice, struct err *err);

uint32_t repeat_count(const struct repeat *repeat);

/* Of a step that a notice spoke of. */
const char *repeat_step_name(const struct repeat *repeat, uint32_t step);

/* Keeps the trail of a run that has succeeded, where it can be followed. */
void repeat_keep(const struct engine *engine);

#endif
