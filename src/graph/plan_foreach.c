#include "graph/instance.h"
#include "graph/planner.h"

#include "graph/declared_foreach.h"
#include "graph/expansion.h"
#include "graph/matrix.h"
#include "graph/port.h"
#include "graph/reference.h"
#include "json/json.h"

static uint32_t
list_limit(const struct planner *p, const struct declared_foreach *foreach)
{
	return foreach->max_items ? foreach->max_items : p->top->workflow->max_items;
}

static int
write_value(const struct value *v, const char *key, struct buf *b, struct err *err)
{
	buf_printf(b, "\"%s\":", key);
	return json_canonical(v, JSON_NUMBERS_EXACT, b, err);
}

static int
write_expression(const struct expr *expr, const char *key, struct buf *b, struct err *err)
{
	buf_printf(b, "\"%s\":", key);
	return planner_write_expression(expr, b, err);
}

/* What the params leave of it must be known: so are the names of all items. */
static int
make_known(struct planner *p, const struct value *v, const char *what, struct value *ret_value,
	struct err *err)
{
	const struct expr *made;
	int r = planner_make_value(p, v, &made, err);

	if (r < 0)
		return r;
	if (!expr_lone_literal(made))
		return source_error(&p->workflow->source, v->offset, err,
			"%s must be known when the run is planned: only params can be used in "
			"it",
			what);
	*ret_value = *expr_lone_literal(made);
	return 0;
}

static int
write_matrix(struct planner *p, const struct declared_foreach *foreach, struct buf *b,
	struct err *err)
{
	struct err why = ERR_INIT;
	struct value axes;
	struct value list;
	struct value keys;
	int r = make_known(p, foreach->matrix, "a matrix", &axes, err);

	for (uint32_t i = 0; r == 0 && i < axes.n; i++)
		if (axes.members[i].value.kind != VALUE_ARRAY)
			r = source_error(&p->workflow->source, foreach->matrix->offset, err,
				"\"%.*s\" of the matrix is no list",
				STR_ARG(value_text(&axes.members[i].key)));
	if (r < 0)
		return r;
	r = matrix_expand(&axes, foreach->include, foreach->exclude, list_limit(p, foreach),
		&p->arena, &list, &keys, &why);
	if (r < 0) {
		(void)source_error(
			&p->workflow->source, foreach->matrix->offset, err, "%s", why.message);
		if (err)
			err->code = r;
		return r;
	}
	if (!foreach->batch && !foreach->key) {
		r = write_value(&keys, "keys", b, err);
		buf_add_char(b, ',');
	}
	return r < 0 ? r : write_expression(expr_new_literal(&p->arena, &list), "list", b, err);
}

/* A list as an expression, or a lone artifact. */
static int
write_in(struct planner *p, const struct value *in, struct buf *b, struct err *err)
{
	struct meaning meaning;
	const struct expr *made;
	struct expr *folded = NULL;
	struct str text;
	int r;

	if (in->kind == VALUE_ARRAY) {
		r = planner_make_value(p, in, &made, err);
		return r < 0 ? r : write_expression(made, "list", b, err);
	}
	if (!expression_alone(value_text(in), true, &text))
		BUG("an expression that was checked is none");
	r = planner_fold(p, in, text, &folded, err);
	if (r < 0)
		return r;
	return write_expression(
		folded, expression_is_artifact(folded, &meaning) ? "from" : "list", b, err);
}

static int
write_glob(struct planner *p, const struct value *glob, struct buf *b, struct err *err)
{
	struct value known;
	int r = make_known(p, glob, "a pattern", &known, err);

	if (r == 0 && known.kind != VALUE_STRING)
		r = source_error(&p->workflow->source, glob->offset, err,
			"a pattern of file names must be a text, not %s",
			value_kind_name(&known));
	if (r < 0)
		return r;
	buf_add_cstr(b, "\"glob\":");
	json_write_string(value_text(&known), b);
	return 0;
}

/* One expression, also where it is a text with some in it. */
static int
write_key(struct planner *p, const struct value *key, struct buf *b, struct err *err)
{
	struct expr *folded = NULL;
	const struct expr *made = NULL;
	struct str text;
	int r;

	if (!expression_alone(value_text(key), true, &text))
		r = planner_make_value(p, key, &made, err);
	else if ((r = planner_fold(p, key, text, &folded, err)) == 0)
		made = folded;
	return r < 0 ? r : write_expression(made, "key", b, err);
}

/* batch, from, glob, key, keys, list, max_failed, max_items, parallel, results, templates: all but the
 * source in write_source, which has its members in this order. */
