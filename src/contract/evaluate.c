#include "contract/evaluate.h"

#include "base/headroom.h"

#define NAMES_A_STEP 64 /* that are compared in the time of a step */

/* Bounded by the checker's depth, and by the room that the thread's stack has. */
/* NOLINTBEGIN(misc-no-recursion) */

static bool run(struct checker *c, uint32_t index, const struct value *v);

/* v is inside of the value that is being looked at: what it evaluates is its own affair. */
static inline bool
run_inside(struct checker *c, uint32_t index, const struct value *v)
{
	const struct block *b = &c->blocks[index];
	size_t before = c->current;
	bool valid;

	if (!kind_is_allowed(b->kinds, v))
		return false;
	if (b->flags & BLOCK_ONLY_KINDS)
		return true;
	c->current = NO_MARKS;
	valid = run(c, index, v);
	c->current = before;
	return valid;
}

static bool
run_patterns(struct checker *c, const struct object_rule *rule, const struct member *m,
	bool *ret_matched)
{
	const struct program *p = c->program;

	for (uint32_t i = 0; i < rule->n_patterns; i++) {
		const struct pattern_rule *pattern = &p->pattern_rules[rule->patterns + i];

		if (!evaluate_pattern(c, pattern->pattern, value_text(&m->key)))
			continue;
		*ret_matched = true;
		if (!run_inside(c, pattern->block, &m->value))
			return false;
	}
	return true;
}

/* A member that is not in "properties". */
static bool
run_undeclared(struct checker *c, const struct object_rule *rule, const struct member *m,
	bool *ret_matched)
{
	if (rule->n_patterns && !run_patterns(c, rule, m, ret_matched))
		return false;
	if (*ret_matched || rule->additional == BLOCK_NONE)
		return true;
	*ret_matched = true;
	return run_inside(c, rule->additional, &m->value);
}

static bool
run_object(struct checker *c, const struct object_rule *rule, const struct value *v)
{
	uint64_t missing = rule->required;

	if (v->n < rule->n_required)
		return false;
	for (uint32_t i = 0; i < v->n; i++) {
		const struct member *m = &v->members[i];
		const struct property *p = rule_find(c->program, rule, &m->key);
		bool matched = false;

		if (p && p->flags & PROPERTY_IS_REQUIRED)
			missing &= ~((uint64_t)1 << p->bit);
		if (p && p->flags & PROPERTY_IS_DECLARED) {
			matched = true;
			if (!run_inside(c, p->block, &m->value))
				return false;
			if (rule->n_patterns && !run_patterns(c, rule, m, &matched))
				return false;
		} else if (!run_undeclared(c, rule, m, &matched)) {
			return false;
		}
		if (matched && c->current != NO_MARKS)
			marks_set(c, i);
	}
	return missing == 0;
}

static bool
run_items(struct checker *c, const struct instruction *i, const struct value *v)
{
	uint32_t n = MIN(i->b, v->n);

	for (uint32_t k = 0; k < n; k++)
		if (!run_inside(c, c->program->words[i->a + k], &v->items[k]))
			return false;
	if (i->c != BLOCK_NONE) {
		for (uint32_t k = n; k < v->n; k++)
			if (!run_inside(c, i->c, &v->items[k]))
				return false;
		n = v->n;
	}
	for (uint32_t k = 0; c->current != NO_MARKS && k < n; k++)
		marks_set(c, k);
	return true;
}

