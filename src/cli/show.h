/*
 * show: a run, or one of its steps, on one screen.
 */
#ifndef LILY_CLI_SHOW_H
#define LILY_CLI_SHOW_H

#include "cli/call.h"

#define SHOW_STEPS 1U /* every step, */
#define SHOW_ITEMS 2U /* and every item of a foreach, also on a terminal */

/* run: lily_run_describe with LILY_SHOW_STEPS; steps: SHOW_… */
void show_run(const struct call *call, const struct lily_value *run, unsigned steps);

/* Likewise, of one step. attempt: only that one, 0 for all. */
void show_step(const struct call *call, const struct lily_value *run, uint32_t attempt);

#endif
