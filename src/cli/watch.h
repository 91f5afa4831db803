/*
 * watch: the steps of a run on a terminal, drawn again as they change.
 */
#ifndef LILY_CLI_WATCH_H
#define LILY_CLI_WATCH_H

#include "cli/follow.h"

/* Until the run ends (its status, after its summary) or q or Ctrl-C (0). */
int watch_run(const struct call *call, struct lily_store *store, const char *address,
	struct signals *signals);

/* The steps in at most `rows` lines, in the order of the plan: what runs, waits or failed each on
 * its own, neighbours in any other state folded into one line where there is no room for all. The items of a
 * foreach are told in its line, and the first that failed behind it; where they are open each stands there. */
enum watch_items { WATCH_FOLDED, WATCH_OPEN };
void watch_steps(struct text *text, const struct term *term, const struct follow *follow,
	enum watch_items items, size_t columns, size_t rows);

#endif
