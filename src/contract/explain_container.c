#include "contract/explain.h"

#include "base/memory.h"
#include "json/json.h"

/* What an applicator annotates: the members or items that it applied to. */
struct applied {
	struct value *items;
	size_t n;
	size_t capacity;
};

/* Whether the keyword's unit can have an annotation. */
static bool
annotates(const struct explainer *e, const struct keyword_unit *k)
{
	return e->flags & REPORT_ANNOTATIONS && k->at != SIZE_MAX && !explain_is_over(e);
}

static void
applied_add(const struct explainer *e, struct applied *a, const struct keyword_unit *k,
	struct value v)
{
	if (!annotates(e, k))
		return;
	a->items = memory_grow(a->items, a->n, &a->capacity, sizeof(*a->items));
	a->items[a->n++] = v;
}

static void
applied_done(struct explainer *e, struct applied *a, struct keyword_unit *k, bool valid)
{
	struct value *list;
	struct value *items;

	if (valid && a->n) {
		items = ARENA_ARRAY(&e->report->arena, a->n, struct value);
		memcpy(items, a->items, a->n * sizeof(*items));
		list = ARENA_NEW(&e->report->arena, struct value);
		*list = value_array(items, a->n);
		k->unit.annotation = list;
	}
	free(a->items);
}

static void
set_annotation(struct explainer *e, struct keyword_unit *k, bool valid, struct value v)
{
	struct value *copy;

	if (!valid || !annotates(e, k))
		return;
	copy = ARENA_NEW(&e->report->arena, struct value);
	*copy = v;
	k->unit.annotation = copy;
}

static bool
explain_member(struct explainer *e, struct str path_key, const struct member *m, uint32_t block)
{
	struct place path = {NULL, path_key, 0};
	struct place where = {NULL, value_text(&m->key), 0};

	e->key = &m->key;
	return explain_below(e, path_key.p ? &path : NULL, &where, block, &m->value);
}

static void
mark(struct explainer *e, uint32_t i)
{
	if (e->checker->current != NO_MARKS)
		marks_set(e->checker, i);
}

static bool
explain_properties(struct explainer *e, const struct block *b, const struct object_rule *rule,
	const struct value *v)
{
	struct applied applied = {NULL, 0, 0};
	struct keyword_unit k;
	bool valid = true;

	explain_open(e, &k, b, KEYWORD_PROPERTIES, v);
	for (uint32_t i = 0; i < v->n; i++) {
		const struct member *m = &v->members[i];
		const struct property *p = rule_find(e->program, rule, &m->key);

		if (!p || !(p->flags & PROPERTY_IS_DECLARED))
			continue;
		e->by = KEYWORD_PROPERTIES;
		valid = explain_member(e, value_text(&m->key), m, p->block) && valid;
		mark(e, i);
		applied_add(e, &applied, &k, m->key);
	}
	applied_done(e, &applied, &k, valid);
	return explain_close(e, &k, valid);
}

static bool
explain_patterns(struct explainer *e, const struct block *b, const struct object_rule *rule,
	const struct value *v)
{
	const struct value *map =
		value_get(e->program->frame->nodes[b->node].value, STR("patternProperties"));
	struct applied applied = {NULL, 0, 0};
	struct keyword_unit k;
	bool valid = true;

	explain_open(e, &k, b, KEYWORD_PATTERN_PROPERTIES, v);
	for (uint32_t i = 0; i < v->n; i++)
		for (uint32_t n = 0; n < rule->n_patterns; n++) {
			const struct member *m = &v->members[i];
			const struct pattern_rule *p =
				&e->program->pattern_rules[rule->patterns + n];

			if (!evaluate_text(e->checker, p->pattern, value_text(&m->key)))
				continue;
			e->by = KEYWORD_PATTERN_PROPERTIES;
			valid = explain_member(
					e, value_text(&map->members[n].key), m, p->block) &&
				valid;
			mark(e, i);
			applied_add(e, &applied, &k, m->key);
		}
	applied_done(e, &applied, &k, valid);
	return explain_close(e, &k, valid);
}

static bool
is_additional(struct explainer *e, const struct object_rule *rule, const struct member *m)
{
	const struct property *p = rule_find(e->program, rule, &m->key);

	if (p && p->flags & PROPERTY_IS_DECLARED)
		return false;
	for (uint32_t n = 0; n < rule->n_patterns; n++)
		if (evaluate_text(e->checker,
			    e->program->pattern_rules[rule->patterns + n].pattern,
			    value_text(&m->key)))
			return false;
	return true;
}

