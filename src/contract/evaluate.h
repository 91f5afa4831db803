/*
 * evaluate: whether a value is what a program asks for.
 *
 * The fast way stops at the first thing that is wrong and knows no locations. It recurses with the
 * value and the schema, to a stated depth and as far as the stack has room, and takes memory only where
 * a schema needs it: bits for what was evaluated (where there is "unevaluated…"), a table for
 * "uniqueItems"; both stay with the checker for the next value.
 */
#ifndef LILY_CONTRACT_EVALUATE_H
#define LILY_CONTRACT_EVALUATE_H

#include "contract/checker.h"
#include "contract/lookup.h"

/* Whether v is what an instruction of the fast form asks for; meaningless where c->code is set. */
typedef bool evaluate_fn(struct checker *c, const struct instruction *i, const struct value *v);

/* Of v alone (evaluate_alone.c, evaluate_unique.c). */
evaluate_fn evaluate_bound, evaluate_multiple, evaluate_length, evaluate_pattern,
	evaluate_format, evaluate_content, evaluate_count, evaluate_unique, evaluate_enum,
	evaluate_string, evaluate_kinds;

/* Of members and items (evaluate_container.c). */
evaluate_fn evaluate_members, evaluate_object, evaluate_each, evaluate_each_item,
	evaluate_items, evaluate_contains, evaluate_names, evaluate_required,
	evaluate_dependent, evaluate_unevaluated;

/* Alternatives and conditions (evaluate_branches.c). */
evaluate_fn evaluate_any_of, evaluate_one_of, evaluate_if;

/* Any of the instructions that look at v alone, which both forms of a program have. */
evaluate_fn evaluate_alone;

/* Whether v is what a sequence of the fast form asks for. */
evaluate_fn evaluate_code;

/* Whether text matches a pattern of the program; false and c->code where that reached a limit. */
bool evaluate_text(struct checker *c, uint32_t pattern, struct str text);

/* Whether items are all different. *ret_first and *ret_second, if asked for, are a pair that is
 * equal. */
bool evaluate_items_differ(struct checker *c, const struct value *array, uint32_t *ret_first,
	uint32_t *ret_second);

/* Of a number that is not written whole. */
bool kind_of_number_is_allowed(unsigned kinds, const struct value *number);

static inline bool
kind_is_allowed(unsigned kinds, const struct value *v)
{
	if (__builtin_expect(v->kind == VALUE_NUMBER && !(v->flags & VALUE_IS_INTEGER), 0))
		return kind_of_number_is_allowed(kinds, v);
	return kinds >> v->kind & 1;
}

/* The functions of the instructions, by enum op and enum fast_op. */
extern evaluate_fn *const evaluate_functions[FAST_N];

static inline bool
evaluate_entry(struct checker *c, uint32_t entry, const struct value *v)
{
	const struct instruction *code = c->sequences + c->entries[entry];

	/* No step of its own: whoever passes many values takes them, and it goes hardly deeper. */
	if (code->flags & OP_ONLY)
		return evaluate_functions[code->op](c, code, v);
	return evaluate_code(c, code, v);
}

/* v is inside of the value that is being looked at: what it evaluates is its own affair. */
bool evaluate_inside(struct checker *c, uint32_t entry, const struct value *v);

static inline bool
evaluate_target(struct checker *c, const struct target *target, const struct value *v)
{
	unsigned class = value_class(v);

	if (target->yes >> class & 1)
		return true;
	return target->maybe >> class & 1 && evaluate_inside(c, target->entries + v->kind, v);
}

/* The block that a dynamic reference stands for here. */
uint32_t evaluate_dynamic(const struct checker *c, const struct instruction *i);

/* Sets the limit's error; returns false. */
bool evaluate_deep(struct checker *c);

/* Whether v equals another value. */
bool evaluate_equal(struct checker *c, const struct value *a, const struct value *b);

/* New marks for a value of n members or items, all unset; they become the current ones. Returns the
 * ones before, for marks_close, which hands what is marked on where keep is set. */
size_t marks_open(struct checker *c, uint32_t n);
void marks_close(struct checker *c, size_t before, bool keep);
void marks_all(struct checker *c, uint32_t n);

static inline void
marks_set(struct checker *c, uint32_t i)
{
	c->marks[c->current + i / 64] |= (uint64_t)1 << i % 64;
}

static inline bool
marks_has(const struct checker *c, uint32_t i)
{
	return c->marks[c->current + i / 64] >> i % 64 & 1;
}

#endif
