#include "contract/evaluate.h"

#include "base/headroom.h"

/* Bounded by the checker's depth, and by the room that the thread's stack has. */
/* NOLINTBEGIN(misc-no-recursion) */

static evaluate_fn evaluate_not, evaluate_call, evaluate_reference, evaluate_scope,
	evaluate_tracking, evaluate_never;

evaluate_fn *const evaluate_functions[FAST_N] = {
	[OP_MINIMUM] = evaluate_bound,
	[OP_MAXIMUM] = evaluate_bound,
	[OP_MULTIPLE_OF] = evaluate_multiple,
	[OP_LENGTH] = evaluate_length,
	[OP_PATTERN] = evaluate_pattern,
	[OP_FORMAT] = evaluate_format,
	[OP_CONTENT] = evaluate_content,
	[OP_COUNT] = evaluate_count,
	[OP_UNIQUE] = evaluate_unique,
	[OP_REQUIRED] = evaluate_required,
	[OP_DEPENDENT_REQUIRED] = evaluate_dependent,
	[OP_ENUM] = evaluate_enum,
	[OP_DYNAMIC_REF] = evaluate_reference,
	[FAST_FAIL] = evaluate_never,
	[FAST_KINDS] = evaluate_kinds,
	[FAST_STRING] = evaluate_string,
	[FAST_OBJECT] = evaluate_object,
	[FAST_MEMBERS] = evaluate_members,
	[FAST_EACH] = evaluate_each,
	[FAST_EACH_ITEM] = evaluate_each_item,
	[FAST_ITEMS] = evaluate_items,
	[FAST_CONTAINS] = evaluate_contains,
	[FAST_NAMES] = evaluate_names,
	[FAST_DEPENDENT] = evaluate_dependent,
	[FAST_NOT] = evaluate_not,
	[FAST_CALL] = evaluate_call,
	[FAST_ANY_OF] = evaluate_any_of,
	[FAST_ONE_OF] = evaluate_one_of,
	[FAST_IF] = evaluate_if,
	[FAST_SCOPE] = evaluate_scope,
	[FAST_TRACK] = evaluate_tracking,
	[FAST_UNEVALUATED_ITEMS] = evaluate_unevaluated,
	[FAST_UNEVALUATED_PROPERTIES] = evaluate_unevaluated,
};

#define INSTRUCTIONS_A_STEP 4

static inline bool
run_sequence(struct checker *c, const struct instruction *first, const struct value *v)
{
	const struct instruction *i = first;
	uint64_t steps;

	while (i->op != FAST_END && evaluate_functions[i->op](c, i, v))
		i++;
	steps = (uint64_t)(i - first) / INSTRUCTIONS_A_STEP;
	c->steps_left -= MIN(c->steps_left, steps);
	if (i->op == FAST_END)
		return true;
	/* The innermost is told of. */
	if (c->code && !c->where)
		c->where = v;
	return false;
}

bool
evaluate_alone(struct checker *c, const struct instruction *i, const struct value *v)
{
	return evaluate_functions[i->op](c, i, v);
}

static bool
evaluate_never(struct checker *c, const struct instruction *i, const struct value *v)
{
	(void)c;
	(void)i;
	(void)v;
	return false;
}

static bool
evaluate_not(struct checker *c, const struct instruction *i, const struct value *v)
{
	size_t before = c->current;
	bool valid;

	c->current = NO_MARKS;
	valid = evaluate_entry(c, i->a, v);
	c->current = before;
	return !valid;
}

static bool
evaluate_call(struct checker *c, const struct instruction *i, const struct value *v)
{
	return evaluate_entry(c, i->a, v);
}

static bool
evaluate_reference(struct checker *c, const struct instruction *i, const struct value *v)
{
	return evaluate_entry(c, fast_entry(evaluate_dynamic(c, i), v->kind), v);
}

/* What is to be run within it follows the end of the sequence, which it is all of. */
static bool
evaluate_tracking(struct checker *c, const struct instruction *i, const struct value *v)
{
	size_t before = marks_open(c, v->n);
	bool valid = run_sequence(c, i + 2, v);

	marks_close(c, before, valid);
	return valid;
}

/* Likewise. */
static bool
evaluate_scope(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct scope scope = {i->a, c->scope};
	bool valid;

	if (c->scope && c->scope->resource == i->a)
		return run_sequence(c, i + 2, v);
	c->scope = &scope;
	valid = run_sequence(c, i + 2, v);
	c->scope = scope.outer;
	return valid;
}

bool
evaluate_inside(struct checker *c, uint32_t entry, const struct value *v)
{
	size_t before = c->current;
	bool valid;

	if (__builtin_expect(before == NO_MARKS, 1))
		return evaluate_entry(c, entry, v);
	c->current = NO_MARKS;
	valid = evaluate_entry(c, entry, v);
	c->current = before;
	return valid;
}

static bool
may_go_on(struct checker *c)
{
	if (!c->steps_left && !checker_extend(c))
		return checker_steps_end(c);
	return (c->depth_left && headroom_here() >= c->floor) || evaluate_deep(c);
}

bool
evaluate_code(struct checker *c, const struct instruction *code, const struct value *v)
{
	bool valid;

	if (__builtin_expect(
		    !c->steps_left || !c->depth_left || headroom_here() < c->floor, 0) &&
		!may_go_on(c))
		return false;
	c->steps_left--;
	c->depth_left--;
	valid = run_sequence(c, code, v);
	c->depth_left++;
	return valid;
}

/* NOLINTEND(misc-no-recursion) */
