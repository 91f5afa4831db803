/*
 * need: what a step wants of one that must have ended before it.
 */
#ifndef LILY_GRAPH_NEED_H
#define LILY_GRAPH_NEED_H

#include <stdint.h>

struct step;

/* Without NEED_OUTCOME a step wants the other one succeeded or skipped, and is blocked otherwise; with
 * it, it is skipped where the outcome did not come. NEED_OUTPUT: it reads an output that cannot be
 * done without. */
enum {
	NEED_SUCCEEDED = 1,
	NEED_FAILED = 2,
	NEED_FINISHED = 3, /* whatever became of it */
	NEED_OUTCOME = 3,  /* mask */
	NEED_OUTPUT = 4,
};

/* The place of a step among those that another needs, n_needs where it is not. */
uint32_t step_need(const struct step *step, uint32_t need);

/* "succeeded", "failed", "finished". */
const char *need_outcome_name(unsigned outcome);

#endif
