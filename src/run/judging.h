/*
 * judging: the gates of an attempt, between its candidates and what becomes of them.
 *
 * All of them run, as many at a time as the executor has room for, each as a trial of its own
 * (run/trial.h). When the last has ended their results are put into the store, in the order of the
 * gates' names, and named by the event that ends the attempt. Where a required one did not pass the
 * attempt is rejected, and the next one finds the results.
 *
 * Private to try*.c.
 */
#ifndef LILY_RUN_JUDGING_H
#define LILY_RUN_JUDGING_H

#include "run/try.h"

/* The candidates are stored and valid, the attempt's place was given back. */
int judging_begin(struct try *try, struct err *err);

/* Goes on with what waited for room. */
int judging_poll(struct try *try, struct err *err);

/* The executor reports a turn of a gate; that of which try it is says judging_has. */
bool judging_has(const struct try *try, uint32_t number);
int judging_on_exited(struct try *try, uint32_t number, struct err *err);

void judging_cancel(struct try *try);

/* What the gates of a step are about: mostly that step, in a run that only judges another one. */
const struct step *judging_step(const struct engine *engine, uint32_t step);

/* Lets go of what the trials hold; nothing where the try has none. */
void judging_done(struct try *try);

#endif
