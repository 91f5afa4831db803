/*
 * checker: what checking a value keeps while it goes on, and the steps that it may take.
 *
 * A step is what is done in about 10 ns. One is taken for each sequence, and for what is passed, compared
 * or matched within it as many as its size is worth, so that they bound the time, whatever the schema and
 * the value are. How large the value is, which grants more of them, is looked at when they come to an end,
 * as for hardly any value they do.
 */
#ifndef LILY_CONTRACT_CHECKER_H
#define LILY_CONTRACT_CHECKER_H

#include "contract/program.h"

/* What is done in the time of a step. */
#define NAMES_A_STEP 8  /* names that a name is compared with */
#define BYTES_A_STEP 16 /* of a text, passed */
#define DIGITS_A_STEP 8 /* of numbers, compared */

#define STEPS_OF_NUMBERS 2    /* that are compared and are not both short and whole */
#define STEPS_OF_REPORTING 16 /* of a unit of a report, beside its places */

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
	uint64_t steps_a_part;     /* of the value: so many more */
	bool is_extended;          /* by these */
	const struct value *value; /* that is checked */
	uint32_t depth_allowed;
	uint32_t depth_left;
	uint32_t units_allowed;
	uintptr_t floor; /* of the stack */
	int code; /* of a limit that was reached; nothing that is found after it counts */
	const struct value *where; /* that limit was reached; NULL where that is not known */
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

/* Makes it ready for a value. */
void checker_start(struct checker *c, const struct program *program, const struct value *value);

/* The steps of another pass over the same value: to explain it. */
void checker_start_again(struct checker *c);

/* Sets a limit's error, the first one of a pass; returns false. */
bool checker_limit(struct checker *c, int code, const char *format, ...) ATTR_PRINTF(3, 4);
bool checker_steps_end(struct checker *c);

/* Whether more steps were granted, by the size of the value, which is once in a pass. */
bool checker_extend(struct checker *c);

/* Takes n steps where more have to be granted before. */
bool checker_last_steps(struct checker *c, uint64_t n);

/* Takes n steps; false and the limit's error where they are not left. */
static inline bool
checker_steps(struct checker *c, uint64_t n)
{
	if (__builtin_expect(n >= c->steps_left, 0))
		return checker_last_steps(c, n);
	c->steps_left -= n;
	return true;
}

/* Likewise those of a pass over v's members or items. */
static inline bool
checker_parts(struct checker *c, const struct value *v)
{
	return checker_steps(c, v->n);
}

#endif
