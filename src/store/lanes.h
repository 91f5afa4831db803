/*
 * lanes: the note runs/<run id>/lanes of the processes that carry a run's steps.
 *
 * One line a lane: "boot-id pid-namespace-inode pid start-ticks". A pid means a process only in
 * its boot and its PID namespace, and only together with its start.
 */
#ifndef LILY_STORE_LANES_H
#define LILY_STORE_LANES_H

#include "base/clock.h"
#include "store/store.h"

struct lane_place {
	char boot[CLOCK_BOOT_ID_SIZE];
	uint64_t pid_namespace;
};

struct lane_note {
	struct lane_place place;
	int pid;
	uint64_t start;
};

int lane_place_here(struct lane_place *ret_place, struct err *err);
bool lane_place_equal(const struct lane_place *a, const struct lane_place *b);

/* The next line, taken from the front of *text: 1, 0 at the end, ERR_CORRUPT where a whole line
 * cannot be read. */
int lane_note_next(struct str *text, struct lane_note *ret_note);

/* Whether a run of this store is driven, in this boot, from another PID namespace than this process is in: 1, 0.
 * Whether that is above or below this one cannot be seen. */
int lanes_elsewhere(struct store *store, struct err *err);

#endif
