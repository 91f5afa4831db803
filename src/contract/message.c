#include "contract/hint.h"

#include "base/memory.h"
#include "json/json.h"

#define SHOWN_BYTES 60
#define SHOWN_VALUES 8
#define WRITTEN_MAX 4096

static struct str
shortened(struct str s)
{
	size_t n = MIN(s.n, SHOWN_BYTES);

	while (n && n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n--;
	return (struct str){s.p, n};
}

void
message_add_quoted(struct buf *b, struct str s)
{
	struct str shown = shortened(s);

	buf_add_char(b, '"');
	buf_add_str(b, shown);
	buf_add_cstr(b, shown.n < s.n ? "…\"" : "\"");
}

/* A scalar as it is written, a container by its kind. */
static void
add_value(struct buf *b, const struct value *v)
{
	AUTO_BUF struct buf text = BUF_INIT(WRITTEN_MAX);
	struct str shown;

	if (v->kind == VALUE_STRING) {
		message_add_quoted(b, value_text(v));
		return;
	}
	json_write(v, &text);
	shown = shortened(buf_str(&text));
	buf_add_str(b, shown);
	if (text.overflowed || shown.n < text.n)
		buf_add_cstr(b, "…");
}

static void
add_kind(struct buf *b, const struct value *v)
{
	static const char *const names[] = {
		[VALUE_NULL] = "null",
		[VALUE_BOOL] = "a boolean",
		[VALUE_NUMBER] = "a number",
		[VALUE_STRING] = "a string",
		[VALUE_ARRAY] = "an array",
		[VALUE_OBJECT] = "an object",
	};

	buf_add_cstr(b, names[v->kind]);
}

void
message_add_found(struct buf *b, const struct value *v)
{
	buf_add_cstr(b, ", not ");
	if (v->kind == VALUE_NUMBER || v->kind == VALUE_BOOL || v->kind == VALUE_NULL) {
		add_value(b, v);
		return;
	}
	add_kind(b, v);
}

void
message_kind(struct explainer *e, unsigned kinds, const struct value *v)
{
	static const struct {
		unsigned kinds;
		const char *name;
	} names[] = {
		{1 << VALUE_NULL, "null"},
		{1 << VALUE_BOOL, "a boolean"},
		{KIND_NUMBER, "a number"},
		{KIND_INTEGER, "a whole number"},
		{1 << VALUE_NUMBER, "a whole number, written without a point"},
		{1 << VALUE_STRING, "a string"},
		{1 << VALUE_ARRAY, "an array"},
		{1 << VALUE_OBJECT, "an object"},
	};
	struct buf *b = &e->message;
	unsigned asked = kinds;
	bool any = false;

	buf_add_cstr(b, "must be ");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if ((kinds & names[i].kinds) != names[i].kinds)
			continue;
		kinds &= ~names[i].kinds;
		buf_add_cstr(b, any ? " or " : "");
		buf_add_cstr(b, names[i].name);
		any = true;
	}
	message_add_found(b, v);
	hint_quotes(b, asked, v);
}

void
message_values(struct explainer *e, const struct value *const *values, uint32_t n,
	const struct value *v)
{
	struct str candidates[CANDIDATES];
	struct buf *b = &e->message;
	uint32_t kept = MIN(n, CANDIDATES);
	size_t n_texts = 0;

	buf_add_cstr(b, n == 1 ? "must be " : "must be one of ");
	for (uint32_t k = 0; k < MIN(n, SHOWN_VALUES); k++) {
		buf_add_cstr(b, k ? ", " : "");
		add_value(b, values[k]);
	}
	if (n > SHOWN_VALUES)
		buf_printf(b, ", … (%u in all)", n);
	buf_add_cstr(b, ", not ");
	add_value(b, v);
	for (uint32_t k = 0; k < kept; k++)
		if (values[k]->kind == VALUE_STRING)
			candidates[n_texts++] = value_text(values[k]);
	if (hint_respelt(b, values, kept, v) || v->kind != VALUE_STRING)
		return;
	hint_nearest(b, value_text(v), candidates, n_texts);
}

static void
add_enum(struct explainer *e, const struct instruction *i, const struct value *v)
{
	const struct enum_rule *rule = &e->program->enums[i->a];
	const struct value *values[CANDIDATES];

	for (uint32_t k = 0; k < MIN(rule->n, CANDIDATES); k++)
		values[k] = &e->program->values[rule->values + k];
	message_values(e, values, rule->n, v);
}

static void
add_bounds(struct buf *b, const struct instruction *i, uint64_t n, const char *what)
{
	uint32_t bound = n < i->a ? i->a : i->b;

	buf_printf(b, "must have %s %u %s%s, has %ju", n < i->a ? "at least" : "at most", bound,
		what, bound == 1 ? "" : "s", (uintmax_t)n);
}

