#include "graph/planner.h"

#include "base/file.h"
#include "base/memory.h"
#include "expr/evaluate.h"
#include "graph/expression.h"
#include "graph/reference.h"
#include "json/json.h"

/* What a template is made of, as it is written. */
struct template_writer {
	struct planner *planner;
	struct buf *b;
	uint32_t n_parts; /* written, references and the texts between them */
};

static void
flush_text(struct template_writer *t)
{
	struct buf *text = &t->planner->text;

	if (!text->n)
		return;
	buf_add_cstr(t->b, t->n_parts++ ? "," : "{\"parts\":[");
	json_write_string(buf_str(text), t->b);
	buf_clear(text);
}

/* A lone reference is named as such; the others stand as expressions. */
static int
add_expression(struct template_writer *t, const struct expr *expr, struct err *err)
{
	const struct expr_reference *lone = expr_lone_reference(expr);
	bool is_whole = lone && lone->used == lone->n;
	int r;

	flush_text(t);
	buf_add_cstr(t->b, t->n_parts++ ? "," : "{\"parts\":[");
	buf_add_cstr(t->b, is_whole ? "{\"ref\":" : "{\"expr\":");
	r = planner_write_expression(expr, t->b, err);
	buf_add_char(t->b, '}');
	return r;
}

static int
refuse_param(const struct planner *p, struct str name, const struct value *v, struct err *err)
{
	uint32_t number = map_get(&p->workflow->param_by_name, name);
	uint32_t offset = p->workflow->param_keys[number].offset;

	if (v->kind == VALUE_NULL)
		return source_error(&p->workflow->source, offset, err,
			"param \"%.*s\" is null, which is no text, and stands in a text; give "
			"it \"\"",
			STR_ARG(name));
	return source_error(&p->workflow->source, offset, err,
		"param \"%.*s\" is %s and stands in a text; " CURE_PARAM, STR_ARG(name),
		v->kind == VALUE_ARRAY ? "a list" : "a map", STR_ARG(name));
}

static const struct value *
param_of(const struct planner *p, struct str text, struct str *ret_name)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct expr_reference *lone;
	struct meaning meaning;
	struct expr *expr;
	uint32_t offset;

	if (expression_compile(p->workflow, p->step, &arena, text, &expr, &offset, NULL) < 0)
		BUG("an expression that was checked is none");
	lone = expr_lone_reference(expr);
	if (!lone || meaning_read(lone, &meaning, NULL) < 0 || meaning.root != ROOT_PARAM ||
		lone->n != meaning.used)
		return NULL;
	offset = map_get(&p->workflow->param_by_name, meaning.name);
	*ret_name = p->workflow->params[offset].name;
	return p->params[offset];
}

/* A param that stands alone: its default as it was written, and what to do where it is no text. */
static int
add_param(struct template_writer *t, struct str name, const struct value *v, struct err *err)
{
	struct planner *p = t->planner;
	uint32_t number = map_get(&p->workflow->param_by_name, name);

	if (!(KEY_SCALAR & (1U << v->kind)))
		return refuse_param(p, name, v, err);
	if (v == p->workflow->params[number].fallback)
		buf_add_str(&p->text, declaration_written(&p->workflow->source, v));
	else if (v->kind == VALUE_BOOL)
		buf_add_cstr(&p->text, value_is_true(v) ? "true" : "false");
	else
		buf_add_str(&p->text, value_text(v));
	return 0;
}

static int
add_piece(struct template_writer *t, const struct value *v, struct str text, struct err *err)
{
	struct planner *p = t->planner;
	struct str name;
	const struct value *param = param_of(p, text, &name);
	const struct value *literal;
	struct err why = ERR_INIT;
	struct expr *expr;
	struct str known;
	int r;

	if (param)
		return add_param(t, name, param, err);
	r = planner_fold(p, v, text, &expr, err);
	if (r < 0)
		return r;
	if (!planner_is_text(expr))
		return add_expression(t, expr, err);
	literal = expr_lone_literal(expr);
	if (!literal) {
		buf_add_cstr(&p->text, "${{ ");
		expr_write(expr, &p->text);
		buf_add_cstr(&p->text, " }}");
		return 0;
	}
	if (expr_value_text(literal, &known, &why) < 0)
		return source_error(&p->workflow->source,
			expression_place(p->workflow, v, text, 0), err, "%s", why.message);
	buf_add_str(&p->text, known);
	return 0;
}

