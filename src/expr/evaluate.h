/*
 * evaluate: the value of an expression whose names are bound.
 *
 * Only what is needed is looked at: the right side of && and || and the later arguments of default
 * stay untouched where those before them decide. What is absent (an output that was not made, a
 * member that is not there) makes everything absent that is made of it, up to the next default.
 */
#ifndef LILY_EXPR_EVALUATE_H
#define LILY_EXPR_EVALUATE_H

#include "expr/expr.h"

/* One for each operation, and one for each 64 bytes or item that it looks at. */
#define EXPR_COST_MAX UINT64_C(1000000)

enum expr_want {
	EXPR_WANT_VALUE,
	EXPR_WANT_DIGEST, /* of an artifact, as the text "sha256:…" */
};

struct expr_scope {
	/* What the first `used` segments of a reference name: 1, or 0 where it is absent. The value and
	 * what it refers to live at least as long as the result is used. */
	int (*get)(void *context, uint32_t reference, enum expr_want want,
		struct value *ret_value, struct err *err);
	void *context;
	struct arena *arena; /* of what is made on the way */
	uint64_t cost;       /* at most; 0: EXPR_COST_MAX */
};

/* ERR_NOT_FOUND where the whole is absent, ERR_INVALID where kinds do not fit, ERR_LIMIT past the
 * cost, each with *ret_offset in the text; and what `get` returns. */
int expr_evaluate(const struct expr *expr, const struct expr_scope *scope,
	struct value *ret_value, uint32_t *ret_offset, struct err *err);

/* A true or false; ERR_INVALID for anything else. */
int expr_evaluate_condition(const struct expr *expr, const struct expr_scope *scope,
	bool *ret_truth, uint32_t *ret_offset, struct err *err);

/* The expression with what is known put in: `get` gives 1 with a value, 0 where the reference has to
 * stay. What then depends on nothing more is worked out. The arena gets the result; errors as
 * expr_evaluate. The references that stay keep their bindings. */
int expr_fold(const struct expr *expr, const struct expr_scope *scope, struct expr **ret_expr,
	uint32_t *ret_offset, struct err *err);

/* The text that a value stands for in a text: its characters, a number as it was written, true or
 * false. ERR_INVALID for null, lists and maps. */
int expr_value_text(const struct value *v, struct str *ret_text, struct err *err);

#endif