static int
write_source(struct planner *p, const struct declared_foreach *foreach, struct buf *b,
	struct err *err)
{
	AUTO_BUF struct buf key = BUF_INIT((size_t)1 << 20);
	AUTO_BUF struct buf source = BUF_INIT(PLAN_BYTES_MAX);
	bool key_first;
	int r = foreach->key ? write_key(p, foreach->key, &key, err) : 0;

	if (r == 0 && foreach->glob) {
		r = write_glob(p, foreach->glob, &source, err);
	} else if (r == 0) {
		r = foreach->matrix ? write_matrix(p, foreach, &source, err)
				    : write_in(p, foreach->in, &source, err);
	}
	if (r < 0)
		return r;
	key_first = key.n && str_compare(buf_str(&key), buf_str(&source)) < 0;
	if (key_first)
		buf_printf(b, "%.*s,", STR_ARG(buf_str(&key)));
	buf_add_str(b, buf_str(&source));
	if (key.n && !key_first)
		buf_printf(b, ",%.*s", STR_ARG(buf_str(&key)));
	return 0;
}

/* How far behind the foreach step a template stands in the plan: steps of scopes stand between. */
static uint32_t
distance(const struct planner *p, const struct declared_step *foreach, uint32_t template)
{
	uint32_t step = (uint32_t)(foreach - p->workflow->steps);

	return p->numbers[step + template] - p->numbers[step];
}

/* All that stands behind it, with the steps of its last template. */
static uint32_t
count_templates(const struct planner *p, const struct declared_step *foreach)
{
	const struct declared_step *last = foreach + foreach->n_templates;
	uint32_t n = distance(p, foreach, foreach->n_templates);

	return last->scope == SCOPE_NONE ? n : n + p->instance->parts[last->scope]->n_steps;
}

/* "results": {OUTPUT: [the template, counted from 1, its output]}. */
static void
write_results(const struct planner *p, const struct declared_step *foreach,
	const struct gathered *outputs, uint32_t n, struct buf *b)
{
	buf_add_cstr(b, ",\"results\":{");
	for (uint32_t i = 0; i < n; i++) {
		buf_add_cstr(b, i ? "," : "");
		json_write_string(outputs[i].name, b);
		buf_printf(b, ":[%u,", distance(p, foreach, outputs[i].template));
		json_write_string(outputs[i].output, b);
		buf_add_char(b, ']');
	}
	buf_add_char(b, '}');
}

static void
write_outputs(const struct gathered *outputs, uint32_t n, struct buf *b)
{
	buf_add_cstr(b, ",\"out\":{");
	for (uint32_t i = 0; i < n; i++) {
		buf_add_cstr(b, i ? "," : "");
		json_write_string(outputs[i].name, b);
		buf_printf(b, ":{\"type\":\"%s\"}", output_type_name(outputs[i].type));
	}
	buf_add_char(b, '}');
}

int
planner_write_foreach(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err)
{
	struct declared_foreach foreach;
	const struct gathered *outputs;
	uint32_t n;
	int r;

	foreach_read(step->keys[STEP_FOREACH], &foreach);
	n = foreach_outputs(p->workflow, step, &p->arena, &outputs);
	buf_add_char(b, '{');
	if (step->keys[STEP_CONTINUE] && value_is_true(step->keys[STEP_CONTINUE]))
		buf_add_cstr(b, "\"continue_on_error\":true,");
	buf_add_cstr(b, "\"foreach\":{");
	if (foreach.batch)
		buf_printf(b, "\"batch\":%u,", foreach.batch);
	r = write_source(p, &foreach, b, err);
	if (foreach.max_failed)
		buf_printf(b, ",\"max_failed\":%s%llu%s",
			foreach.max_failed_is_share ? "\"" : "",
			(unsigned long long)foreach.max_failed,
			foreach.max_failed_is_share ? "%\"" : "");
	if (foreach.max_items)
		buf_printf(b, ",\"max_items\":%u", foreach.max_items);
	if (foreach.parallel)
		buf_printf(b, ",\"parallel\":%u", foreach.parallel);
	if (n)
		write_results(p, step, outputs, n, b);
	buf_printf(b, ",\"templates\":%u}", count_templates(p, step));
	if (r == 0)
		r = planner_write_condition(p, step->keys[STEP_IF], b, err);
	if (step->is_last || p->instance->is_last)
		buf_add_cstr(b, ",\"last\":true");
	buf_add_cstr(b, ",\"name\":");
	planner_write_name(p, step, b);
	planner_write_needs(p, step, b);
	if (n)
		write_outputs(outputs, n, b);
	buf_add_char(b, '}');
	return r;
}