static int
write_pieces(struct template_writer *t, const struct value *v, struct err *err)
{
	struct str rest = value_text(v);
	struct piece piece;
	int r = 0;

	while (r == 0 && piece_next(&rest, &piece, NULL) == 1) {
		if (piece.is_expression)
			r = add_piece(t, v, piece.text, err);
		else
			buf_add_str(&t->planner->text, piece.text);
	}
	return r;
}

int
planner_write_template(struct planner *p, const struct value *v, struct buf *b, struct err *err)
{
	struct template_writer t = {p, b, 0};
	int r = 0;

	buf_clear(&p->text);
	if (v->kind == VALUE_STRING && !expression_occurs(value_text(v)))
		buf_add_str(&p->text, value_text(v));
	else if (v->kind == VALUE_STRING)
		r = write_pieces(&t, v, err);
	else
		buf_add_str(&p->text, declaration_written(&p->workflow->source, v));
	if (r == 0)
		r = buf_check(&p->text, "a text with its params", err);
	if (r < 0)
		return r;
	if (t.n_parts) {
		flush_text(&t);
		buf_add_cstr(b, "]}");
	} else {
		json_write_string(buf_str(&p->text), b);
	}
	return 0;
}

int
planner_write_path(struct planner *p, const struct value *v, struct buf *b, struct err *err)
{
	size_t start = b->n;
	int r = planner_write_template(p, v, b, err);

	if (r < 0)
		return r;
	/* With references in it, it is known only when the step starts, and checked then. */
	if (b->overflowed || b->p[start] != '"' || path_is_inside(buf_str(&p->text)))
		return 0;
	return source_error(&p->workflow->source, v->offset, err,
		"with its params the path is \"%.*s\", which leads out of the workspace",
		(int)MIN(p->text.n, 200), buf_cstr(&p->text));
}

/* A member and its place among all, so that the later of two equal names is known. */
struct ordered {
	const struct member *member;
	uint32_t order;
};

static int
compare_ordered(const void *left, const void *right)
{
	const struct ordered *a = left;
	const struct ordered *b = right;
	int order = str_compare(value_text(&a->member->key), value_text(&b->member->key));

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

static uint32_t
collect(struct ordered *all, uint32_t n, const struct value *object)
{
	for (uint32_t i = 0; object && i < object->n; i++, n++)
		all[n] = (struct ordered){&object->members[i], n};
	return n;
}

int
planner_write_env(struct planner *p, const struct value *first, const struct value *second,
	struct buf *b, struct err *err)
{
	size_t room = (first ? first->n : 0) + (size_t)(second ? second->n : 0);
	struct ordered *all = memory_new(room, sizeof(*all));
	uint32_t n = collect(all, collect(all, 0, first), second);
	const char *between = "{";
	int r = 0;

	qsort(all, n, sizeof(*all), compare_ordered);
	for (uint32_t i = 0; i < n && r == 0; i++) {
		struct str name = value_text(&all[i].member->key);

		if (i + 1 < n && str_equal(name, value_text(&all[i + 1].member->key)))
			continue;
		buf_add_cstr(b, between);
		json_write_string(name, b);
		buf_add_char(b, ':');
		r = planner_write_template(p, &all[i].member->value, b, err);
		between = ",";
	}
	buf_add_cstr(b, n ? "}" : "{}");
	free(all);
	return r;
}

static int
compare_members(const void *left, const void *right)
{
	const struct member *a = *(const struct member *const *)left;
	const struct member *b = *(const struct member *const *)right;

	return str_compare(value_text(&a->key), value_text(&b->key));
}

const struct member **
planner_sort(struct planner *p, const struct value *object)
{
	const struct member **sorted = ARENA_ARRAY(&p->arena, object->n, const struct member *);

	for (uint32_t i = 0; i < object->n; i++)
		sorted[i] = &object->members[i];
	if (object->n > 1)
		qsort(sorted, object->n, sizeof(const struct member *), compare_members);
	return sorted;
}
