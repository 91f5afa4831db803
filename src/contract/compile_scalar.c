#include "contract/compile.h"

#include "base/memory.h"
#include "json/number.h"

static int
add_bound(struct lowering *l, enum keyword keyword, enum op op, unsigned flags)
{
	const struct value *v = l->has[keyword];
	struct compiler *c = l->c;
	struct instruction *i;
	struct bounding bound = {.whole = 0};

	if (!v)
		return 0;
	if (v->kind != VALUE_NUMBER)
		return lower_error(l, v, "\"%s\" must be a number, not %s",
			keyword_name(keyword), value_kind_name(v));
	bound.lexeme = value_text(v);
	bound.is_whole = value_to_i64(v, &bound.whole);
	if (op == OP_MULTIPLE_OF && number_compare(bound.lexeme, STR("0")) <= 0)
		return lower_error(l, v, "\"multipleOf\" must be greater than 0");
	i = lower_add(l, GROUP_NUMBER, op, keyword);
	i->a = (uint32_t)c->n_bounds;
	i->flags = (uint16_t)flags;
	*PUSH(c, bounds) = bound;
	return 0;
}

/* In draft 4 "exclusiveMinimum" is a boolean that changes what "minimum" means. */
static int
old_exclusive(struct lowering *l, enum keyword keyword, unsigned *ret_flags)
{
	const struct value *v = l->has[keyword];

	*ret_flags = 0;
	if (!v)
		return 0;
	if (v->kind != VALUE_BOOL)
		return lower_error(l, v, "\"%s\" must be a boolean in draft-04, not %s",
			keyword_name(keyword), value_kind_name(v));
	*ret_flags = value_is_true(v) ? OP_EXCLUSIVE : 0;
	return 0;
}

int
lower_numbers(struct lowering *l)
{
	unsigned low = 0;
	unsigned high = 0;

	if (l->draft == DRAFT_4) {
		if (old_exclusive(l, KEYWORD_EXCLUSIVE_MINIMUM, &low) ||
			old_exclusive(l, KEYWORD_EXCLUSIVE_MAXIMUM, &high))
			return -1;
	} else if (add_bound(l, KEYWORD_EXCLUSIVE_MINIMUM, OP_MINIMUM, OP_EXCLUSIVE) ||
		add_bound(l, KEYWORD_EXCLUSIVE_MAXIMUM, OP_MAXIMUM, OP_EXCLUSIVE)) {
		return -1;
	}
	if (add_bound(l, KEYWORD_MINIMUM, OP_MINIMUM, low) ||
		add_bound(l, KEYWORD_MAXIMUM, OP_MAXIMUM, high))
		return -1;
	return add_bound(l, KEYWORD_MULTIPLE_OF, OP_MULTIPLE_OF, 0);
}

int
lower_pattern(struct lowering *l, const struct value *text, uint32_t *ret_pattern)
{
	struct compiler *c = l->c;
	struct err why = ERR_INIT;
	struct pattern *pattern;
	uint32_t known;
	int code;

	if (text->kind != VALUE_STRING)
		return lower_error(
			l, text, "a pattern must be a string, not %s", value_kind_name(text));
	known = map_get(&c->pattern_by_text, value_text(text));
	if (known != MAP_NONE) {
		*ret_pattern = known;
		return 0;
	}
	code = pattern_new(value_text(text), &pattern, &why);
	if (code == ERR_LIMIT)
		return err_set(c->err, ERR_LIMIT, "a pattern: %s", why.message);
	if (code)
		return lower_error(
			l, text, "a pattern is no regular expression: %s", why.message);
	*ret_pattern = (uint32_t)c->n_patterns;
	(void)map_add(&c->pattern_by_text, value_text(text), *ret_pattern);
	*PUSH(c, patterns) = pattern;
	return 0;
}

static int
add_format(struct lowering *l)
{
	const struct value *v = l->has[KEYWORD_FORMAT];
	unsigned vocabularies = l->c->frame->nodes[l->node].dialect.vocabularies;
	enum format format;

	if (!v || v->kind != VALUE_STRING)
		return v ? lower_error(l, v, "\"format\" must be a string, not %s",
				   value_kind_name(v))
			 : 0;
	if (!(l->c->flags & COMPILE_ASSERT_FORMAT) &&
		!(vocabularies & VOCABULARY_FORMAT_ASSERTION))
		return 0;
	format = format_find(value_text(v));
	if (format != FORMAT_UNKNOWN)
		lower_add(l, GROUP_STRING, OP_FORMAT, KEYWORD_FORMAT)->a = format;
	return 0;
}