static void
add_count(struct buf *b, const struct instruction *i, const struct value *v)
{
	uint32_t bound = v->n < i->a ? i->a : i->b;

	if (v->kind == VALUE_ARRAY)
		add_bounds(b, i, v->n, "item");
	else
		buf_printf(b, "must have %s %u propert%s, has %u",
			v->n < i->a ? "at least" : "at most", bound, bound == 1 ? "y" : "ies",
			v->n);
}

static void
add_length(struct buf *b, const struct instruction *i, const struct value *v)
{
	uint64_t n = 0;

	for (uint32_t k = 0; k < v->n; k++)
		n += ((unsigned char)v->text[k] & 0xC0) != 0x80;
	add_bounds(b, i, n, "character");
}

static void
add_bound(struct explainer *e, const struct instruction *i, const struct value *v)
{
	struct str bound = shortened(e->program->bounds[i->a].lexeme);
	const char *words = "a multiple of";

	if (i->op == OP_MINIMUM)
		words = i->flags & OP_EXCLUSIVE ? "more than" : "at least";
	else if (i->op == OP_MAXIMUM)
		words = i->flags & OP_EXCLUSIVE ? "less than" : "at most";
	buf_printf(&e->message, "must be %s %.*s, not ", words, STR_ARG(bound));
	add_value(&e->message, v);
}

static void
add_pattern(struct explainer *e, const struct value *v)
{
	const struct value *pattern =
		value_get(e->program->frame->nodes[e->node].value, STR("pattern"));

	add_value(&e->message, v);
	buf_add_cstr(&e->message, " does not match the pattern ");
	message_add_quoted(&e->message, pattern ? value_text(pattern) : STR_EMPTY);
}

void
message_alone(struct explainer *e, const struct instruction *i, const struct value *v)
{
	struct buf *b = &e->message;
	uint32_t first = 0;
	uint32_t second = 0;

	switch (i->op) {
	case OP_MINIMUM:
	case OP_MAXIMUM:
	case OP_MULTIPLE_OF: add_bound(e, i, v); break;
	case OP_LENGTH: add_length(b, i, v); break;
	case OP_COUNT: add_count(b, i, v); break;
	case OP_PATTERN: add_pattern(e, v); break;
	case OP_ENUM: add_enum(e, i, v); break;
	case OP_FORMAT:
		add_value(b, v);
		buf_printf(b, " is no valid %s (%s is one)", format_name((enum format)i->a),
			format_example((enum format)i->a));
		break;
	case OP_UNIQUE:
		(void)evaluate_items_differ(e->checker, v, &first, &second);
		buf_printf(b, "items must differ; number %u and number %u are equal", first + 1,
			second + 1);
		break;
	default: buf_add_cstr(b, "the content is not what its schema says it is"); break;
	}
}

bool
message_nothing(struct explainer *e, const struct value *v)
{
	struct buf *b = &e->message;
	struct str name = e->where && e->where->text.p ? e->where->text : STR_EMPTY;

	switch ((int)e->by) {
	case KEYWORD_PROPERTIES:
	case KEYWORD_PATTERN_PROPERTIES:
	case KEYWORD_ADDITIONAL_PROPERTIES:
	case KEYWORD_UNEVALUATED_PROPERTIES:
		message_add_quoted(b, name);
		buf_add_cstr(b, " is not allowed here");
		hint_names_left(e, name);
		return true;
	case KEYWORD_ITEMS:
	case KEYWORD_PREFIX_ITEMS:
	case KEYWORD_ADDITIONAL_ITEMS:
	case KEYWORD_UNEVALUATED_ITEMS:
		buf_printf(b, "item number %u is not allowed here",
			(e->where ? e->where->index : 0) + 1);
		break;
	case KEYWORD_PROPERTY_NAMES:
		message_add_quoted(b, value_text(v));
		buf_add_cstr(b, " is not allowed as a name");
		break;
	default: buf_add_cstr(b, "no value is allowed here"); break;
	}
	return false;
}

void
message_missing(struct explainer *e, const struct value *object, struct str name)
{
	struct str candidates[CANDIDATES];
	size_t n = MIN(object->n, CANDIDATES);
	struct str nearest;

	for (size_t i = 0; i < n; i++)
		candidates[i] = value_text(&object->members[i].key);
	nearest = str_nearest(name, candidates, n);
	message_add_quoted(&e->message, name);
	buf_add_cstr(&e->message, " is missing");
	if (!nearest.n)
		return;
	buf_add_cstr(&e->message, "; is ");
	message_add_quoted(&e->message, nearest);
	buf_add_cstr(&e->message, " meant to be it?");
}

void
message_contains(struct explainer *e, const struct instruction *i, uint32_t n)
{
	struct buf *b = &e->message;

	if (n)
		buf_printf(b, "%u item%s", n, n == 1 ? " fits" : "s fit");
	else
		buf_add_cstr(b, "no item fits");
	if (n > i->c)
		buf_printf(b, " \"contains\"; at most %u may", i->c);
	else
		buf_printf(b, " \"contains\"; at least %u must", i->b);
}
