#include "contract/hint.h"

#include "base/memory.h"
#include "json/json.h"

#include <strings.h>

#define RESPELT_MAX 60 /* bytes of a scalar that is shown again */
#define SCHEMAS_MAX 64 /* in place, that are asked for their names */

void
hint_nearest(struct buf *b, struct str s, const struct str *candidates, size_t n)
{
	struct str nearest = str_nearest(s, candidates, n);

	if (!nearest.n)
		return;
	buf_add_cstr(b, "; did you mean ");
	message_add_quoted(b, nearest);
	buf_add_char(b, '?');
}

/* A scalar that the text would be without its quotes. */
static bool
read_unquoted(struct arena *arena, const struct value *v, const struct value **ret_scalar)
{
	const struct source source = {"text", value_text(v)};

	return v->kind == VALUE_STRING && !(v->flags & VALUE_IS_PLAIN) && v->n &&
		v->n <= RESPELT_MAX && str_trim(value_text(v)).n == v->n &&
		json_parse(arena, &source, 0, NULL, ret_scalar, NULL) == 0 &&
		(*ret_scalar)->kind < VALUE_STRING;
}

static void
add_unquoted(struct buf *b, const struct value *v)
{
	buf_printf(b, "; write %.*s without quotes", STR_ARG(value_text(v)));
}

static void
add_quotes(struct buf *b, struct str text)
{
	buf_add_cstr(b, "; write ");
	message_add_quoted(b, text);
}

/* What YAML 1.1 took for a boolean, and many still do. */
static bool
hint_old_boolean(struct buf *b, const struct value *v)
{
	static const char *const words[] = {"yes", "on", "y", "no", "off", "n"};

	for (size_t i = 0; v->flags & VALUE_IS_PLAIN && i < ARRAY_SIZE(words); i++)
		if (v->n == strlen(words[i]) && strncasecmp(v->text, words[i], v->n) == 0) {
			buf_printf(b, "; write %s", i < 3 ? "true" : "false");
			return true;
		}
	return false;
}

void
hint_quotes(struct buf *b, unsigned kinds, const struct value *v)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(RESPELT_MAX);
	const struct value *scalar;

	if (read_unquoted(&arena, v, &scalar)) {
		if (kind_is_allowed(kinds, scalar))
			add_unquoted(b, v);
		return;
	}
	if (v->kind == VALUE_STRING && kinds >> VALUE_BOOL & 1 && hint_old_boolean(b, v))
		return;
	if (!(kinds >> VALUE_STRING & 1) || (v->kind != VALUE_NUMBER && v->kind != VALUE_BOOL))
		return;
	json_write(v, &text);
	if (!text.overflowed)
		add_quotes(b, buf_str(&text));
}

bool
hint_respelt(
	struct buf *b, const struct value *const *values, uint32_t n, const struct value *v)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(RESPELT_MAX);
	const struct value *scalar = NULL;
	bool was_quoted = read_unquoted(&arena, v, &scalar);

	if (!was_quoted && v->kind < VALUE_STRING)
		json_write(v, &text);
	for (uint32_t i = 0; i < n; i++) {
		if (was_quoted && value_equal(values[i], scalar)) {
			add_unquoted(b, v);
			return true;
		}
		if (text.n && values[i]->kind == VALUE_STRING &&
			str_equal(value_text(values[i]), buf_str(&text))) {
			add_quotes(b, value_text(values[i]));
			return true;
		}
	}
	return false;
}

static void
add_names(struct explainer *e, const struct object_rule *rule)
{
	struct names_left *left = &e->left;

	for (uint32_t i = 0; i < rule->n_properties && left->n < CANDIDATES; i++) {
		const struct property *p = &e->program->properties[rule->properties + i];
		struct value name = value_string((struct str){p->text, p->n});

		if (p->flags & PROPERTY_IS_DECLARED &&
			checker_steps(e->checker, left->object->n / NAMES_A_STEP) &&
			!member_find(left->object, &name))
			left->names[left->n++] = value_text(&name);
	}
}

struct blocks {
	uint32_t items[SCHEMAS_MAX];
	uint32_t n;
};

static void
add_block(struct blocks *blocks, uint32_t block)
{
	for (uint32_t i = 0; i < blocks->n; i++)
		if (blocks->items[i] == block)
			return;
	if (blocks->n < SCHEMAS_MAX && block != BLOCK_NONE)
		blocks->items[blocks->n++] = block;
}

/* The schemas that an instruction applies to the same object. */
static void
add_in_place(const struct explainer *e, const struct instruction *i, struct blocks *blocks)
{
	switch (i->op) {
	case OP_REF: add_block(blocks, i->a); break;
	case OP_DYNAMIC_REF: add_block(blocks, evaluate_dynamic(e->checker, i)); break;
	case OP_DEPENDENT_SCHEMA: add_block(blocks, i->b); break;
	case OP_ALL_OF:
	case OP_ANY_OF:
	case OP_ONE_OF:
		for (uint32_t k = 0; k < i->b; k++)
			add_block(blocks, e->program->words[i->a + k]);
		break;
	case OP_IF:
		add_block(blocks, i->a);
		add_block(blocks, i->b);
		add_block(blocks, i->c);
		break;
	default: break;
	}
}

static void
add_names_of_schemas(struct explainer *e, const struct block *closed)
{
	struct blocks blocks = {.n = 0};

	add_block(&blocks, (uint32_t)(closed - e->program->blocks));
	for (uint32_t at = 0; at < blocks.n; at++) {
		const struct block *b = &e->program->blocks[blocks.items[at]];

		for (uint32_t i = 0; i < b->ends[GROUP_ANY]; i++) {
			const struct instruction *code = &e->program->code[b->first + i];

			if (code->op == OP_OBJECT)
				add_names(e, &e->program->objects[code->a]);
			add_in_place(e, code, &blocks);
		}
	}
}

void
hint_names_left(struct explainer *e, struct str name)
{
	bool is_additional = e->by == KEYWORD_ADDITIONAL_PROPERTIES && e->rule;
	bool is_unevaluated = e->by == KEYWORD_UNEVALUATED_PROPERTIES && e->closed;
	const void *closed_by = is_additional ? (const void *)e->rule : (const void *)e->closed;
	struct names_left *left = &e->left;

	if (!is_additional && !is_unevaluated)
		return;
	if (left->object != e->around || left->closed_by != closed_by) {
		if (!left->names)
			left->names = memory_new(CANDIDATES, sizeof(*left->names));
		left->object = e->around;
		left->closed_by = closed_by;
		left->n = 0;
		if (is_additional)
			add_names(e, e->rule);
		else
			add_names_of_schemas(e, e->closed);
	}
	hint_nearest(&e->message, name, left->names, left->n);
}
