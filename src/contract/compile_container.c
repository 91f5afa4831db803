#include "contract/compile.h"

#include "base/memory.h"

#define BITS BIT_NONE

static void
add_count(struct lowering *l, enum group group, uint32_t least, uint32_t most)
{
	struct instruction *i;

	if (!least && most == COUNT_MAX)
		return;
	i = lower_add(l, group, OP_COUNT,
		group == GROUP_ARRAY ? KEYWORD_MIN_ITEMS : KEYWORD_MIN_PROPERTIES);
	i->a = least;
	i->b = most;
}

static int
add_items(struct lowering *l)
{
	struct compiler *c = l->c;
	bool is_old = l->draft < DRAFT_2020_12;
	const struct value *items = l->has[KEYWORD_ITEMS];
	bool items_are_list = is_old && items && items->kind == VALUE_ARRAY;
	const struct value *list = items_are_list ? items : l->has[KEYWORD_PREFIX_ITEMS];
	const struct value *rest = items_are_list ? l->has[KEYWORD_ADDITIONAL_ITEMS] : items;
	enum keyword keyword = items_are_list ? KEYWORD_ADDITIONAL_ITEMS : KEYWORD_ITEMS;
	uint32_t block = BLOCK_NONE;
	uint32_t first = (uint32_t)c->n_words;
	struct instruction *i;

	if (!list && !rest)
		return 0;
	if (list && list->kind != VALUE_ARRAY)
		return lower_error(l, list, "\"prefixItems\" must be an array of schemas");
	for (uint32_t k = 0; list && k < list->n; k++) {
		uint32_t item;

		if (lower_schema(l, &list->items[k],
			    items_are_list ? KEYWORD_ITEMS : KEYWORD_PREFIX_ITEMS, &item))
			return -1;
		*PUSH(c, words) = item;
	}
	if (rest && lower_schema(l, rest, keyword, &block))
		return -1;
	i = lower_add(l, GROUP_ARRAY, OP_ITEMS, keyword);
	i->a = first;
	i->b = list ? list->n : 0;
	i->c = block;
	i->flags = items_are_list ? OP_ITEMS_LIST : 0;
	return 0;
}

static int
add_contains(struct lowering *l)
{
	uint32_t least = 1;
	uint32_t most = COUNT_MAX;
	struct instruction *i;
	uint32_t block;

	if (!l->has[KEYWORD_CONTAINS])
		return 0;
	if (lower_schema(l, l->has[KEYWORD_CONTAINS], KEYWORD_CONTAINS, &block) ||
		lower_count(l, KEYWORD_MIN_CONTAINS, &least) ||
		lower_count(l, KEYWORD_MAX_CONTAINS, &most))
		return -1;
	i = lower_add(l, GROUP_ARRAY, OP_CONTAINS, KEYWORD_CONTAINS);
	i->a = block;
	i->b = least;
	i->c = most;
	i->flags = l->draft >= DRAFT_2020_12 ? OP_MARKS : 0;
	return 0;
}

int
lower_arrays(struct lowering *l)
{
	const struct value *unique = l->has[KEYWORD_UNIQUE_ITEMS];
	uint32_t least = 0;
	uint32_t most = COUNT_MAX;

	if (lower_count(l, KEYWORD_MIN_ITEMS, &least) ||
		lower_count(l, KEYWORD_MAX_ITEMS, &most))
		return -1;
	add_count(l, GROUP_ARRAY, least, most);
	if (add_items(l) || add_contains(l))
		return -1;
	if (unique && unique->kind != VALUE_BOOL)
		return lower_error(l, unique, "\"uniqueItems\" must be a boolean, not %s",
			value_kind_name(unique));
	if (unique && value_is_true(unique))
		(void)lower_add(l, GROUP_ARRAY, OP_UNIQUE, KEYWORD_UNIQUE_ITEMS);
	return 0;
}