static void
add_content(struct lowering *l)
{
	const struct value *encoding = l->has[KEYWORD_CONTENT_ENCODING];
	const struct value *type = l->has[KEYWORD_CONTENT_MEDIA_TYPE];
	unsigned what = 0;

	if (!(l->c->flags & COMPILE_ASSERT_CONTENT))
		return;
	if (encoding && str_is(value_text(encoding), "base64"))
		what |= CONTENT_IS_BASE64;
	else if (encoding)
		return;
	if (type && str_is(value_text(type), "application/json"))
		what |= CONTENT_IS_JSON;
	if (what)
		lower_add(l, GROUP_STRING, OP_CONTENT,
			what & CONTENT_IS_JSON ? KEYWORD_CONTENT_MEDIA_TYPE
					       : KEYWORD_CONTENT_ENCODING)
			->a = what;
}

int
lower_strings(struct lowering *l)
{
	const struct value *pattern = l->has[KEYWORD_PATTERN];
	uint32_t least = 0;
	uint32_t most = COUNT_MAX;
	uint32_t index;

	if (lower_count(l, KEYWORD_MIN_LENGTH, &least) ||
		lower_count(l, KEYWORD_MAX_LENGTH, &most))
		return -1;
	if (least > 0 || most < COUNT_MAX) {
		struct instruction *i =
			lower_add(l, GROUP_STRING, OP_LENGTH, KEYWORD_MIN_LENGTH);

		i->a = least;
		i->b = most;
	}
	if (pattern) {
		if (lower_pattern(l, pattern, &index))
			return -1;
		lower_add(l, GROUP_STRING, OP_PATTERN, KEYWORD_PATTERN)->a = index;
	}
	add_content(l);
	return add_format(l);
}

static unsigned
kinds_named(struct str name, enum draft draft)
{
	if (str_is(name, "integer"))
		return draft == DRAFT_4 ? 1U << VALUE_NUMBER : KIND_INTEGER;
	if (str_is(name, "number"))
		return KIND_NUMBER;
	for (unsigned kind = 0; kind <= VALUE_OBJECT; kind++) {
		struct value v = {.kind = (uint8_t)kind};

		if (kind != VALUE_NUMBER && str_is(name, value_kind_name(&v)))
			return 1U << kind;
	}
	return 0;
}

static int
add_type(struct lowering *l)
{
	const struct value *v = l->has[KEYWORD_TYPE];
	unsigned kinds = 0;

	if (!v)
		return 0;
	for (uint32_t i = 0; i < (v->kind == VALUE_ARRAY ? v->n : 1); i++) {
		const struct value *name = v->kind == VALUE_ARRAY ? &v->items[i] : v;
		unsigned kind = name->kind == VALUE_STRING
			? kinds_named(value_text(name), l->draft)
			: 0;

		if (!kind)
			return lower_error(l, name,
				"\"type\" must name types: null, boolean, integer, number, "
				"string, array, object");
		kinds |= kind;
	}
	l->c->blocks[l->block].kinds = (uint8_t)kinds;
	lower_add(l, GROUP_NOTES, OP_TYPE, KEYWORD_TYPE)->a = kinds;
	return 0;
}

static unsigned
kinds_of(const struct value *v)
{
	return v->kind == VALUE_NUMBER ? KIND_NUMBER : 1U << v->kind;
}

static void
add_values(struct lowering *l, const struct value *items, uint32_t n, enum keyword keyword)
{
	struct compiler *c = l->c;
	struct enum_rule rule = {.values = (uint32_t)c->n_values, .n = n};
	uint32_t n_strings = 0;

	for (uint32_t i = 0; i < n; i++) {
		(void)compile_value(c, &items[i]);
		rule.kinds |= kinds_of(&items[i]);
		n_strings += items[i].kind == VALUE_STRING;
	}
	if (n_strings)
		compile_slots(c, n_strings, &rule.slots, &rule.mask);
	for (uint32_t i = 0; i < n; i++)
		if (items[i].kind == VALUE_STRING)
			compile_slot_add(c, rule.slots, rule.mask, items[i].hash, i);
	lower_add(l, GROUP_ANY, OP_ENUM, keyword)->a = (uint32_t)c->n_enums;
	*PUSH(c, enums) = rule;
}

static int
add_enum(struct lowering *l)
{
	const struct value *list = l->has[KEYWORD_ENUM];
	const struct value *one = l->has[KEYWORD_CONST];

	if (list && list->kind != VALUE_ARRAY)
		return lower_error(
			l, list, "\"enum\" must be an array, not %s", value_kind_name(list));
	if (one)
		add_values(l, one, 1, KEYWORD_CONST);
	if (list)
		add_values(l, list->items, list->n, KEYWORD_ENUM);
	return 0;
}

int
lower_scalars_of_any(struct lowering *l)
{
	return add_type(l) || add_enum(l) ? -1 : 0;
}
