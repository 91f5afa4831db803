/*
 * folders: attempts/<n> of attempts whose log came to be a file.
 *
 * They are what others follow while an attempt runs. Once the events that name the log's object are
 * durable they only hold its bytes a second time, and go; what else lies there was kept by an
 * attempt, and stays (exec/local.h).
 */
#ifndef LILY_RUN_FOLDERS_H
#define LILY_RUN_FOLDERS_H

#include "store/run.h"

struct folder {
	uint32_t attempt;
	uint64_t submission; /* of the event that names its log */
};

struct folders {
	struct folder *items;
	size_t n, capacity;
};

/* The attempt's end was the last thing submitted. */
void folders_add(struct folders *folders, const struct run_hold *hold, uint32_t attempt);

/* Removes those whose events are durable; what cannot be removed stays. */
void folders_clear(struct folders *folders, const struct run_hold *hold);
void folders_done(struct folders *folders);

#endif
