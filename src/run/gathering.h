/*
 * gathering: how far the items of one foreach are: which were let in, how many of their steps are
 * left, which failed. 5 bytes an item. Private to schedule.c.
 */
#ifndef LILY_RUN_GATHERING_H
#define LILY_RUN_GATHERING_H

#include "graph/expansion.h"
#include "run/state.h"

enum { ITEM_FAILED = 1, ITEM_CANCELLED = 2 };

struct gathering {
	const struct expansion *expansion;
	bool is_retired;   /* its foreach has given up these items */
	uint32_t admitted; /* items 0 to admitted - 1 may start */
	uint32_t open;     /* of those, with steps that have not ended */
	uint32_t left;     /* of all items */
	uint32_t failed;
	uint32_t cancelled;
	uint32_t *steps_left; /* by item: of those that stand in it directly */
	uint8_t *fates;       /* by item: ITEM_… */
};

void gathering_init(struct gathering *gathering, const struct expansion *expansion);
void gathering_done(struct gathering *gathering);

/* The next item that may start: its number, or STEP_NONE. */
uint32_t gathering_admit(struct gathering *gathering);

/* A step that stands in the item directly came to its end. True where it was the last one of those. */
bool gathering_end_step(struct gathering *gathering, uint32_t item, enum visit_state state);

#endif
