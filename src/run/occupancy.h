/*
 * occupancy: who is at work in the workspace: any number of steps that see it as it is, or one transaction.
 *
 * A lock of the kernel on the workspace's own folder (flock(2)), so that it holds between runs, whatever store
 * they have, and ends with its process: shared while steps of this run are at work, and of a transaction its own
 * from its beginning until its changes are true or thrown away. Whoever gets it and finds APPLY_STAGE there knows
 * that somebody was cut off while changes were made true: nothing may begin before that run was resumed.
 */
#ifndef LILY_RUN_OCCUPANCY_H
#define LILY_RUN_OCCUPANCY_H

#include "base/err.h"

#include <stdbool.h>

struct occupancy {
	int workspace; /* directory, of an open file description of its own; -1 before occupancy_open */
	unsigned shared;
	bool is_alone;
};

#define OCCUPANCY_INIT ((struct occupancy){-1, 0, false})

enum occupancy_how { OCCUPANCY_SHARED, OCCUPANCY_ALONE };

int occupancy_open(int workspace, struct occupancy *ret_occupancy, struct err *err);
void occupancy_done(struct occupancy *occupancy);

/* 1; 0: not now, others are at work. ERR_INVALID: changes were cut off halfway. */
int occupancy_enter(struct occupancy *occupancy, enum occupancy_how how, struct err *err);
void occupancy_leave(struct occupancy *occupancy, enum occupancy_how how);

/* Likewise alone, by whoever mends what was cut off. */
int occupancy_enter_to_mend(struct occupancy *occupancy, struct err *err);

#endif
