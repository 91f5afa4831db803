#include "contract/compile.h"
#include "contract/opening.h"

#include "base/memory.h"

#define OPENED_DEEP 4  /* blocks within it */
#define CHAIN_MAX 64   /* references to references */
#define NEEDED_MAX 4   /* names that a guard looks for */
#define BRANCHES_MIN 3 /* of alternatives that are worth telling apart */

static uint32_t
count(const struct block *b)
{
	return b->ends[GROUP_LATE];
}

/* The block that a chain of bare references ends at. */
static uint32_t
end_of_chain(const struct compiler *c, uint32_t block)
{
	uint32_t at = block;

	for (int i = 0; i < CHAIN_MAX; i++) {
		const struct block *b = &c->blocks[at];

		if (count(b) != 1 || b->kinds != KIND_ALL || c->code[b->first].op != OP_REF)
			return at;
		at = c->code[b->first].a;
	}
	return block;
}

static bool
can_be_opened(const struct opening *o, uint32_t block, unsigned deep)
{
	const struct block *b = &o->c->blocks[block];

	return deep < OPENED_DEEP && !(b->flags & BLOCK_TRACKS) &&
		o->total + count(b) <= OPENED_MAX;
}

/* OPENED_DEEP levels at the most. NOLINTBEGIN(misc-no-recursion) */
static bool open_block(struct opening *o, uint32_t block, unsigned deep);

static void
add(struct opening *o, enum group group, const struct instruction *i)
{
	o->code[group][o->n[group]++] = *i;
	o->total++;
}

static bool
is_opened(const struct opening *o, uint32_t block)
{
	for (uint32_t i = 0; i < o->n_opened; i++)
		if (o->opened[i] == block)
			return true;
	return false;
}

/* One block that must hold: its instructions, or a reference to it. What is said twice is looked at
 * once; but what is still being opened is not done with, and refers to itself without end. */
static bool
add_block(struct opening *o, uint32_t block, unsigned deep)
{
	const struct instruction i = {.op = OP_REF, .keyword = KEYWORD_REF, .a = block};

	block = end_of_chain(o->c, block);
	if (is_opened(o, block))
		return true;
	if (can_be_opened(o, block, deep + 1)) {
		if (!open_block(o, block, deep + 1))
			return false;
	} else if (o->total == OPENED_MAX) {
		return false;
	} else {
		add(o, GROUP_ANY, &i);
	}
	if (o->n_opened < OPENED_MAX)
		o->opened[o->n_opened++] = block;
	return true;
}

/* Alternatives that only name kinds of values are one mask: of "anyOf" all of them, of "oneOf" those
 * that one alternative has. False where they are more than that. */
static bool
mask_of_kinds(const struct compiler *c, const struct instruction *i, unsigned *ret_mask)
{
	unsigned once = 0;
	unsigned twice = 0;

	if (i->op != OP_ANY_OF && i->op != OP_ONE_OF)
		return false;
	for (uint32_t k = 0; k < i->b; k++) {
		const struct block *b = &c->blocks[end_of_chain(c, c->words[i->a + k])];

		if (count(b))
			return false;
		twice |= once & b->kinds;
		once |= b->kinds;
	}
	*ret_mask = i->op == OP_ANY_OF ? once : once & ~twice;
	return true;
}

/* Adds one instruction of the block, or what it stands for; false where there is no room. */
static bool
open_instruction(
	struct opening *o, enum group group, const struct instruction *i, unsigned deep)
{
	bool is_one = i->op == OP_REF;
	bool is_list =
		i->op == OP_ALL_OF || ((i->op == OP_ANY_OF || i->op == OP_ONE_OF) && i->b == 1);
	const uint32_t *list = is_one ? &i->a : o->c->words + i->a;
	unsigned mask;

	if (mask_of_kinds(o->c, i, &mask)) {
		o->kinds &= mask;
		o->any = true;
		return true;
	}
	for (uint32_t k = 0; (is_list || is_one) && k < (is_one ? 1 : i->b); k++)
		if (!add_block(o, list[k], deep))
			return false;
	o->any |= is_list || is_one;
	if (is_list || is_one)
		return true;
	if (o->total == OPENED_MAX)
		return false;
	add(o, group, i);
	return true;
}

/* Adds all of the block. Its depth is bounded by OPENED_DEEP. */
static bool
open_block(struct opening *o, uint32_t block, unsigned deep)
{
	const struct block *b = &o->c->blocks[block];
	uint32_t at = 0;

	o->kinds &= b->kinds;
	for (unsigned g = 0; g <= GROUP_LATE; g++)
		for (; at < b->ends[g]; at++) {
			struct instruction i = o->c->code[b->first + at];

			if (!open_instruction(o, (enum group)g, &i, deep))
				return false;
		}
	return true;
}

/* NOLINTEND(misc-no-recursion) */

static void
write_opened(struct opening *o, struct block *b)
{
	uint32_t n = 0;

	b->first = (uint32_t)o->c->n_code;
	b->kinds = (uint8_t)o->kinds;
	for (unsigned g = 0; g < GROUP_N; g++) {
		for (uint32_t i = 0; i < o->n[g]; i++)
			*PUSH(o->c, code) = o->code[g][i];
		n += o->n[g];
		b->ends[g] = (uint16_t)n;
	}
}

