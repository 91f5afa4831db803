#include "graph/planner.h"

#include "base/file.h"
#include "base/memory.h"
#include "graph/expression.h"
#include "graph/reference.h"
#include "json/json.h"

static const char *const root_names[] = {
	[ROOT_PARAM] = "params",
	[ROOT_INPUT] = "inputs",
	[ROOT_IN] = "in",
	[ROOT_STEP] = "steps",
	[ROOT_RUN] = "run",
};

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

static void
add_reference(struct template_writer *t, const struct expression *e)
{
	flush_text(t);
	buf_add_cstr(t->b, t->n_parts++ ? "," : "{\"parts\":[");
	buf_printf(t->b, "{\"ref\":\"%s.%.*s\"}", root_names[e->root], STR_ARG(e->name));
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

static int
add_param(struct template_writer *t, const struct expression *e, struct err *err)
{
	struct planner *p = t->planner;
	uint32_t number = map_get(&p->workflow->param_by_name, e->name);
	const struct value *v = p->params[number];

	if (!v)
		buf_printf(&p->text, "${{ params.%.*s }}", STR_ARG(e->name));
	else if (!(KEY_SCALAR & (1U << v->kind)))
		return refuse_param(p, e->name, v, err);
	else if (v == p->workflow->params[number].fallback)
		buf_add_str(&p->text, declaration_written(&p->workflow->source, v));
	else if (v->kind == VALUE_BOOL)
		buf_add_cstr(&p->text, value_is_true(v) ? "true" : "false");
	else
		buf_add_str(&p->text, value_text(v));
	return 0;
}

static int
write_pieces(struct template_writer *t, struct str text, struct err *err)
{
	struct expression e;
	struct piece piece;
	int r = 0;

	while (r == 0 && piece_next(&text, &piece, NULL) == 1) {
		if (!piece.is_expression)
			buf_add_str(&t->planner->text, piece.text);
		else if (expression_read(piece.text, &e, NULL) < 0)
			BUG("an expression that was checked is none");
		else if (e.root == ROOT_PARAM)
			r = add_param(t, &e, err);
		else
			add_reference(t, &e);
	}
	return r;
}

int
planner_write_template(struct planner *p, const struct value *v, struct buf *b, struct err *err)
{
	struct template_writer t = {p, b, 0};
	int r = 0;

	buf_clear(&p->text);
	if (v->kind == VALUE_STRING)
		r = write_pieces(&t, value_text(v), err);
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
