#include "contract/folding.h"

/* Whether an instruction of any kind of value evaluates nothing, in a conjunction. */
static bool
evaluates_nothing(const struct instruction *i)
{
	return i->op == OP_ENUM || i->op == OP_NOT;
}

static bool
is_simple(const struct opening *o)
{
	for (uint32_t i = 0; i < o->n[GROUP_ANY]; i++)
		if (!evaluates_nothing(&o->code[GROUP_ANY][i]))
			return false;
	return true;
}

static uint32_t
count_properties(const struct opening *o, const struct object_rule *rules[OPENED_MAX],
	uint32_t *ret_n_rules)
{
	uint32_t n_rules = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < o->n[GROUP_OBJECT]; i++) {
		const struct instruction *code = &o->code[GROUP_OBJECT][i];

		if (code->op != OP_OBJECT)
			continue;
		rules[n_rules++] = &o->f->c->objects[code->a];
		n += rules[n_rules - 1]->n_properties;
	}
	*ret_n_rules = n_rules;
	return n;
}

static bool
has_property(const struct compiler *c, const struct object_rule *rule, const struct property *p)
{
	for (uint32_t i = 0; i < rule->n_properties; i++) {
		const struct property *other = &c->properties[rule->properties + i];

		if (other->hash == p->hash && other->n == p->n &&
			memcmp(other->text, p->text, p->n) == 0)
			return true;
	}
	return false;
}

static void
add_properties(struct compiler *c, struct object_rule *rule, struct object_rule from)
{
	for (uint32_t i = 0; i < from.n_properties; i++) {
		struct property p = c->properties[from.properties + i];

		if (!(p.flags & PROPERTY_IS_DECLARED) || has_property(c, rule, &p))
			continue;
		p.block = BLOCK_TRUE;
		p.flags = PROPERTY_IS_DECLARED;
		compile_slot_add(c, rule->slots, rule->mask, p.hash, rule->n_properties++);
		*PUSH(c, properties) = p;
	}
	for (uint32_t i = 0; i < from.n_patterns; i++) {
		uint32_t pattern = c->pattern_rules[from.patterns + i].pattern;

		*PUSH(c, pattern_rules) = (struct pattern_rule){pattern, BLOCK_TRUE};
		rule->n_patterns++;
	}
}

/* The rule for the members that no other rule has; false where one cannot be made. */
static bool
settle_properties(
	struct opening *o, uint32_t block, struct instruction *ret_code, bool *ret_none)
{
	struct compiler *c = o->f->c;
	const struct object_rule *rules[OPENED_MAX];
	struct object_rule copies[OPENED_MAX];
	uint32_t n_rules;
	uint32_t n = count_properties(o, rules, &n_rules);
	struct object_rule rule = {.properties = (uint32_t)c->n_properties,
		.patterns = (uint32_t)c->n_pattern_rules,
		.additional = block};

	for (uint32_t i = 0; i < o->n[GROUP_OBJECT]; i++)
		if (o->code[GROUP_OBJECT][i].op == OP_DEPENDENT_SCHEMA)
			return false;
	for (uint32_t i = 0; i < n_rules; i++) {
		copies[i] = *rules[i];
		*ret_none |= copies[i].additional != BLOCK_NONE;
	}
	if (*ret_none)
		return true;
	compile_slots(c, n, &rule.slots, &rule.mask);
	for (uint32_t i = 0; i < n_rules; i++)
		add_properties(c, &rule, copies[i]);
	*ret_code = (struct instruction){.op = OP_OBJECT,
		.keyword = KEYWORD_UNEVALUATED_PROPERTIES,
		.a = (uint32_t)c->n_objects};
	*PUSH(c, objects) = rule;
	return true;
}

static bool
settle_items(struct opening *o, uint32_t block, struct instruction *ret_code, bool *ret_none)
{
	struct compiler *c = o->f->c;
	uint32_t n = 0;

	for (uint32_t i = 0; i < o->n[GROUP_ARRAY]; i++) {
		const struct instruction *code = &o->code[GROUP_ARRAY][i];

		if (code->op == OP_CONTAINS && code->flags & OP_MARKS)
			return false;
		if (code->op != OP_ITEMS)
			continue;
		*ret_none |= code->c != BLOCK_NONE;
		n = MAX(n, code->b);
	}
	*ret_code = (struct instruction){.op = OP_ITEMS,
		.keyword = KEYWORD_UNEVALUATED_ITEMS,
		.a = (uint32_t)c->n_words,
		.b = n,
		.c = block};
	for (uint32_t i = 0; i < n && !*ret_none; i++)
		*PUSH(c, words) = BLOCK_TRUE;
	return true;
}

void
opening_settle(struct opening *o)
{
	enum group group = o->kind == VALUE_ARRAY ? GROUP_ARRAY : GROUP_OBJECT;
	size_t left = 0;

	if (!is_simple(o) || o->n[group] + o->n[GROUP_LATE] > OPENED_MAX)
		return;
	for (size_t i = 0; i < o->n[GROUP_LATE]; i++) {
		struct instruction late = o->code[GROUP_LATE][i];
		struct instruction code = {.op = OP_NOTE};
		bool none = false;

		if (!(group == GROUP_ARRAY ? settle_items(o, late.a, &code, &none)
					   : settle_properties(o, late.a, &code, &none)))
			o->code[GROUP_LATE][left++] = late;
		else if (!none)
			(void)opening_add(o, group, code);
	}
	o->total -= o->n[GROUP_LATE] - left;
	o->n[GROUP_LATE] = left;
}
