/*
 * opening: a block on its way to be fast: what it is, and what it refers to and cannot do without,
 * as one run of instructions.
 */
#ifndef LILY_CONTRACT_OPENING_H
#define LILY_CONTRACT_OPENING_H

#include "contract/compile.h"

#define OPENED_MAX 24 /* instructions of a block that opens others */

/* A block that is being put together from others, all of which must hold. */
struct opening {
	struct compiler *c;
	const struct block *fast;
	struct instruction code[GROUP_N][OPENED_MAX];
	uint32_t n[GROUP_N];
	uint32_t total;
	uint32_t opened[OPENED_MAX]; /* blocks that are in it, or referred to */
	uint32_t n_opened;
	unsigned kinds;
	bool any; /* was opened at all */
};

/* Where it is known now what "unevaluatedProperties" and "unevaluatedItems" are left with, whatever
 * the value: puts a rule of its own in the place of each, so that nothing has to be kept track of.
 * Returns whether it did (compile_unevaluated.c). */
bool opening_settle(struct opening *o);

#endif
