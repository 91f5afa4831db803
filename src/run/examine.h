/*
 * examine: whether the inputs of a step are what the step says of them, before it starts.
 *
 * They are objects already, so what is checked is what the step will read. Large ones are checked on
 * the pool.
 */
#ifndef LILY_RUN_EXAMINE_H
#define LILY_RUN_EXAMINE_H

#include "run/boundary.h"
#include "run/inputs.h"

struct examine_job; /* large inputs */

/* Adds to *faults, in the values' arena, what is wrong with small ones; *ret_job: NULL, or work for
 * the pool before all is known. An err is the store's or the system's. */
int examine_inputs(const struct values *values, struct boundary *boundary,
	const struct inputs *inputs, struct faults *faults, struct examine_job **ret_job,
	struct err *err);

/* The work, on any thread; then, on the loop's, its result (frees the job). */
void examine_work(void *job);
int examine_finish(struct examine_job *job, struct faults *faults, struct err *err);

#endif
