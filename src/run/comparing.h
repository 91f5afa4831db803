/*
 * comparing: the inputs of a gate with `compare`, against what they must be equal to.
 *
 * Both are objects of the store when it begins; large ones are read on the pool. What differs stands in
 * the trial's faults (gate/comparison.h).
 */
#ifndef LILY_RUN_COMPARING_H
#define LILY_RUN_COMPARING_H

#include "run/trial.h"

struct comparing_job; /* not made yet, or under way */

/* What can be said without reading: what is absent, equal to the byte, or of another kind. *ret_job: what is
 * left, NULL where nothing is. What was not compared, since no run was before, is appended to ret_lacking. */
int comparing_begin(struct trial *trial, struct buf *ret_lacking,
	struct comparing_job **ret_job, struct err *err);

/* Whether it takes no longer than a turn of the loop may. */
bool comparing_is_small(const struct comparing_job *job);

/* The work, on any thread; then, on the loop's, its result (frees the job). ERR_INVALID, ERR_LIMIT,
 * ERR_CORRUPT: what is to be compared cannot be read. */
void comparing_work(void *job);
int comparing_finish(struct comparing_job *job, struct faults *faults, struct err *err);

#endif
