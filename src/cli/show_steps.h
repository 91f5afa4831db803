/*
 * show_steps: the steps of a run, a line for each; a part of show.h.
 *
 * On a terminal the items of a foreach are told in its own line, and those that failed behind it; else, and
 * where they are asked for, each has its own.
 */
#ifndef LILY_CLI_SHOW_STEPS_H
#define LILY_CLI_SHOW_STEPS_H

#include "cli/call.h"

/* what: SHOW_… of show.h; 0: what runs, and what took longest. */
void show_steps(struct text *text, const struct term *term, const struct lily_value *run,
	unsigned what);

#endif
