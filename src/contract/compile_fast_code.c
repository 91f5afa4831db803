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

struct names
fast_names(struct folding *f, uint32_t n)
{
	struct names names = {.first = (uint32_t)f->n_names};
	uint32_t size = 2;

	while (size < n * 2)
		size *= 2;
	names.mask = size - 1;
	for (uint32_t i = 0; i < size; i++)
		*PUSH(f, names) = (struct name){.n = 0};
	return names;
}

static bool
name_has(const struct name *name, struct str text)
{
	const char *own = name->n > NAME_SHORT ? name->distant.text : name->bytes;

	return str_equal((struct str){own, name->n}, text);
}

struct name *
fast_name(struct folding *f, struct names names, struct str text, uint32_t hash)
{
	struct name *slots = f->names + names.first;
	uint32_t i = hash & names.mask;

	while (slots[i].flags & NAME_IS_TAKEN && !name_has(&slots[i], text))
		i = (i + 1) & names.mask;
	slots[i].flags |= NAME_IS_TAKEN;
	slots[i].n = (uint32_t)text.n;
	if (text.n > NAME_SHORT) {
		slots[i].distant.text = text.p;
		slots[i].distant.hash = hash;
	} else if (text.n) {
		memcpy(slots[i].bytes, text.p, text.n);
	}
	return &slots[i];
}

struct names
fast_names_of_enum(struct folding *f, const struct enum_rule *rule)
{
	struct names names = fast_names(f, rule->n);

	for (uint32_t i = 0; i < rule->n; i++) {
		const struct value *v = &f->c->values[rule->values + i];

		if (v->kind == VALUE_STRING)
			(void)fast_name(f, names, value_text(v), v->hash);
	}
	return names;
}

static void
add_properties(struct folding *f, const struct object_rule *rule, struct fast_object *o)
{
	for (uint32_t i = 0; i < rule->n_properties; i++) {
		const struct property *p = &f->c->properties[rule->properties + i];
		bool is_declared = p->flags & PROPERTY_IS_DECLARED;
		struct target target = make_target(f, p->block);
		struct name *name;

		name = fast_name(f, o->names, (struct str){p->text, p->n}, p->hash);
		name->target = is_declared ? target : o->additional;
		name->bit = p->flags & PROPERTY_IS_REQUIRED ? p->bit : BIT_NONE;
		name->flags |= is_declared ? NAME_IS_DECLARED : 0;
	}
}

static uint32_t
add_object(struct folding *f, const struct object_rule *rule)
{
	struct fast_object o = {.required = rule->required,
		.names = fast_names(f, rule->n_properties),
		.additional = make_target(f, rule->additional),
		.n_required = rule->n_required,
		.patterns = (uint32_t)f->n_patterns,
		.n_patterns = rule->n_patterns,
		.has_additional = rule->additional != BLOCK_NONE};

	add_properties(f, rule, &o);
	for (uint32_t i = 0; i < rule->n_patterns; i++) {
		const struct pattern_rule *p = &f->c->pattern_rules[rule->patterns + i];

		*PUSH(f, patterns) =
			(struct fast_pattern){p->pattern, make_target(f, p->block)};
	}
	*PUSH(f, objects) = o;
	return (uint32_t)f->n_objects - 1;
}

static struct instruction
object_code(struct folding *f, const struct instruction *i)
{
	const struct object_rule rule = f->c->objects[i->a];
	bool is_plain = !rule.n_patterns && !f->tracks;

	return (struct instruction){
		.op = is_plain ? FAST_MEMBERS : FAST_OBJECT, .a = add_object(f, &rule)};
}

static struct instruction
items_code(struct folding *f, const struct instruction *i)
{
	struct instruction code = {
		.op = FAST_ITEMS, .a = (uint32_t)f->n_targets, .b = i->b, .c = NO_INDEX};

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
	return (struct instruction){.op = FAST_STRING, .a = names.first, .b = names.mask};
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