static bool
run_contains(struct checker *c, const struct instruction *i, const struct value *v)
{
	bool marks = c->current != NO_MARKS && i->flags & OP_MARKS;
	uint32_t n = 0;

	for (uint32_t k = 0; k < v->n; k++) {
		if (!run_inside(c, i->a, &v->items[k]))
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
	if (i->op == OP_DEPENDENT_SCHEMA)
		return run(c, i->b, v);
	for (uint32_t k = 0; k < i->c; k++)
		if (!member_find(v, &values[i->b + k]))
			return false;
	return true;
}

static bool
guard_holds(const struct checker *c, uint32_t index, const struct value *v)
{
	const struct program *p = c->program;
	const struct guard *guard = &p->guards[index];
	const struct value *member;

	if (v->kind != VALUE_OBJECT)
		return true;
	for (uint32_t i = 0; i < guard->n_needed; i++)
		if (!member_find(v, &p->values[guard->needed + i]))
			return false;
	if (guard->rule == NO_INDEX)
		return true;
	member = member_find(v, &p->values[guard->name]);
	return !member ||
		(member->kind == VALUE_STRING &&
			evaluate_enum_has(p, &p->enums[guard->rule], member));
}

/* One of several schemas that v may have: what it marks counts only if it holds. */
static bool
run_branch(struct checker *c, uint32_t index, const struct value *v)
{
	size_t before = c->current;
	bool valid;

	if (!guard_holds(c, index, v))
		return false;
	if (before == NO_MARKS)
		return kind_is_allowed(c->blocks[index].kinds, v) && run(c, index, v);
	before = marks_open(c, v->n);
	valid = run(c, index, v);
	marks_close(c, before, valid);
	return valid;
}

/* What tells the branches of an instruction apart: the member by which they name themselves. */
struct telling {
	const uint32_t *enums; /* one for each branch, NULL where they are not told apart */
	const struct value *member;
};

static struct telling
find_telling(const struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct program *p = c->program;
	struct telling telling = {NULL, NULL};

	if (!i->c || v->kind != VALUE_OBJECT)
		return telling;
	telling.enums = p->words + i->c;
	telling.member = member_find(v, &p->values[p->words[i->c - 1]]);
	return telling;
}

/* False only where the branch cannot hold. */
static inline bool
may_hold(const struct checker *c, const struct telling *telling, uint32_t branch)
{
	uint32_t rule = telling->enums ? telling->enums[branch] : NO_INDEX;

	if (rule == NO_INDEX)
		return true;
	return telling->member && telling->member->kind == VALUE_STRING &&
		evaluate_enum_has(c->program, &c->program->enums[rule], telling->member);
}

static bool
run_any_of(struct checker *c, const struct instruction *i, const struct value *v)
{
	const uint32_t *blocks = c->program->words + i->a;
	struct telling telling = find_telling(c, i, v);
	bool any = false;

	for (uint32_t k = 0; k < i->b; k++) {
		if (!may_hold(c, &telling, k) || !run_branch(c, blocks[k], v))
			continue;
		if (c->current == NO_MARKS)
			return true;
		any = true;
	}
	return any;
}

static bool
run_one_of(struct checker *c, const struct instruction *i, const struct value *v)
{
	const uint32_t *blocks = c->program->words + i->a;
	struct telling telling = find_telling(c, i, v);
	uint32_t n = 0;

	for (uint32_t k = 0; k < i->b && n < 2; k++)
		n += may_hold(c, &telling, k) && run_branch(c, blocks[k], v);
	return n == 1;
}

static bool
run_all_of(struct checker *c, const struct instruction *i, const struct value *v)
{
	const uint32_t *blocks = c->program->words + i->a;

	for (uint32_t k = 0; k < i->b; k++)
		if (!run(c, blocks[k], v))
			return false;
	return true;
}

static bool
run_not(struct checker *c, uint32_t index, const struct value *v)
{
	size_t before = c->current;
	bool valid;

	c->current = NO_MARKS;
	valid = run(c, index, v);
	c->current = before;
	return !valid;
}

static bool
run_names(struct checker *c, uint32_t index, const struct value *v)
{
	for (uint32_t k = 0; k < v->n; k++)
		if (!run_inside(c, index, &v->members[k].key))
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
	enum value_kind kind = i->op == OP_UNEVALUATED_ITEMS ? VALUE_ARRAY : VALUE_OBJECT;

	if (v->kind != kind)
		return true;
	for (uint32_t k = 0; k < v->n; k++)
		if (!marks_has(c, k) &&
			!run_inside(c, i->a,
				kind == VALUE_ARRAY ? &v->items[k] : &v->members[k].value))
			return false;
	marks_all(c, v->n);
	return true;
}

static bool
run_instruction(struct checker *c, const struct instruction *i, const struct value *v)
{
	switch ((enum op)i->op) {
	case OP_ITEMS: return run_items(c, i, v);
	case OP_CONTAINS: return run_contains(c, i, v);
	case OP_OBJECT: return run_object(c, &c->program->objects[i->a], v);
	case OP_REQUIRED: return run_required(c, i, v);
	case OP_NAMES: return run_names(c, i->a, v);
	case OP_DEPENDENT_REQUIRED:
	case OP_DEPENDENT_SCHEMA: return run_dependent(c, i, v);
	case OP_NOT: return run_not(c, i->a, v);
	case OP_REF: return run(c, i->a, v);
	case OP_DYNAMIC_REF: return run(c, evaluate_dynamic(c, i), v);
	case OP_ALL_OF: return run_all_of(c, i, v);
	case OP_ANY_OF: return run_any_of(c, i, v);
	case OP_ONE_OF: return run_one_of(c, i, v);
	case OP_IF: return run(c, run_branch(c, i->a, v) ? i->b : i->c, v);
	case OP_UNEVALUATED_ITEMS:
	case OP_UNEVALUATED_PROPERTIES: return run_unevaluated(c, i, v);
	case OP_TYPE:
	case OP_NOTE: return true;
	case OP_MINIMUM:
	case OP_MAXIMUM:
	case OP_MULTIPLE_OF:
	case OP_LENGTH:
	case OP_PATTERN:
	case OP_FORMAT:
	case OP_CONTENT:
	case OP_COUNT:
	case OP_UNIQUE:
	case OP_ENUM: break;
	}
	return evaluate_alone(c, i, v);
}

static bool
run_range(struct checker *c, const struct block *b, enum group group, const struct value *v)
{
	const struct instruction *code = c->program->code + b->first;
	const struct instruction *i = code + (group ? b->ends[group - 1] : 0);
	const struct instruction *end = code + b->ends[group];

	for (; i < end; i++)
		if (!run_instruction(c, i, v))
			return false;
	return true;
}

static bool
run_groups(struct checker *c, const struct block *b, const struct value *v)
{
	/* Numbers, strings, arrays and objects follow each other in both lists. */
	if (v->kind >= VALUE_NUMBER &&
		!run_range(c, b, (enum group)(v->kind - VALUE_NUMBER + GROUP_NUMBER), v))
		return false;
	return run_range(c, b, GROUP_ANY, v);
}

static bool
run_tracking(struct checker *c, const struct block *b, const struct value *v)
{
	size_t before;
	bool valid;

	if (v->kind != VALUE_ARRAY && v->kind != VALUE_OBJECT)
		return run_groups(c, b, v);
	before = marks_open(c, v->n);
	valid = run_groups(c, b, v) && run_range(c, b, GROUP_LATE, v);
	marks_close(c, before, valid);
	return valid;
}

static bool
run_block(struct checker *c, const struct block *b, const struct value *v)
{
	return b->flags & BLOCK_TRACKS ? run_tracking(c, b, v) : run_groups(c, b, v);
}

static bool
run_in_scope(struct checker *c, const struct block *b, const struct value *v)
{
	const struct scope scope = {b->resource, c->scope};
	bool valid;

	c->scope = &scope;
	valid = run_block(c, b, v);
	c->scope = scope.outer;
	return valid;
}

static bool
run(struct checker *c, uint32_t index, const struct value *v)
{
	const struct block *b = &c->blocks[index];
	bool valid;

	if (!kind_is_allowed(b->kinds, v))
		return false;
	if (b->flags & BLOCK_ONLY_KINDS)
		return true;
	if (__builtin_expect(!c->steps_left, 0))
		return evaluate_limit(c, ERR_LIMIT,
			"checking the value takes more than %ju steps",
			(uintmax_t)c->steps_allowed);
	if (__builtin_expect(!c->depth_left || headroom_here() < c->floor, 0))
		return evaluate_deep(c);
	c->steps_left--;
	c->depth_left--;
	if (__builtin_expect(c->program->is_dynamic, 0) &&
		(!c->scope || c->scope->resource != b->resource))
		valid = run_in_scope(c, b, v);
	else
		valid = run_block(c, b, v);
	c->depth_left++;
	return valid;
}

bool
evaluate(struct checker *c, uint32_t block, const struct value *v)
{
	return run(c, block, v);
}

/* NOLINTEND(misc-no-recursion) */