static struct property *
find_property(struct compiler *c, const struct object_rule *rule, const struct value *key)
{
	for (uint32_t i = key->hash & rule->mask; c->slots[rule->slots + i].index;
		i = (i + 1) & rule->mask) {
		const struct slot *slot = &c->slots[rule->slots + i];
		struct property *p = &c->properties[rule->properties + slot->index - 1];

		if (slot->hash == key->hash &&
			str_equal((struct str){p->text, p->n}, value_text(key)))
			return p;
	}
	return NULL;
}

static struct property *
put_property(struct compiler *c, struct object_rule *rule, const struct value *key)
{
	struct property *p = find_property(c, rule, key);

	if (p)
		return p;
	compile_slot_add(c, rule->slots, rule->mask, key->hash, rule->n_properties++);
	p = PUSH(c, properties);
	*p = (struct property){.text = key->text, .n = key->n, .hash = key->hash};
	return p;
}

static int
check_names(struct lowering *l, const struct value *list, enum keyword keyword)
{
	if (list->kind != VALUE_ARRAY)
		return lower_error(l, list, "\"%s\" must have an array of names, not %s",
			keyword_name(keyword), value_kind_name(list));
	for (uint32_t i = 0; i < list->n; i++)
		if (list->items[i].kind != VALUE_STRING)
			return lower_error(l, &list->items[i],
				"\"%s\" must have an array of names; this is %s",
				keyword_name(keyword), value_kind_name(&list->items[i]));
	return 0;
}

static uint32_t
add_names(struct compiler *c, const struct value *list)
{
	uint32_t first = (uint32_t)c->n_values;

	for (uint32_t i = 0; i < list->n; i++)
		(void)compile_value(c, &list->items[i]);
	return first;
}

/* Up to 63 names that are required are bits of one word; more are looked up one by one. */
static int
add_required(struct lowering *l, struct object_rule *rule)
{
	const struct value *list = l->has[KEYWORD_REQUIRED];
	struct compiler *c = l->c;

	if (!list)
		return 0;
	for (uint32_t i = 0; i < list->n; i++) {
		struct property *p = put_property(c, rule, &list->items[i]);

		if (p->flags & PROPERTY_IS_REQUIRED || rule->n_required >= BITS)
			continue;
		p->flags |= PROPERTY_IS_REQUIRED;
		p->bit = (uint8_t)rule->n_required++;
		rule->required |= (uint64_t)1 << p->bit;
	}
	if (list->n > BITS) {
		struct instruction *i =
			lower_add(l, GROUP_OBJECT, OP_REQUIRED, KEYWORD_REQUIRED);

		i->a = add_names(c, list);
		i->b = list->n;
	}
	return 0;
}

static int
add_properties(struct lowering *l, struct object_rule *rule)
{
	const struct value *map = l->has[KEYWORD_PROPERTIES];

	for (uint32_t i = 0; map && i < map->n; i++) {
		const struct member *m = &map->members[i];
		struct property *p;
		uint32_t block;

		if (lower_schema(l, &m->value, KEYWORD_PROPERTIES, &block))
			return -1;
		p = put_property(l->c, rule, &m->key);
		p->block = block;
		p->flags |= PROPERTY_IS_DECLARED;
	}
	return 0;
}

static int
add_patterns(struct lowering *l, struct object_rule *rule)
{
	const struct value *map = l->has[KEYWORD_PATTERN_PROPERTIES];

	rule->patterns = (uint32_t)l->c->n_pattern_rules;
	for (uint32_t i = 0; map && i < map->n; i++) {
		const struct member *m = &map->members[i];
		struct pattern_rule pattern;

		if (lower_schema(l, &m->value, KEYWORD_PATTERN_PROPERTIES, &pattern.block) ||
			lower_pattern(l, &m->key, &pattern.pattern))
			return -1;
		*PUSH(l->c, pattern_rules) = pattern;
		rule->n_patterns++;
	}
	return 0;
}