static bool
explain_additional(struct explainer *e, const struct block *b, const struct object_rule *rule,
	const struct value *v)
{
	struct applied applied = {NULL, 0, 0};
	struct keyword_unit k;
	bool valid = true;

	explain_open(e, &k, b, KEYWORD_ADDITIONAL_PROPERTIES, v);
	for (uint32_t i = 0; i < v->n; i++) {
		const struct member *m = &v->members[i];

		if (!is_additional(e, rule, m))
			continue;
		e->by = KEYWORD_ADDITIONAL_PROPERTIES;
		e->around = v;
		e->rule = rule;
		valid = explain_member(e, (struct str){NULL, 0}, m, rule->additional) && valid;
		e->rule = NULL;
		mark(e, i);
		applied_add(e, &applied, &k, m->key);
	}
	applied_done(e, &applied, &k, valid);
	return explain_close(e, &k, valid);
}

static bool
explain_required(struct explainer *e, const struct block *b, const struct value *v)
{
	const struct value *names =
		value_get(e->program->frame->nodes[b->node].value, STR("required"));
	bool valid = true;

	if (!checker_steps(e->checker, names->n * (1 + (uint64_t)v->n / NAMES_A_STEP)))
		return e->report->is_valid;
	for (uint32_t i = 0; i < names->n; i++) {
		struct keyword_unit k;

		if (member_find(v, &names->items[i]))
			continue;
		if (unit_is_full(e->report))
			return explain_lost(e);
		explain_open(e, &k, b, KEYWORD_REQUIRED, v);
		message_missing(e, v, value_text(&names->items[i]));
		valid = explain_close(e, &k, false);
	}
	return valid;
}

static bool
explain_rule(struct explainer *e, const struct block *b, const struct object_rule *rule,
	const struct value *v)
{
	const struct value *schema = e->program->frame->nodes[b->node].value;
	bool valid = true;

	if (value_get(schema, STR("required")))
		valid = explain_required(e, b, v);
	if (value_get(schema, STR("properties")))
		valid = explain_properties(e, b, rule, v) && valid;
	if (rule->n_patterns)
		valid = explain_patterns(e, b, rule, v) && valid;
	if (rule->additional != BLOCK_NONE)
		valid = explain_additional(e, b, rule, v) && valid;
	return valid;
}

static bool
explain_names(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	size_t before = e->checker->current;
	struct keyword_unit k;
	bool valid = true;

	explain_open(e, &k, b, KEYWORD_PROPERTY_NAMES, v);
	e->checker->current = NO_MARKS;
	for (uint32_t n = 0; n < v->n; n++) {
		e->by = KEYWORD_PROPERTY_NAMES;
		valid = explain_below(e, NULL, NULL, i->a, &v->members[n].key) && valid;
	}
	e->checker->current = before;
	return explain_close(e, &k, valid);
}

static bool
explain_dependent(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	const struct value *name = &e->program->values[i->a];
	struct place path = {NULL, value_text(name), 0};
	struct keyword_unit k;
	bool valid = true;

	if (!checker_steps(e->checker, (i->c + 1) * (1 + (uint64_t)v->n / NAMES_A_STEP)))
		return e->report->is_valid;
	if (!member_find(v, name))
		return true;
	if (i->op == OP_DEPENDENT_SCHEMA) {
		explain_open(e, &k, b, (enum keyword)i->keyword, v);
		e->by = (enum keyword)i->keyword;
		return explain_close(e, &k, explain_below(e, &path, NULL, i->b, v));
	}
	for (uint32_t n = 0; n < i->c; n++) {
		const struct value *needed = &e->program->values[i->b + n];

		if (member_find(v, needed))
			continue;
		if (unit_is_full(e->report))
			return explain_lost(e);
		explain_open(e, &k, b, (enum keyword)i->keyword, v);
		message_missing(e, v, value_text(needed));
		buf_printf(&e->message, ", which \"%.*s\" needs", STR_ARG(value_text(name)));
		valid = explain_close(e, &k, false);
	}
	return valid;
}

bool
explain_object(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	switch (i->op) {
	case OP_OBJECT: return explain_rule(e, b, &e->program->objects[i->a], v);
	case OP_NAMES: return explain_names(e, b, i, v);
	/* The object rule's names are all of them. */
	case OP_REQUIRED: return true;
	default: return explain_dependent(e, b, i, v);
	}
}

