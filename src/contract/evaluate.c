#include "contract/evaluate.h"

#include "base/headroom.h"

#define NAMES_A_STEP 64 /* that are compared in the time of a step */

/* Bounded by the checker's depth, and by the room that the thread's stack has. */
/* NOLINTBEGIN(misc-no-recursion) */

static bool run_sequence(struct checker *c, const struct instruction *i, const struct value *v);

static bool
run_members(struct checker *c, const struct fast_object *o, const struct value *v)
{
	const struct fast *fast = &c->program->fast;
	const struct member *end = v->members + v->n;
	uint64_t seen = 0;

	if (v->n < o->n_required)
		return false;
	for (const struct member *m = v->members; m < end; m++) {
		const struct name *name = names_find(fast, o->names, &m->key);
		const struct target *target = &o->additional;

		if (name) {
			seen |= (uint64_t)1 << name->bit;
			target = &name->target;
		}
		if (!evaluate_target(c, target, &m->value))
			return false;
	}
	return (o->required & ~seen) == 0;
}

enum matched { MATCHED_NOT, MATCHED, MATCHED_INVALID };

static enum matched
run_patterns(struct checker *c, const struct fast_object *o, const struct member *m)
{
	const struct fast_pattern *patterns = &c->program->fast.patterns[o->patterns];
	enum matched matched = MATCHED_NOT;

	for (uint32_t i = 0; i < o->n_patterns; i++) {
		if (!evaluate_pattern(c, patterns[i].pattern, value_text(&m->key)))
			continue;
		matched = MATCHED;
		if (!evaluate_target(c, &patterns[i].target, &m->value))
			return MATCHED_INVALID;
	}
	return matched;
}

static enum matched
run_member(struct checker *c, const struct fast_object *o, const struct name *name,
	const struct member *m)
{
	bool is_declared = name && name->flags & NAME_IS_DECLARED;
	enum matched matched;

	if (is_declared && !evaluate_target(c, &name->target, &m->value))
		return MATCHED_INVALID;
	matched = run_patterns(c, o, m);
	if (matched != MATCHED_NOT)
		return matched;
	if (is_declared)
		return MATCHED;
	if (!o->has_additional)
		return MATCHED_NOT;
	return evaluate_target(c, &o->additional, &m->value) ? MATCHED : MATCHED_INVALID;
}

static bool
run_object(struct checker *c, const struct fast_object *o, const struct value *v)
{
	uint64_t seen = 0;

	if (v->n < o->n_required)
		return false;
	for (uint32_t i = 0; i < v->n; i++) {
		const struct member *m = &v->members[i];
		const struct name *name = names_find(&c->program->fast, o->names, &m->key);
		enum matched matched = run_member(c, o, name, m);

		if (matched == MATCHED_INVALID)
			return false;
		if (matched == MATCHED && c->current != NO_MARKS)
			marks_set(c, i);
		if (name)
			seen |= (uint64_t)1 << name->bit;
	}
	return (o->required & ~seen) == 0;
}

static bool
run_items(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct target *targets = c->program->fast.targets;
	uint32_t n = MIN(i->b, v->n);

	for (uint32_t k = 0; k < n; k++)
		if (!evaluate_target(c, &targets[i->a + k], &v->items[k]))
			return false;
	if (i->c != NO_INDEX) {
		const struct target target = targets[i->c];

		for (uint32_t k = n; k < v->n; k++)
			if (!evaluate_target(c, &target, &v->items[k]))
				return false;
		n = v->n;
	}
	if (c->current != NO_MARKS)
		for (uint32_t k = 0; k < n; k++)
			marks_set(c, k);
	return true;
}

static bool
run_contains(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct target *target = &c->program->fast.targets[i->a];
	bool marks = c->current != NO_MARKS && i->flags & OP_MARKS;
	uint32_t n = 0;

	for (uint32_t k = 0; k < v->n; k++) {
		if (!evaluate_target(c, target, &v->items[k]))
			continue;
		if (marks)
			marks_set(c, k);
		if (++n > i->c)
			return false;
		if (n >= i->b && i->c == COUNT_MAX && !marks)
			return true;
	}
	return n >= i->b;
}

static bool
run_dependent(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct value *values = c->program->values;

	if (!member_find(v, &values[i->a]))
		return true;
	if (i->op == FAST_DEPENDENT)
		return evaluate_entry(c, i->b, v);
	for (uint32_t k = 0; k < i->c; k++)
		if (!member_find(v, &values[i->b + k]))
			return false;
	return true;
}

static bool
run_not(struct checker *c, uint32_t entry, const struct value *v)
{
	size_t before = c->current;
	bool valid;

	c->current = NO_MARKS;
	valid = evaluate_entry(c, entry, v);
	c->current = before;
	return !valid;
}