static int
check_maps(struct lowering *l)
{
	static const enum keyword maps[] = {KEYWORD_PROPERTIES, KEYWORD_PATTERN_PROPERTIES,
		KEYWORD_DEPENDENCIES, KEYWORD_DEPENDENT_REQUIRED, KEYWORD_DEPENDENT_SCHEMAS};

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		const struct value *v = l->has[maps[i]];

		if (v && v->kind != VALUE_OBJECT)
			return lower_error(l, v, "\"%s\" must be an object, not %s",
				keyword_name(maps[i]), value_kind_name(v));
	}
	return l->has[KEYWORD_REQUIRED]
		? check_names(l, l->has[KEYWORD_REQUIRED], KEYWORD_REQUIRED)
		: 0;
}

static int
add_object_rule(struct lowering *l)
{
	const struct value *properties = l->has[KEYWORD_PROPERTIES];
	const struct value *required = l->has[KEYWORD_REQUIRED];
	struct compiler *c = l->c;
	struct object_rule rule = {
		.properties = (uint32_t)c->n_properties, .additional = BLOCK_NONE};

	if (!properties && !required && !l->has[KEYWORD_PATTERN_PROPERTIES] &&
		!l->has[KEYWORD_ADDITIONAL_PROPERTIES])
		return 0;
	compile_slots(c, (properties ? properties->n : 0) + (required ? required->n : 0),
		&rule.slots, &rule.mask);
	if (add_properties(l, &rule) || add_required(l, &rule) || add_patterns(l, &rule))
		return -1;
	if (l->has[KEYWORD_ADDITIONAL_PROPERTIES] &&
		lower_schema(l, l->has[KEYWORD_ADDITIONAL_PROPERTIES],
			KEYWORD_ADDITIONAL_PROPERTIES, &rule.additional))
		return -1;
	lower_add(l, GROUP_OBJECT, OP_OBJECT, KEYWORD_PROPERTIES)->a = (uint32_t)c->n_objects;
	*PUSH(c, objects) = rule;
	return 0;
}

int
lower_objects(struct lowering *l)
{
	uint32_t least = 0;
	uint32_t most = COUNT_MAX;
	uint32_t block;

	if (check_maps(l) || lower_count(l, KEYWORD_MIN_PROPERTIES, &least) ||
		lower_count(l, KEYWORD_MAX_PROPERTIES, &most))
		return -1;
	add_count(l, GROUP_OBJECT, least, most);
	if (add_object_rule(l))
		return -1;
	if (!l->has[KEYWORD_PROPERTY_NAMES])
		return 0;
	if (lower_schema(l, l->has[KEYWORD_PROPERTY_NAMES], KEYWORD_PROPERTY_NAMES, &block))
		return -1;
	lower_add(l, GROUP_OBJECT, OP_NAMES, KEYWORD_PROPERTY_NAMES)->a = block;
	return 0;
}

static int
add_dependency(struct lowering *l, const struct member *m, enum keyword keyword)
{
	struct compiler *c = l->c;
	bool has_names = keyword == KEYWORD_DEPENDENT_REQUIRED ||
		(keyword == KEYWORD_DEPENDENCIES && m->value.kind == VALUE_ARRAY);
	struct instruction *i;
	uint32_t block = 0;

	if (has_names ? check_names(l, &m->value, keyword)
		      : lower_schema(l, &m->value, keyword, &block))
		return -1;
	i = lower_add(l, GROUP_OBJECT, has_names ? OP_DEPENDENT_REQUIRED : OP_DEPENDENT_SCHEMA,
		keyword);
	i->a = compile_value(c, &m->key);
	i->b = has_names ? add_names(c, &m->value) : block;
	i->c = has_names ? m->value.n : 0;
	return 0;
}

int
lower_dependencies(struct lowering *l)
{
	static const enum keyword keywords[] = {
		KEYWORD_DEPENDENCIES, KEYWORD_DEPENDENT_REQUIRED, KEYWORD_DEPENDENT_SCHEMAS};

	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
		const struct value *map = l->has[keywords[i]];

		for (uint32_t k = 0; map && k < map->n; k++)
			if (add_dependency(l, &map->members[k], keywords[i]))
				return -1;
	}
	return 0;
}
