/*
 * checker: what checking a value keeps while it goes on, and the steps that it may take.
 *
 * A step is taken for each sequence, and for what is passed or compared within it as its size is worth:
 * steps_allowed bounds the time, whatever the schema and the value are.
 */
#ifndef LILY_CONTRACT_CHECKER_H
#define LILY_CONTRACT_CHECKER_H

#include "contract/program.h"

/* What is done in the time of a step. */
#define PARTS_A_STEP 2  /* members or items passed */
#define NAMES_A_STEP 8  /* names that a name is compared with */
#define BYTES_A_STEP 32 /* of a text, passed */

#define NO_MARKS SIZE_MAX

/* The resources on the way to where we are, for dynamic references. */
struct scope {
	uint32_t resource;
	const struct scope *outer;
};

struct checker {
	const struct program *program;
	const uint32_t *entries;             /* the program's */
	const struct instruction *sequences; /* likewise */
	uint64_t steps_allowed;
	uint64_t steps_left;
	uint32_t depth_allowed;
	uint32_t depth_left;
	uint32_t units_allowed;
	uintptr_t floor; /* of the stack */
	int code; /* of a limit that was reached; nothing that is found after it counts */
	const struct scope *scope;
	/* Bits of the members or items that were evaluated, one word after the other. */
	uint64_t *marks;
	size_t n_marks;
	size_t marks_capacity;
	size_t current; /* first word of the value that is being looked at, or NO_MARKS */
	uint32_t *table;
	size_t table_size;
	uint32_t *hashes;
	size_t hashes_size;
	struct err err;
};

/* Sets the limit's error; returns false. */
bool checker_steps_end(struct checker *c);

/* Takes n steps; false and the limit's error where they are not left. */
static inline bool
checker_steps(struct checker *c, uint64_t n)
{
	if (__builtin_expect(n >= c->steps_left, 0))
		return checker_steps_end(c);
	c->steps_left -= n;
	return true;
}

/* Likewise those of a pass over v's members or items. */
static inline bool
checker_parts(struct checker *c, const struct value *v)
{
	return checker_steps(c, ((uint64_t)v->n + PARTS_A_STEP - 1) / PARTS_A_STEP);
}

#endif
