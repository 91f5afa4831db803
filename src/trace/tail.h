/*
 * tail: the last words of an attempt.
 */
#ifndef LILY_TRACE_TAIL_H
#define LILY_TRACE_TAIL_H

#include "store/run.h"

#define TAIL_LINES 20
#define TAIL_BYTES ((size_t)8 << 10)

/* The last lines that it wrote to stdout and stderr, in the order they were captured: at most
 * TAIL_LINES of them and TAIL_BYTES, whole lines where one fits. Behind it comes what the gates or validators
 * wrote that refused what it made. 1, or 0 where it wrote nothing or
 * left no log. In the arena; the bytes are as they were written. */
int tail_of_attempt(struct store *store, const struct run_row *run,
	const struct attempt_row *attempt, struct arena *arena, struct str *ret_tail,
	struct err *err);

#endif
