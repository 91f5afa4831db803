#include "graph/instance.h"
#include "graph/planner.h"

#include "base/memory.h"
#include "expr/evaluate.h"
#include "graph/reference.h"
#include "json/json.h"

/* An expression of the file on its way into the plan. */
struct folding {
	const struct planner *planner;
	const struct expr *expr;
};

/* The params are known; in a sketch one may be missing. */
static int
get_param(void *context, uint32_t number, enum expr_want want, struct value *ret_value,
	struct err *err)
{
	const struct folding *f = context;
	const struct value *v;
	struct meaning meaning;
	uint32_t at;

	(void)want;
	(void)err;
	if (meaning_read(expr_bound(f->expr, number), &meaning, NULL) < 0)
		BUG("a reference that was checked is none");
	if (meaning.root != ROOT_PARAM)
		return 0;
	/* What the plan names with its scope is none of the file's any more. */
	at = map_get(&f->planner->workflow->param_by_name, meaning.name);
	v = at == MAP_NONE ? NULL : f->planner->params[at];
	if (!v)
		return 0;
	*ret_value = *v;
	return 1;
}

static int
refuse(const struct planner *p, const struct value *v, struct str text, uint32_t offset,
	const struct err *why, struct err *err)
{
	return source_error(&p->workflow->source,
		expression_place(p->workflow, v, text, offset), err, "%s", why->message);
}

int
planner_fold(struct planner *p, const struct value *v, struct str text, struct expr **ret_expr,
	struct err *err)
{
	struct folding f = {.planner = p};
	struct expr_scope scope = {get_param, &f, &p->arena, 0};
	struct err why = ERR_INIT;
	struct expr *expr;
	uint32_t offset;

	if (expression_compile(p->workflow, p->step, &p->arena, text, &expr, &offset, &why) < 0)
		BUG("an expression that was checked is none: %s", why.message);
	f.expr = expr;
	if (expr_fold(expr, &scope, ret_expr, &offset, &why) < 0)
		return refuse(p, v, text, offset, &why, err);
	planner_rebase(p, *ret_expr);
	return 0;
}

/* A text with expressions in it, as one: alone an expression keeps the kind of its value. */
static int
fold_text(
	struct planner *p, const struct value *v, const struct expr **ret_expr, struct err *err)
{
	struct folding f = {.planner = p};
	struct expr_scope scope = {get_param, &f, &p->arena, 0};
	const struct expr **parts = NULL;
	struct str rest = value_text(v);
	struct err why = ERR_INIT;
	struct piece piece;
	size_t capacity = 0;
	uint32_t offset = 0;
	uint32_t n = 0;
	struct expr *expr = NULL;
	int r = 0;

	while (r == 0 && piece_next(&rest, &piece, NULL) == 1) {
		struct value literal = value_string(piece.text);

		if (piece.is_expression)
			r = planner_fold(p, v, piece.text, &expr, err);
		else
			expr = expr_new_literal(&p->arena, &literal);
		parts = memory_grow(parts, n, &capacity, sizeof(const struct expr *));
		parts[n++] = expr;
	}
	if (r == 0 && n > 1) {
		expr = expr_new_made(&p->arena, EXPR_MADE_TEXT, parts, n);
		f.expr = expr;
		r = expr_fold(expr, &scope, &expr, &offset, &why);
		if (r < 0)
			r = refuse(p, v, value_text(v), 0, &why, err);
	}
	free(parts);
	*ret_expr = expr;
	return r;
}

/* A container whose parts are being made. */
struct open {
	const struct value *value;
	uint32_t next;
	size_t first; /* of its parts */
};

struct maker {
	struct planner *planner;
	struct open *open;
	size_t n_open;
	size_t open_capacity;
	const struct expr **parts;
	size_t n_parts;
	size_t parts_capacity;
};

static void
add_part(struct maker *m, const struct expr *expr)
{
	m->parts = memory_grow(
		m->parts, m->n_parts, &m->parts_capacity, sizeof(const struct expr *));
	m->parts[m->n_parts++] = expr;
}

