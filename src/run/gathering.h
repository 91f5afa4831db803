/*
 * gathering: how far the items of one foreach are: which were let in, how many of their steps are
 * left, which failed. 5 bytes an item. Private to the schedule.
 *
 * Items are let in in their order; one that had ended and is renewed waits to be let in again, before those
 * that were never.
 */
#ifndef LILY_RUN_GATHERING_H
#define LILY_RUN_GATHERING_H

#include "graph/expansion.h"
#include "run/state.h"

enum { ITEM_FAILED = 1, ITEM_CANCELLED = 2, ITEM_ADMITTED = 4 };

struct gathering {
	const struct expansion *expansion;
	bool is_retired; /* its foreach has given up these items */
	uint32_t next;   /* no item before this one is to be let in */
	uint32_t open;   /* items that were let in, with steps that have not ended */
	uint32_t left;   /* of all items */
	uint32_t failed;
	uint32_t cancelled;
	uint32_t *steps_left; /* by item: of those that stand in it directly */
	uint8_t *fates;       /* by item: ITEM_… */
};

void gathering_init(struct gathering *gathering, const struct expansion *expansion);
void gathering_done(struct gathering *gathering);

/* The next item that may start: its number, or STEP_NONE. */
uint32_t gathering_admit(struct gathering *gathering);

/* A step of the item has begun, as a stored run says: it was let in, whatever stands before it. */
void gathering_begun(struct gathering *gathering, uint32_t item);
bool gathering_has_admitted(const struct gathering *gathering, uint32_t item);

/* Whether a step of the item failed or was blocked, or else was cancelled. */
bool gathering_is_lost(const struct gathering *gathering, uint32_t item);

/* A step that stands in the item directly came to its end. True where it was the last one of those. */
bool gathering_end_step(struct gathering *gathering, uint32_t item, enum visit_state state);

/* Such an end counts no more, nor does what any other end in the item meant until gathering_remember has been
 * told of it. */
void gathering_renew_step(struct gathering *gathering, uint32_t item);
void gathering_remember(struct gathering *gathering, uint32_t item, enum visit_state state);

#endif
