#include "contract/evaluate.h"

/* Bounded as evaluate.c says. NOLINTBEGIN(misc-no-recursion) */

bool
evaluate_members(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct fast_object *o = &c->program->fast.objects[i->a];
	const struct name *slots = c->program->fast.names + o->names.first;
	const uint32_t mask = o->names.mask;
	const uint32_t shift = o->names.shift;
	const struct member *end = v->members + v->n;
	uint64_t seen = 0;

	if (v->n < o->n_required || !checker_parts(c, v))
		return false;
	for (const struct member *m = v->members; m < end; m++) {
		const struct name *name = names_find(slots, mask, shift, &m->key);
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

bool
evaluate_each(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct target *target = &c->program->fast.targets[i->a];

	if (!checker_parts(c, v))
		return false;
	for (uint32_t k = 0; k < v->n; k++)
		if (!evaluate_target(c, target, &v->members[k].value))
			return false;
	return true;
}

bool
evaluate_each_item(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct target *target = &c->program->fast.targets[i->a];
	const struct value *end = v->items + v->n;

	if (!checker_parts(c, v))
		return false;
	for (const struct value *item = v->items; item < end; item++)
		if (!evaluate_target(c, target, item))
			return false;
	return true;
}

enum matched { MATCHED_NOT, MATCHED, MATCHED_INVALID };

static enum matched
run_patterns(struct checker *c, const struct fast_object *o, const struct member *m)
{
	const struct fast_pattern *patterns = &c->program->fast.patterns[o->patterns];
	enum matched matched = MATCHED_NOT;

	for (uint32_t i = 0; i < o->n_patterns; i++) {
		if (!evaluate_text(c, patterns[i].pattern, value_text(&m->key)))
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
	bool is_declared = name && name->is_declared;
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

bool
evaluate_object(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct fast_object *o = &c->program->fast.objects[i->a];
	const struct name *slots = c->program->fast.names + o->names.first;
	uint64_t seen = 0;

	if (v->n < o->n_required || !checker_parts(c, v))
		return false;
	for (uint32_t k = 0; k < v->n; k++) {
		const struct member *m = &v->members[k];
		const struct name *name =
			names_find(slots, o->names.mask, o->names.shift, &m->key);
		enum matched matched = run_member(c, o, name, m);

		if (matched == MATCHED_INVALID)
			return false;
		if (matched == MATCHED && c->current != NO_MARKS)
			marks_set(c, k);
		if (name)
			seen |= (uint64_t)1 << name->bit;
	}
	return (o->required & ~seen) == 0;
}

bool
evaluate_items(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct target *targets = c->program->fast.targets;
	uint32_t n = MIN(i->b, v->n);

	if (!checker_parts(c, v))
		return false;
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

bool
evaluate_contains(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct target *target = &c->program->fast.targets[i->a];
	bool marks = c->current != NO_MARKS && i->flags & OP_MARKS;
	uint32_t n = 0;

	if (!checker_parts(c, v))
		return false;
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

bool
evaluate_dependent(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct value *values = c->program->values;

	if (!checker_steps(c, 1 + v->n / NAMES_A_STEP))
		return false;
	if (!member_find(v, &values[i->a]))
		return true;
	if (i->op == FAST_DEPENDENT)
		return evaluate_entry(c, i->b, v);
	if (!checker_steps(c, i->c * (1 + (uint64_t)v->n / NAMES_A_STEP)))
		return false;
	for (uint32_t k = 0; k < i->c; k++)
		if (!member_find(v, &values[i->b + k]))
			return false;
	return true;
}

bool
evaluate_names(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct target *target = &c->program->fast.targets[i->a];

	if (!checker_parts(c, v))
		return false;
	for (uint32_t k = 0; k < v->n; k++)
		if (!evaluate_target(c, target, &v->members[k].key))
			return false;
	return true;
}

bool
evaluate_required(struct checker *c, const struct instruction *i, const struct value *v)
{
	if (!checker_steps(c, i->b * (1 + (uint64_t)v->n / NAMES_A_STEP)))
		return false;
	for (uint32_t k = 0; k < i->b; k++)
		if (!member_find(v, &c->program->values[i->a + k]))
			return false;
	return true;
}

bool
evaluate_unevaluated(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct target *target = &c->program->fast.targets[i->a];
	enum value_kind kind = i->op == FAST_UNEVALUATED_ITEMS ? VALUE_ARRAY : VALUE_OBJECT;

	if (v->kind != kind)
		return true;
	if (!checker_parts(c, v))
		return false;
	for (uint32_t k = 0; k < v->n; k++)
		if (!marks_has(c, k) &&
			!evaluate_target(c, target,
				kind == VALUE_ARRAY ? &v->items[k] : &v->members[k].value))
			return false;
	marks_all(c, v->n);
	return true;
}

/* NOLINTEND(misc-no-recursion) */
