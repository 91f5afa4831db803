/*
 * expr: the expression language, from text to a tree that can be typed, evaluated and written.
 *
 *	expr_parse → expr_reference (bind each name) → expr_check, expr_fold, expr_evaluate, expr_write
 *
 * The language is the subset of GitHub Actions' expressions that has no side and no surprise:
 * literals, references, == != < <= > >= && || !, and a few functions (function.h). It differs where
 * theirs converts silently: text is compared exactly, numbers by value without rounding, kinds are
 * never converted into each other (docs/decisions/0014). Values are those of json/value.h.
 *
 * What a name means only the caller knows: a reference is a list of segments, of which the caller
 * says how many it took (`used`); the others are members of the value. Nothing here recurses: the
 * tree is an array in postfix order, and its depth is bounded.
 */
#ifndef LILY_EXPR_EXPR_H
#define LILY_EXPR_EXPR_H

#include "json/value.h"

/* Bounds of what people write; what plans hold (EXPR_PLAN) may have EXPR_PLAN_BYTES_MAX. */
#define EXPR_BYTES_MAX ((size_t)64 << 10)
#define EXPR_PLAN_BYTES_MAX ((size_t)64 << 20)
/* Of operators, calls and brackets within each other; containers of plans may lie deeper. */
#define EXPR_DEPTH_MAX 64
#define EXPR_PLAN_DEPTH_MAX 1024

struct expr;

/* One name of a path. Names that stand in brackets, ['a.b'], are never joined with others. */
struct expr_segment {
	struct str name;
	bool is_bracketed;
};

struct expr_reference {
	const struct expr_segment *segments; /* at least one */
	uint32_t n;
	uint32_t used;    /* set by the caller: segments that name the thing, at least one */
	bool is_artifact; /* set by the caller: digest() asks for EXPR_WANT_DIGEST */
	bool is_guarded;  /* default() does without it where it is absent */
	uint32_t offset;  /* in the text */
};

enum expr_flag {
	EXPR_PLAN = 1 << 0, /* containers and concat(), which only plans have, are read too */
};

/* Reads one expression. Tree and text live in the arena; the text is copied. ERR_INVALID and
 * ERR_LIMIT have a message of one line without a place, which is *ret_offset, a byte of text. */
int expr_parse(struct arena *arena, struct str text, unsigned flags, struct expr **ret_expr,
	uint32_t *ret_offset, struct err *err);

/* The references, in the order of the text; number < expr_references. */
uint32_t expr_references(const struct expr *expr);
struct expr_reference *expr_reference(struct expr *expr, uint32_t number);
const struct expr_reference *expr_bound(const struct expr *expr, uint32_t number);

/* The expression where it is nothing but one reference, or a literal; else NULL. */
const struct expr_reference *expr_lone_reference(const struct expr *expr);
const struct value *expr_lone_literal(const struct expr *expr);

/* The canonical text, which expr_parse reads back (with EXPR_PLAN) as the same tree: as few
 * parentheses as can be, numbers as they were written. */
void expr_write(const struct expr *expr, struct buf *b);

/* A reference as it is written: steps.fix.out['a.b']. n: how many segments of it. */
void expr_write_path(const struct expr_reference *reference, uint32_t n, struct buf *b);

/* Trees made of parts rather than of text, for what plans hold. The parts are copied; all have to be
 * in one arena. */
struct expr *expr_new_literal(struct arena *arena, const struct value *v);
enum expr_made {
	EXPR_MADE_TEXT, /* the parts' texts, one behind the other */
	EXPR_MADE_LIST,
	EXPR_MADE_MAP, /* of parts: a key (a literal text), a value, a key, … */
};
struct expr *expr_new_made(
	struct arena *arena, enum expr_made made, const struct expr *const *parts, uint32_t n);

#endif
