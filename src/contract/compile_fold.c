#include "contract/folding.h"

#define NESTED_MAX 8 /* blocks that are opened within each other */

/* Bounded by NESTED_MAX, and by the foldings that may be under way. NOLINTBEGIN(misc-no-recursion) */

static bool
is_opened(const struct opening *o, uint32_t block)
{
	for (uint32_t i = 0; i < o->n_opened; i++)
		if (o->opened[i] == block)
			return true;
	return false;
}

static bool
can_be_opened(const struct opening *o, const struct block *b)
{
	return !o->f->c->is_dynamic && o->nested < NESTED_MAX &&
		!(b->flags & BLOCK_TRACKS && o->kind >= VALUE_ARRAY) &&
		o->total + b->ends[GROUP_LATE] <= OPENED_MAX;
}

/* One block that must hold: its instructions, or a reference to it. What is said twice is looked at
 * once. */
static void
add_block(struct opening *o, uint32_t block)
{
	struct compiler *c = o->f->c;
	enum verdict verdict;

	block = fold_end_of_chain(c, block);
	if (is_opened(o, block))
		return;
	verdict = fold_block(o->f, block, o->kind, o->deep + 1);
	o->is_invalid |= verdict == VERDICT_INVALID;
	if (verdict == VERDICT_VALID || verdict == VERDICT_INVALID)
		return;
	if (verdict == VERDICT_OPEN && can_be_opened(o, &c->blocks[block])) {
		o->nested++;
		opening_open(o, block);
		o->nested--;
	} else {
		(void)opening_add(o, GROUP_ANY,
			(struct instruction){.op = OP_REF, .keyword = KEYWORD_REF, .a = block});
		o->is_endless |= verdict == VERDICT_ENDLESS;
	}
	if (o->n_opened < OPENED_MAX)
		o->opened[o->n_opened++] = block;
}

/* Alternatives: those that may hold are left, in a list of their own. */
static void
add_alternatives(struct opening *o, struct instruction i)
{
	struct compiler *c = o->f->c;
	uint32_t first;
	uint32_t n_valid = 0;
	bool is_endless = false;

	/* All are folded before the list begins, as that makes lists too. */
	for (uint32_t k = 0; k < i.b; k++)
		(void)fold_block(
			o->f, fold_end_of_chain(c, c->words[i.a + k]), o->kind, o->deep + 1);
	first = (uint32_t)c->n_words;
	for (uint32_t k = 0; k < i.b; k++) {
		uint32_t block = fold_end_of_chain(c, c->words[i.a + k]);
		enum verdict verdict = fold_block(o->f, block, o->kind, o->deep + 1);

		if (verdict == VERDICT_INVALID)
			continue;
		n_valid += verdict == VERDICT_VALID;
		is_endless |= verdict == VERDICT_ENDLESS;
		*PUSH(c, words) = block;
	}
	i.a = first;
	i.b = (uint32_t)c->n_words - first;
	if (i.b > 1 &&
		!(n_valid && !is_endless && i.op == OP_ANY_OF && !opening_wants_marks(o)) &&
		!(n_valid > 1 && i.op == OP_ONE_OF)) {
		(void)opening_add(o, GROUP_ANY, i);
		o->is_endless |= is_endless;
		return;
	}
	o->is_invalid |= i.b == 0 || (n_valid > 1 && i.op == OP_ONE_OF);
	c->n_words = first;
	if (i.b == 1)
		add_block(o, c->words[first]);
}

static void
add_not(struct opening *o, struct instruction i)
{
	enum verdict verdict = fold_block(o->f, i.a, o->kind, o->deep + 1);

	o->is_invalid |= verdict == VERDICT_VALID;
	if (verdict == VERDICT_VALID || verdict == VERDICT_INVALID)
		return;
	o->is_endless |= verdict == VERDICT_ENDLESS;
	(void)opening_add(o, GROUP_ANY, i);
}

