#include "contract/folding.h"

static uint32_t
add_target(struct folding *f, uint32_t block)
{
	*PUSH(f, targets) = (struct target){.entries = fold_end_of_chain(f->c, block)};
	return (uint32_t)f->n_targets - 1;
}

static struct target
make_target(const struct folding *f, uint32_t block)
{
	return (struct target){
		.entries = block == BLOCK_NONE ? BLOCK_TRUE : fold_end_of_chain(f->c, block)};
}

static bool
is_anything(const struct folding *f, uint32_t block)
{
	const struct block *b = &f->c->blocks[fold_end_of_chain(f->c, block)];

	return b->kinds == KIND_ALL && !b->ends[GROUP_LATE];
}

static void
put_off_properties(
	struct folding *f, const struct object_rule *rule, const struct fast_object *o)
{
	for (uint32_t i = 0; i < rule->n_properties; i++) {
		const struct property *p = &f->c->properties[rule->properties + i];
		bool is_declared = p->flags & PROPERTY_IS_DECLARED;
		bool is_required = p->flags & PROPERTY_IS_REQUIRED;
		struct name *name;

		if (o->is_plain && !o->has_additional && !is_required &&
			(!is_declared || is_anything(f, p->block)))
			continue;
		name = fast_put_off(f, (struct str){p->text, p->n}, p->hash);
		name->target = is_declared ? make_target(f, p->block) : o->additional;
		name->bit = is_required ? p->bit : BIT_NONE;
		name->is_declared = is_declared;
	}
}

static struct instruction
object_code(struct folding *f, const struct instruction *i)
{
	const struct object_rule rule = f->c->objects[i->a];
	struct fast_object o = {.required = rule.required,
		.additional = make_target(f, rule.additional),
		.n_required = rule.n_required,
		.patterns = (uint32_t)f->n_patterns,
		.n_patterns = rule.n_patterns,
		.has_additional = rule.additional != BLOCK_NONE,
		.is_plain = !rule.n_patterns && !f->tracks};

	if (o.is_plain && !rule.n_properties)
		return (struct instruction){
			.op = FAST_EACH, .a = add_target(f, rule.additional)};
	put_off_properties(f, &rule, &o);
	o.names = fast_names(f);
	for (uint32_t k = 0; k < rule.n_patterns; k++) {
		const struct pattern_rule *p = &f->c->pattern_rules[rule.patterns + k];

		*PUSH(f, patterns) =
			(struct fast_pattern){p->pattern, make_target(f, p->block)};
	}
	*PUSH(f, objects) = o;
	return (struct instruction){
		.op = o.is_plain ? FAST_MEMBERS : FAST_OBJECT, .a = (uint32_t)f->n_objects - 1};
}

static struct instruction
items_code(struct folding *f, const struct instruction *i)
{
	struct instruction code = {
		.op = FAST_ITEMS, .a = (uint32_t)f->n_targets, .b = i->b, .c = NO_INDEX};

	if (!i->b && i->c != BLOCK_NONE && !f->tracks)
		return (struct instruction){.op = FAST_EACH_ITEM, .a = add_target(f, i->c)};
	for (uint32_t k = 0; k < i->b; k++)
		(void)add_target(f, f->c->words[i->a + k]);
	if (i->c != BLOCK_NONE)
		code.c = add_target(f, i->c);
	return code;
}

static struct instruction
enum_code(struct folding *f, enum value_kind kind, const struct instruction *i)
{
	struct names names;

	if (kind != VALUE_STRING)
		return *i;
	names = fast_names_of_enum(f, &f->c->enums[i->a]);
	return (struct instruction){
		.op = FAST_STRING, .a = names.first, .b = names.mask, .c = names.shift};
}

static uint32_t
add_branch(struct folding *f, enum value_kind kind, uint32_t block)
{
	/* The block stands in for its guard, until there are guards. */
	*PUSH(f, branches) = (struct branch){
		fast_entry(block, kind), kind == VALUE_OBJECT ? block : NO_INDEX};
	return (uint32_t)f->n_branches - 1;
}

static struct instruction
alternatives_code(struct folding *f, enum value_kind kind, const struct instruction *i)
{
	struct instruction code = {.op = i->op == OP_ANY_OF ? FAST_ANY_OF : FAST_ONE_OF,
		.a = (uint32_t)f->n_branches,
		.b = i->b,
		.c = NO_INDEX};

	for (uint32_t k = 0; k < i->b; k++)
		(void)add_branch(f, kind, f->c->words[i->a + k]);
	return code;
}

static struct instruction
if_code(struct folding *f, enum value_kind kind, const struct instruction *i)
{
	return (struct instruction){.op = FAST_IF,
		.a = add_branch(f, kind, i->a),
		.b = fast_entry(i->b, kind),
		.c = fast_entry(i->c, kind)};
}

static struct instruction
with(const struct instruction *i, enum fast_op op, uint32_t a)
{
	struct instruction code = *i;

	code.op = (uint8_t)op;
	code.a = a;
	return code;
}

static struct instruction
fast_code(struct folding *f, enum value_kind kind, const struct instruction *i)
{
	switch (i->op) {
	case OP_OBJECT: return object_code(f, i);
	case OP_ITEMS: return items_code(f, i);
	case OP_ENUM: return enum_code(f, kind, i);
	case OP_ANY_OF:
	case OP_ONE_OF: return alternatives_code(f, kind, i);
	case OP_IF: return if_code(f, kind, i);
	case OP_CONTAINS: return with(i, FAST_CONTAINS, add_target(f, i->a));
	case OP_NAMES: return with(i, FAST_NAMES, add_target(f, i->a));
	case OP_NOT: return with(i, FAST_NOT, fast_entry(i->a, kind));
	case OP_REF: return with(i, FAST_CALL, fast_entry(i->a, kind));
	case OP_UNEVALUATED_ITEMS: return with(i, FAST_UNEVALUATED_ITEMS, add_target(f, i->a));
	case OP_UNEVALUATED_PROPERTIES:
		return with(i, FAST_UNEVALUATED_PROPERTIES, add_target(f, i->a));
	case OP_DEPENDENT_SCHEMA: {
		struct instruction code = *i;

		code.op = FAST_DEPENDENT;
		code.b = fast_entry(i->b, kind);
		return code;
	}
	default: return *i;
	}
}

void
fast_add(struct folding *f, enum value_kind kind, const struct instruction *i)
{
	struct instruction code = fast_code(f, kind, i);

	*PUSH(f, code) = code;
}