/* The enum that tells a branch apart by the member of that name, NO_INDEX where there is none. */
static uint32_t
enum_of_property(const struct compiler *c, const struct property *p)
{
	const struct block *b = &c->blocks[end_of_chain(c, p->block)];
	uint32_t any = b->ends[GROUP_OBJECT];

	if (!(p->flags & PROPERTY_IS_DECLARED))
		return NO_INDEX;
	for (uint32_t i = any; i < b->ends[GROUP_ANY]; i++) {
		const struct instruction *code = &c->code[b->first + i];

		if (code->op == OP_ENUM && c->enums[code->a].kinds == 1U << VALUE_STRING)
			return code->a;
	}
	return NO_INDEX;
}

/* The object rules that a branch must hold, of which one may have the member (any that does, where
 * like is NULL). */
static uint32_t
enum_of_branch(const struct compiler *c, const struct block *b, const struct property *like,
	bool needs_all, const struct property **ret_found)
{
	for (uint32_t i = b->ends[GROUP_ARRAY]; i < b->ends[GROUP_OBJECT]; i++) {
		const struct instruction *code = &c->code[b->first + i];
		const struct object_rule *rule = &c->objects[code->a];

		if (code->op != OP_OBJECT)
			continue;
		for (uint32_t k = 0; k < rule->n_properties; k++) {
			const struct property *p = &c->properties[rule->properties + k];
			bool is_alike = !like ||
				(p->hash == like->hash && p->n == like->n &&
					memcmp(p->text, like->text, p->n) == 0);
			uint32_t found = is_alike ? enum_of_property(c, p) : NO_INDEX;

			if (found == NO_INDEX ||
				(needs_all && !(p->flags & PROPERTY_IS_REQUIRED)))
				continue;
			*ret_found = p;
			return found;
		}
	}
	return NO_INDEX;
}

/* Alternatives that name themselves ("kind": { "const": … }) are told apart by that member: its
 * name, then the enum of each branch, in words that the instruction's c names. */
static void
tell_apart(struct compiler *c, const struct block *fast, struct instruction *code)
{
	const struct property *name = NULL;
	uint32_t first = (uint32_t)c->n_words;
	uint32_t n = 0;

	code->c = 0;
	for (uint32_t k = 0; k < code->b && !name; k++)
		(void)enum_of_branch(c, &fast[c->words[code->a + k]], NULL, true, &name);
	if (!name || code->b < BRANCHES_MIN)
		return;
	*PUSH(c, words) = (uint32_t)c->n_values;
	for (uint32_t k = 0; k < code->b; k++) {
		const struct property *found = NULL;
		uint32_t rule =
			enum_of_branch(c, &fast[c->words[code->a + k]], name, true, &found);

		n += rule != NO_INDEX;
		*PUSH(c, words) = rule;
	}
	if (n < BRANCHES_MIN - 1)
		return;
	*PUSH(c, values) = value_string((struct str){name->text, name->n});
	code->c = first + 1;
}

static void
open_one(struct compiler *c, struct block *fast, uint32_t block)
{
	struct opening o = {.c = c, .fast = fast, .kinds = KIND_ALL};
	uint32_t end = end_of_chain(c, block);

	if (end != block)
		fast[block] = fast[end];
	if (count(&c->blocks[end]) > OPENED_MAX || !open_block(&o, end, 0))
		return;
	if (o.n[GROUP_LATE] && opening_settle(&o))
		o.any = true;
	if (!o.any)
		return;
	fast[block].flags = o.n[GROUP_LATE] ? BLOCK_TRACKS : 0;
	write_opened(&o, &fast[block]);
}

/* The names that an object rule requires, up to a few. */
static void
add_needed(struct compiler *c, const struct object_rule *rule, struct guard *guard)
{
	guard->needed = (uint32_t)c->n_values;
	for (uint32_t i = 0; i < rule->n_properties && guard->n_needed < NEEDED_MAX; i++) {
		const struct property *p = &c->properties[rule->properties + i];
		struct value name = value_string((struct str){p->text, p->n});

		if (!(p->flags & PROPERTY_IS_REQUIRED))
			continue;
		(void)compile_value(c, &name);
		guard->n_needed++;
	}
}

static struct guard
make_guard(struct compiler *c, const struct block *b)
{
	const struct property *found = NULL;
	struct guard guard = {0, 0, 0, NO_INDEX};
	struct value name;

	for (uint32_t i = b->ends[GROUP_ARRAY]; i < b->ends[GROUP_OBJECT]; i++) {
		const struct instruction *code = &c->code[b->first + i];

		if (code->op == OP_OBJECT && c->objects[code->a].n_required) {
			add_needed(c, &c->objects[code->a], &guard);
			break;
		}
	}
	guard.rule = enum_of_branch(c, b, NULL, false, &found);
	if (guard.rule == NO_INDEX)
		return guard;
	name = value_string((struct str){found->text, found->n});
	guard.name = compile_value(c, &name);
	return guard;
}

void
compile_fast(struct compiler *c, struct block *fast, struct guard *guards)
{
	size_t n_code;

	for (uint32_t i = 0; i < c->n_blocks; i++)
		fast[i] = c->blocks[i];
	for (uint32_t i = 2; i < c->n_blocks && !c->is_dynamic; i++)
		open_one(c, fast, i);
	for (uint32_t i = 0; i < c->n_blocks; i++)
		if (!count(&fast[i]))
			fast[i].flags |= BLOCK_ONLY_KINDS;
	for (uint32_t i = 0; i < c->n_blocks; i++)
		guards[i] = make_guard(c, &fast[i]);
	n_code = c->n_code;
	for (size_t i = 0; i < n_code; i++)
		if (c->code[i].op == OP_ANY_OF || c->code[i].op == OP_ONE_OF)
			tell_apart(c, fast, &c->code[i]);
}