static void
add_if(struct opening *o, struct instruction i)
{
	enum verdict verdict = fold_block(o->f, i.a, o->kind, o->deep + 1);
	enum verdict then;
	enum verdict otherwise;

	if (verdict == VERDICT_VALID || verdict == VERDICT_INVALID) {
		add_block(o, verdict == VERDICT_VALID ? i.b : i.c);
		return;
	}
	then = fold_block(o->f, i.b, o->kind, o->deep + 1);
	otherwise = fold_block(o->f, i.c, o->kind, o->deep + 1);
	if (verdict == VERDICT_OPEN && then == VERDICT_VALID && otherwise == VERDICT_VALID &&
		!opening_wants_marks(o))
		return;
	o->is_endless |= verdict == VERDICT_ENDLESS || then == VERDICT_ENDLESS ||
		otherwise == VERDICT_ENDLESS;
	(void)opening_add(o, GROUP_ANY, i);
}

static void
add_enum(struct opening *o, struct instruction i)
{
	const struct enum_rule *rule = &o->f->c->enums[i.a];

	if (!(rule->kinds >> o->kind & 1))
		o->is_invalid = true;
	else if (o->kind != VALUE_NULL)
		(void)opening_add(o, GROUP_ANY, i);
}

static bool
is_anything(const struct opening *o, uint32_t block)
{
	const struct compiler *c = o->f->c;
	const struct block *b;

	if (block == BLOCK_NONE)
		return true;
	b = &c->blocks[fold_end_of_chain(c, block)];
	return b->kinds == KIND_ALL && !b->ends[GROUP_LATE];
}

static bool
asks_nothing(const struct opening *o, const struct instruction *i)
{
	const struct compiler *c = o->f->c;
	const struct object_rule *rule = &c->objects[i->a];

	if (opening_wants_marks(o))
		return false;
	if (i->op == OP_ITEMS)
		return !i->b && is_anything(o, i->c);
	if (i->op != OP_OBJECT || rule->n_required || rule->n_patterns ||
		!is_anything(o, rule->additional))
		return false;
	for (uint32_t k = 0; k < rule->n_properties; k++) {
		const struct property *p = &c->properties[rule->properties + k];

		if (p->flags & PROPERTY_IS_DECLARED && !is_anything(o, p->block))
			return false;
	}
	return true;
}

static void
open_instruction(struct opening *o, enum group group, struct instruction i)
{
	switch (i.op) {
	case OP_REF: add_block(o, i.a); return;
	case OP_ALL_OF:
		for (uint32_t k = 0; k < i.b; k++)
			add_block(o, o->f->c->words[i.a + k]);
		return;
	case OP_ANY_OF:
	case OP_ONE_OF: add_alternatives(o, i); return;
	case OP_NOT: add_not(o, i); return;
	case OP_IF: add_if(o, i); return;
	case OP_ENUM: add_enum(o, i); return;
	case OP_UNEVALUATED_ITEMS:
	case OP_UNEVALUATED_PROPERTIES:
		if ((i.op == OP_UNEVALUATED_ITEMS) == (o->kind == VALUE_ARRAY))
			(void)opening_add(o, group, i);
		return;
	default:
		if (!asks_nothing(o, &i))
			(void)opening_add(o, group, i);
	}
}

static void
open_group(struct opening *o, const struct block *b, enum group group)
{
	for (uint32_t at = group ? b->ends[group - 1] : 0; at < b->ends[group]; at++)
		open_instruction(o, group, o->f->c->code[b->first + at]);
}

void
opening_open(struct opening *o, uint32_t block)
{
	const struct block *b = &o->f->c->blocks[block];

	if (o->kind == VALUE_NUMBER)
		o->numbers &= b->kinds;
	else if (!(b->kinds >> o->kind & 1))
		o->is_invalid = true;
	/* Numbers, strings, arrays and objects follow each other in both lists. */
	if (o->kind >= VALUE_NUMBER)
		open_group(o, b, (enum group)(o->kind - VALUE_NUMBER + GROUP_NUMBER));
	open_group(o, b, GROUP_ANY);
	if (o->kind >= VALUE_ARRAY)
		open_group(o, b, GROUP_LATE);
}

/* NOLINTEND(misc-no-recursion) */
