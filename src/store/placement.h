/*
 * placement: how the files of one group of larger objects get their names, durably (I1).
 *
 * Few files are flushed one by one, before commit.lock is taken; many by one syncfs after they
 * have their names.
 */
#ifndef LILY_STORE_PLACEMENT_H
#define LILY_STORE_PLACEMENT_H

#include "store/queue.h"

struct placement {
	int objects;           /* objects/, borrowed */
	struct digest *placed; /* by this group */
	size_t n, capacity;
	size_t few;      /* up to so many are flushed one by one; more where syncfs is slow */
	bool one_by_one; /* in this group */
};

void placement_init(struct placement *placement, int objects);
void placement_done(struct placement *placement);

/* Before the transaction of a group. */
int placement_begin(
	struct placement *placement, const struct submission *items, size_t n, struct err *err);

/* Gives the staged file its name. The table has no row for it yet. */
int placement_place(
	struct placement *placement, const struct queued_file *file, struct err *err);

/* Before the commit: names and bytes of all that was placed are on disk. */
int placement_sync(struct placement *placement, struct err *err);

#endif