/* A scalar is a part at once, a container is opened. */
static int
make_value(struct maker *m, const struct value *v, struct err *err)
{
	const struct expr *expr;
	int r = 0;

	if (v->kind == VALUE_ARRAY || v->kind == VALUE_OBJECT) {
		m->open = memory_grow(m->open, m->n_open, &m->open_capacity, sizeof(*m->open));
		m->open[m->n_open++] = (struct open){v, 0, m->n_parts};
		return 0;
	}
	if (v->kind == VALUE_STRING && expression_occurs(value_text(v)))
		r = fold_text(m->planner, v, &expr, err);
	else
		expr = expr_new_literal(&m->planner->arena, v);
	if (r == 0)
		add_part(m, expr);
	return r;
}

static int
make_next(struct maker *m, struct err *err)
{
	struct open *open = &m->open[m->n_open - 1];
	bool is_map = open->value->kind == VALUE_OBJECT;
	uint32_t next = open->next++;
	const struct expr *made;

	if (next < open->value->n) {
		if (!is_map)
			return make_value(m, &open->value->items[next], err);
		add_part(m,
			expr_new_literal(&m->planner->arena, &open->value->members[next].key));
		return make_value(m, &open->value->members[next].value, err);
	}
	made = expr_new_made(&m->planner->arena, is_map ? EXPR_MADE_MAP : EXPR_MADE_LIST,
		m->parts + open->first, (uint32_t)(m->n_parts - open->first));
	m->n_parts = open->first;
	m->n_open--;
	add_part(m, made);
	return 0;
}

int
planner_make_value(
	struct planner *p, const struct value *v, const struct expr **ret_expr, struct err *err)
{
	struct maker m = {.planner = p};
	struct folding f = {.planner = p};
	struct expr_scope scope = {get_param, &f, &p->arena, 0};
	struct err why = ERR_INIT;
	struct expr *folded = NULL;
	uint32_t offset = 0;
	int r = make_value(&m, v, err);

	while (r == 0 && m.n_open)
		r = make_next(&m, err);
	if (r == 0) {
		f.expr = m.parts[0];
		r = expr_fold(m.parts[0], &scope, &folded, &offset, &why);
		if (r < 0)
			r = refuse(p, v, STR_EMPTY, 0, &why, err);
	}
	free(m.open);
	free(m.parts);
	*ret_expr = folded;
	return r;
}

/* Whether a param is missing in it: only in a sketch, unless it is one of a scope. */
static bool
is_sketched(const struct expr *expr)
{
	for (uint32_t i = 0; i < expr_references(expr); i++)
		if (str_is(expr_bound(expr, i)->segments[0].name, "params") &&
			!expression_names_scope(expr_bound(expr, i)))
			return true;
	return false;
}

bool
planner_is_text(const struct expr *expr)
{
	return expr_lone_literal(expr) || is_sketched(expr);
}

int
planner_write_expression(const struct expr *expr, struct buf *b, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(EXPR_PLAN_BYTES_MAX);
	int r;

	expr_write(expr, &text);
	r = buf_check(&text, "an expression", err);
	if (r == 0)
		json_write_string(buf_str(&text), b);
	return r;
}

int
planner_write_condition(
	struct planner *p, const struct value *v, struct buf *b, struct err *err)
{
	const struct value *literal;
	struct expr *expr;
	struct str text;
	int r;

	if (!v || (v->kind == VALUE_BOOL && value_is_true(v)))
		return 0;
	if (v->kind == VALUE_BOOL) {
		buf_add_cstr(b, ",\"if\":\"false\"");
		return 0;
	}
	if (!expression_alone(value_text(v), true, &text))
		BUG("a condition that was checked is none");
	r = planner_fold(p, v, text, &expr, err);
	if (r < 0)
		return r;
	literal = expr_lone_literal(expr);
	if (literal && literal->kind != VALUE_BOOL)
		return source_error(&p->workflow->source,
			expression_place(p->workflow, v, text, 0), err,
			"with its params, \"if\" is no true or false; compare it with "
			"something");
	if (literal && value_is_true(literal))
		return 0;
	buf_add_cstr(b, ",\"if\":");
	return planner_write_expression(expr, b, err);
}
