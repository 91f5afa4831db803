/*
 * condition: whether a step that is ready is begun: by its `if`.
 *
 * It is asked once, when all that the step needs has ended, and depends on recorded facts only, so that
 * asking again after a crash gives the same.
 */
#ifndef LILY_RUN_CONDITION_H
#define LILY_RUN_CONDITION_H

#include "run/try.h"

/* Asks the `if` of the step that schedule_next names, before its first attempt: 1 where it
 * is to be begun, 0 where it is skipped or blocked, which is recorded. Where the `if` cannot be worked
 * out, that is the step's failure: it is begun, and condition_failure gives the error, NULL otherwise. */
int condition_ask(struct engine *engine, uint32_t step, struct err *err);
const struct err *condition_failure(struct engine *engine, uint32_t step);

#endif