static bool
run_names(struct checker *c, uint32_t target, const struct value *v)
{
	for (uint32_t k = 0; k < v->n; k++)
		if (!evaluate_target(c, &c->program->fast.targets[target], &v->members[k].key))
			return false;
	return true;
}

static bool
run_required(struct checker *c, const struct instruction *i, const struct value *v)
{
	uint64_t steps = (uint64_t)i->b * v->n / NAMES_A_STEP;

	if (steps >= c->steps_left)
		return evaluate_limit(c, ERR_LIMIT, "\"required\" takes too many steps");
	c->steps_left -= steps;
	for (uint32_t k = 0; k < i->b; k++)
		if (!member_find(v, &c->program->values[i->a + k]))
			return false;
	return true;
}

static bool
run_unevaluated(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct target *target = &c->program->fast.targets[i->a];
	enum value_kind kind = i->op == FAST_UNEVALUATED_ITEMS ? VALUE_ARRAY : VALUE_OBJECT;

	if (v->kind != kind)
		return true;
	for (uint32_t k = 0; k < v->n; k++)
		if (!marks_has(c, k) &&
			!evaluate_target(c, target,
				kind == VALUE_ARRAY ? &v->items[k] : &v->members[k].value))
			return false;
	marks_all(c, v->n);
	return true;
}

/* What follows the instruction. */
static bool
run_tracking(struct checker *c, const struct instruction *i, const struct value *v)
{
	size_t before = marks_open(c, v->n);
	bool valid = run_sequence(c, i + 1, v);

	marks_close(c, before, valid);
	return valid;
}

static bool
run_in_scope(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct scope scope = {i->a, c->scope};
	bool valid;

	if (c->scope && c->scope->resource == i->a)
		return run_sequence(c, i + 1, v);
	c->scope = &scope;
	valid = run_sequence(c, i + 1, v);
	c->scope = scope.outer;
	return valid;
}

static bool
run_seldom(struct checker *c, const struct instruction *i, const struct value *v)
{
	switch (i->op) {
	case FAST_FAIL: return false;
	case FAST_OBJECT: return run_object(c, &c->program->fast.objects[i->a], v);
	case FAST_CONTAINS: return run_contains(c, i, v);
	case FAST_NAMES: return run_names(c, i->a, v);
	case FAST_DEPENDENT:
	case OP_DEPENDENT_REQUIRED: return run_dependent(c, i, v);
	case FAST_NOT: return run_not(c, i->a, v);
	case FAST_UNEVALUATED_ITEMS:
	case FAST_UNEVALUATED_PROPERTIES: return run_unevaluated(c, i, v);
	case OP_REQUIRED: return run_required(c, i, v);
	case OP_DYNAMIC_REF:
		return evaluate_entry(c, fast_entry(evaluate_dynamic(c, i), v->kind), v);
	default: return evaluate_alone(c, i, v);
	}
}

static bool
run_sequence(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct fast *fast = &c->program->fast;

	for (;; i++) {
		bool valid;

		switch (i->op) {
		case FAST_END: return true;
		case FAST_KINDS: valid = kind_is_allowed(i->a, v); break;
		case FAST_STRING:
			valid = names_find(fast, (struct names){i->a, i->b}, v) != NULL;
			break;
		case FAST_MEMBERS: valid = run_members(c, &fast->objects[i->a], v); break;
		case FAST_ITEMS: valid = run_items(c, i, v); break;
		case FAST_CALL: valid = evaluate_entry(c, i->a, v); break;
		case FAST_ANY_OF: valid = evaluate_any_of(c, i, v); break;
		case FAST_ONE_OF: valid = evaluate_one_of(c, i, v); break;
		case FAST_IF: valid = evaluate_if(c, i, v); break;
		case OP_COUNT: valid = v->n >= i->a && v->n <= i->b; break;
		case FAST_SCOPE: return run_in_scope(c, i, v);
		case FAST_TRACK: return run_tracking(c, i, v);
		default: valid = run_seldom(c, i, v); break;
		}
		if (!valid)
			return false;
	}
}

static bool
cannot_go_on(struct checker *c)
{
	if (c->steps_left)
		return evaluate_deep(c);
	return evaluate_limit(c, ERR_LIMIT, "checking the value takes more than %ju steps",
		(uintmax_t)c->steps_allowed);
}

bool
evaluate_code(struct checker *c, const struct instruction *code, const struct value *v)
{
	bool valid;

	if (__builtin_expect(!c->steps_left || !c->depth_left || headroom_here() < c->floor, 0))
		return cannot_go_on(c);
	c->steps_left--;
	c->depth_left--;
	valid = run_sequence(c, code, v);
	c->depth_left++;
	return valid;
}

bool
evaluate(struct checker *c, uint32_t block, const struct value *v)
{
	return evaluate_entry(c, fast_entry(block, v->kind), v);
}

/* NOLINTEND(misc-no-recursion) */