static bool
explain_list(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	enum keyword keyword = i->flags & OP_ITEMS_LIST ? KEYWORD_ITEMS : KEYWORD_PREFIX_ITEMS;
	uint32_t n = MIN(i->b, v->n);
	struct keyword_unit k;
	bool valid = true;

	if (!n)
		return true;
	explain_open(e, &k, b, keyword, v);
	for (uint32_t item = 0; item < n; item++) {
		struct place path = {NULL, {NULL, 0}, item};
		struct place where = {NULL, {NULL, 0}, item};

		e->by = keyword;
		valid = explain_below(e, &path, &where, e->program->words[i->a + item],
				&v->items[item]) &&
			valid;
		mark(e, item);
	}
	set_annotation(e, &k, valid,
		n == v->n ? value_bool(true) : value_i64(&e->report->arena, n - 1));
	return explain_close(e, &k, valid);
}

static bool
explain_items(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	bool valid = explain_list(e, b, i, v);
	bool rest_is_valid = true;
	struct keyword_unit k;

	if (i->c == BLOCK_NONE || v->n <= i->b)
		return valid;
	explain_open(e, &k, b, (enum keyword)i->keyword, v);
	for (uint32_t item = i->b; item < v->n; item++) {
		struct place where = {NULL, {NULL, 0}, item};

		e->by = (enum keyword)i->keyword;
		rest_is_valid =
			explain_below(e, NULL, &where, i->c, &v->items[item]) && rest_is_valid;
		mark(e, item);
	}
	set_annotation(e, &k, rest_is_valid, value_bool(true));
	return explain_close(e, &k, rest_is_valid) && valid;
}

/* Only what an item that fits annotates is part of a report. */
static bool
explain_contained(struct explainer *e, const struct keyword_unit *k, uint32_t block,
	const struct value *array, uint32_t item)
{
	struct place where = {NULL, {NULL, 0}, item};

	if (!explain_nothing(e, block, &array->items[item]))
		return false;
	e->by = KEYWORD_CONTAINS;
	if (annotates(e, k))
		(void)explain_below(e, NULL, &where, block, &array->items[item]);
	return true;
}

static bool
explain_contains(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	const struct value *schema = e->program->frame->nodes[b->node].value;
	enum keyword keyword = KEYWORD_CONTAINS;
	struct applied applied = {NULL, 0, 0};
	struct keyword_unit k;
	uint32_t n = 0;
	bool valid;

	explain_open(e, &k, b, KEYWORD_CONTAINS, v);
	for (uint32_t item = 0; item < v->n; item++) {
		if (!explain_contained(e, &k, i->a, v, item))
			continue;
		if (i->flags & OP_MARKS)
			mark(e, item);
		if (annotates(e, &k))
			applied_add(e, &applied, &k, value_i64(&e->report->arena, item));
		n++;
	}
	valid = n >= i->b && n <= i->c;
	if (n > i->c)
		keyword = KEYWORD_MAX_CONTAINS;
	else if (value_get(schema, STR("minContains")) && n < i->b && i->b != 1)
		keyword = KEYWORD_MIN_CONTAINS;
	applied_done(e, &applied, &k, valid);
	if (!valid) {
		k.unit.keyword = (uint8_t)keyword;
		k.unit.name = k.place.text = str_of(keyword_name(keyword));
		unit_drop(e->report, k.below);
		message_contains(e, i, n);
	}
	return explain_close(e, &k, valid);
}

bool
explain_array(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	return i->op == OP_ITEMS ? explain_items(e, b, i, v) : explain_contains(e, b, i, v);
}

bool
explain_unevaluated(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	bool is_items = i->op == OP_UNEVALUATED_ITEMS;
	struct applied applied = {NULL, 0, 0};
	struct keyword_unit k;
	bool valid = true;

	if (v->kind != (is_items ? VALUE_ARRAY : VALUE_OBJECT))
		return true;
	explain_open(e, &k, b, (enum keyword)i->keyword, v);
	for (uint32_t n = 0; n < v->n; n++) {
		struct place where = {NULL, {NULL, 0}, n};
		const struct value *part = is_items ? &v->items[n] : &v->members[n].value;

		if (marks_has(e->checker, n))
			continue;
		e->key = is_items ? NULL : &v->members[n].key;
		if (!is_items)
			where.text = value_text(e->key);
		e->by = (enum keyword)i->keyword;
		e->around = v;
		e->closed = b;
		valid = explain_below(e, NULL, &where, i->a, part) && valid;
		applied_add(e, &applied, &k, is_items ? value_bool(true) : v->members[n].key);
	}
	marks_all(e->checker, v->n);
	if (is_items && applied.n)
		applied.n = 0, set_annotation(e, &k, valid, value_bool(true));
	applied_done(e, &applied, &k, valid);
	return explain_close(e, &k, valid);
}
