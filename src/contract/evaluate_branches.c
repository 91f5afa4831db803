#include "contract/evaluate.h"

static const struct name *
find_name(const struct program *p, const struct names *names, const struct value *string)
{
	return names_find(p->fast.names + names->first, names->mask, names->shift, string);
}

static bool
guard_holds(struct checker *c, const struct guard *guard, const struct value *v)
{
	const struct program *p = c->program;
	const struct value *member;

	if (!checker_steps(c, 1 + (uint64_t)(guard->n_needed + 1) * v->n / NAMES_A_STEP))
		return false;
	for (uint32_t i = 0; i < guard->n_needed; i++)
		if (!member_find(v, &p->values[guard->needed + i]))
			return false;
	if (!guard->has_names)
		return true;
	member = member_find(v, &p->values[guard->name]);
	return !member || (member->kind == VALUE_STRING && find_name(p, &guard->names, member));
}

/* Bounded as evaluate.c says. NOLINTBEGIN(misc-no-recursion) */

/* One of several schemas that v may have: what it marks counts only if it holds. */
static bool
run_branch(struct checker *c, const struct branch *branch, const struct value *v)
{
	const struct fast *fast = &c->program->fast;
	size_t before = c->current;
	bool valid;

	if (!checker_steps(c, 1) ||
		(branch->guard != NO_INDEX && !guard_holds(c, &fast->guards[branch->guard], v)))
		return false;
	if (before == NO_MARKS)
		return evaluate_entry(c, branch->entry, v);
	before = marks_open(c, v->n);
	valid = evaluate_entry(c, branch->entry, v);
	marks_close(c, before, valid);
	return valid;
}

/* The branches that are left by the member in which they name themselves: their number and their
 * indexes; NULL where that is all of them. */
static const uint32_t *
left_branches(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct program *p = c->program;
	const struct choice *choice;
	const struct value *member;
	const struct name *name = NULL;

	if (i->c == NO_INDEX)
		return NULL;
	choice = &p->fast.choices[i->c];
	c->steps_left -= MIN(c->steps_left, v->n / NAMES_A_STEP);
	member = member_find(v, &p->values[choice->member]);
	if (member && member->kind == VALUE_STRING)
		name = find_name(p, &choice->names, member);
	return p->words + (name ? name->list : choice->otherwise);
}

bool
evaluate_any_of(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct branch *branches = c->program->fast.branches + i->a;
	const uint32_t *left = left_branches(c, i, v);
	uint32_t n = left ? left[0] : i->b;
	bool any = false;

	for (uint32_t k = 0; k < n; k++) {
		if (!run_branch(c, &branches[left ? left[k + 1] : k], v))
			continue;
		if (c->current == NO_MARKS)
			return true;
		any = true;
	}
	return any;
}

bool
evaluate_one_of(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct branch *branches = c->program->fast.branches + i->a;
	const uint32_t *left = left_branches(c, i, v);
	uint32_t n = left ? left[0] : i->b;
	uint32_t n_valid = 0;

	for (uint32_t k = 0; k < n && n_valid < 2; k++)
		n_valid += run_branch(c, &branches[left ? left[k + 1] : k], v);
	return n_valid == 1;
}

bool
evaluate_if(struct checker *c, const struct instruction *i, const struct value *v)
{
	bool holds = run_branch(c, &c->program->fast.branches[i->a], v);

	return evaluate_entry(c, holds ? i->b : i->c, v);
}

/* NOLINTEND(misc-no-recursion) */
