/*
 * try_end: what the end of a try (try_end.c) shares with those that judge it (judging.c) and hold it (held.c).
 */
#ifndef LILY_RUN_TRY_END_H
#define LILY_RUN_TRY_END_H

#include "run/try.h"

/* It runs no program: it is on record as begun and ended at once. */
int try_begin_ended(struct try *try, struct err *err);

/* Nothing is wrong with it: it is accepted, or a person is asked first. */
int try_pass(struct try *try, struct err *err);

/* The numbers of the artifacts that its candidates will be, and the logs of what validated them. */
void try_number_candidates(struct try *try);
void try_number_logs(struct try *try);

/* Its place, and what it has of the pools, are free. */
void try_release(struct try *try);

/* Before anything of it was recorded: as if it had not begun. */
int try_put_aside(struct try *try, struct err *err);

/* Others may be at work in the workspace now (try.c). */
void try_leave_workspace(struct try *try);

#endif
