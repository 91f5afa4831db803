/*
 * try_kept: an attempt that takes for its candidates what an earlier one has left under the same key,
 * since gates have to judge that which have not, or not as they are now.
 *
 * Nothing is run for it but these gates. What gates found under keys that are equal still is taken
 * over. Where a required one rejects the candidates, the key is forgotten: what comes next runs.
 *
 * Private to try*.c.
 */
#ifndef LILY_RUN_TRY_KEPT_H
#define LILY_RUN_TRY_KEPT_H

#include "run/reuse.h"
#include "run/try.h"

/* Where the candidates come from. */
struct try_kept {
	struct uuid run;
	uint32_t attempt;
	const struct reuse_gate *gates; /* in the order of the step's */
};

/* try.c: attempt.submitted, with what the executor calls it by; empty: it does not know it. */
int try_record_submit(struct try *try, struct str handle, struct err *err);

/* Once the inputs are taken, and before they are written: 1, and it is GATED; 0 where the step has to
 * run. */
int try_kept_judge(struct try *try, struct err *err);

#endif
