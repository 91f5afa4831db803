/*
 * check: what kinds of values an expression can have, before anything has run.
 *
 * Wrong is what cannot be right whatever the values are: a number compared with a text, a list asked
 * for its order. What depends on values that are known only later is found when they are there.
 */
#ifndef LILY_EXPR_CHECK_H
#define LILY_EXPR_CHECK_H

#include "expr/evaluate.h"

/* Bits: what a value may be. */
enum expr_type {
	EXPR_NULL = 1 << 0,
	EXPR_FALSE = 1 << 1,
	EXPR_TRUE = 1 << 2,
	EXPR_NUMBER = 1 << 3,
	EXPR_TEXT = 1 << 4,
	EXPR_LIST = 1 << 5,
	EXPR_MAP = 1 << 6,
	EXPR_ABSENT = 1 << 7, /* or there may be none */
};
#define EXPR_BOOL (EXPR_FALSE | EXPR_TRUE)
#define EXPR_ANY (EXPR_NULL | EXPR_BOOL | EXPR_NUMBER | EXPR_TEXT | EXPR_LIST | EXPR_MAP)
/* What can stand in a text. */
#define EXPR_SCALAR (EXPR_BOOL | EXPR_NUMBER | EXPR_TEXT)

struct expr_names {
	/* Binds a reference: sets used and is_artifact; *ret_type is what the thing itself may be. Called
	 * once for each reference, in the order of the text. ERR_INVALID where there is no such name, or
	 * it has no value that could be had; *ret_segment: which segment is wrong. */
	int (*bind)(void *context, struct expr_reference *reference, enum expr_want want,
		unsigned *ret_type, struct err *err);
	void *context;
};

struct expr_checked {
	unsigned type;     /* of the whole */
	uint32_t may_miss; /* with EXPR_ABSENT: a reference that may be absent */
};

/* ERR_INVALID with *ret_offset in the text. */
int expr_check(struct expr *expr, const struct expr_names *names,
	struct expr_checked *ret_checked, uint32_t *ret_offset, struct err *err);

/* "a text", "a number or null": for messages. */
void expr_type_describe(unsigned type, struct buf *b);

/* What a value is. */
unsigned expr_type_of(const struct value *v);

#endif
