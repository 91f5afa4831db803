/*
 * operate: what an operation makes of operands that are all there.
 */
#ifndef LILY_EXPR_OPERATE_H
#define LILY_EXPR_OPERATE_H

#include "expr/evaluate.h"
#include "expr/tree.h"

/* A value on the way, or the fact that there is none. */
struct cell {
	struct value value;
	bool is_absent;
	const char *missing; /* absent: what is not there, for people */
	uint32_t offset;     /* where it begins in the text */
};

struct operation {
	struct arena *arena;
	uint64_t cost; /* that is left */
	uint32_t fault_at;
	struct err *err;
};

int operation_refuse(struct operation *o, uint32_t offset, const char *format, ...)
	ATTR_PRINTF(3, 4);

/* ERR_LIMIT where it is more than what is left. */
int operation_charge(struct operation *o, uint32_t offset, uint64_t cost);

/* Any node but literals, references and lazy ones. An operand that is absent makes the result so. */
int operate(struct operation *o, const struct node *node, const struct cell *operands,
	struct cell *ret_cell);

/* What a function makes (functions.c). */
int operate_function(struct operation *o, const struct node *node, const struct cell *operands,
	struct value *ret_value);

/* The member of a map or item of a list. */
int operate_index(struct operation *o, const struct cell *base, const struct value *key,
	uint32_t offset, struct cell *ret_cell);

/* The segments of a reference behind those that name the thing, as members of its value. */
int operate_members(
	struct operation *o, const struct expr_reference *reference, struct cell *cell);

/* Whether the operand of a lazy node decides it (1: *cell is then its result) or the next one is asked
 * (0); not called for the last one. */
int operate_lazy(struct operation *o, const struct node *node, const struct cell *cell);

/* "a number", "the text 'high'", "a list": for messages. In the arena. */
const char *operand_describe(struct arena *arena, const struct value *v);

#endif
