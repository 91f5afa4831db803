#include "expr/evaluate.h"

#include "base/memory.h"
#include "expr/operate.h"

struct evaluation {
	const struct expr *expr;
	const struct expr_scope *scope;
	struct operation operation;
	struct cell *cells; /* the stack */
	uint32_t n;
};

int
expr_value_text(const struct value *v, struct str *ret_text, struct err *err)
{
	switch ((enum value_kind)v->kind) {
	case VALUE_STRING:
	case VALUE_NUMBER: *ret_text = value_text(v); return 0;
	case VALUE_BOOL: *ret_text = value_is_true(v) ? STR("true") : STR("false"); return 0;
	case VALUE_NULL:
		return err_set(err, ERR_INVALID,
			"null is no text; write default(a, 'b') for \"a, or b if it is null\"");
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		return err_set(err, ERR_INVALID, "a %s is no text; %s",
			v->kind == VALUE_ARRAY ? "list" : "map",
			v->kind == VALUE_ARRAY
				? "write join(list) or take it by `in`, as a JSON file"
				: "name a member of it or take it by `in`, as a JSON file");
	}
	BUG("a value of kind %d", v->kind);
}

/* Whether the reference at a place is asked for the digest of its artifact. */
static bool
is_digested(const struct expr *expr, uint32_t at)
{
	const struct expr_reference *reference = &expr->references[expr->nodes[at].reference];

	return reference->is_artifact && reference->used == reference->n &&
		node_is_digested(expr, at);
}

static int
get(struct evaluation *e, uint32_t at, enum expr_want want, struct cell *ret_cell)
{
	struct operation *o = &e->operation;
	const struct node *node = &e->expr->nodes[at];
	const struct expr_reference *reference = &e->expr->references[node->reference];
	struct cell cell = {.offset = node->offset};
	AUTO_BUF struct buf path = BUF_INIT(200);
	int r = operation_charge(o, node->offset, 1);

	if (r < 0)
		return r;
	o->fault_at = node->offset;
	r = e->scope->get(e->scope->context, node->reference, want, &cell.value, o->err);
	if (r < 0)
		return r;
	if (r == 0) {
		expr_write_path(reference, reference->used, &path);
		cell.is_absent = true;
		cell.missing = arena_printf(o->arena, "\"%s\"", buf_cstr(&path));
	}
	*ret_cell = cell;
	return want == EXPR_WANT_VALUE ? operate_members(o, reference, ret_cell) : 0;
}

/* One node; *at moves on where one more is done with it. */
static int
step(struct evaluation *e, uint32_t *at)
{
	const struct node *node = &e->expr->nodes[*at];
	struct cell *top;

	if (node->kind == NODE_LITERAL) {
		e->cells[e->n++] =
			(struct cell){.value = node->literal, .offset = node->offset};
		return operation_charge(&e->operation, node->offset, 1);
	}
	if (node->kind == NODE_REFERENCE) {
		bool digested = is_digested(e->expr, *at);

		*at += digested;
		return get(e, *at - digested, digested ? EXPR_WANT_DIGEST : EXPR_WANT_VALUE,
			&e->cells[e->n++]);
	}
	if (node_is_lazy(node))
		return operation_charge(&e->operation, node->offset, 1);
	e->n -= node->n;
	top = &e->cells[e->n++];
	return operate(&e->operation, node, top, top);
}

/* Goes on from the node at a place, whose value is on top, to where its parents skip to. */
static int
skip(struct evaluation *e, uint32_t *at)
{
	const struct node *nodes = e->expr->nodes;

	while (nodes[*at].skips_to) {
		uint32_t parent = nodes[*at].skips_to;
		int r = operate_lazy(&e->operation, &nodes[parent], &e->cells[e->n - 1]);

		if (r < 0)
			return r;
		if (r == 0) {
			e->n--;
			return 0;
		}
		*at = parent;
	}
	return 0;
}

static int
run(struct evaluation *e)
{
	int r = 0;

	for (uint32_t at = 0; at < e->expr->n_nodes && r == 0; at++) {
		r = step(e, &at);
		if (r == 0)
			r = skip(e, &at);
	}
	return r;
}

int
expr_evaluate(const struct expr *expr, const struct expr_scope *scope, struct value *ret_value,
	uint32_t *ret_offset, struct err *err)
{
	struct evaluation e = {
		.expr = expr,
		.scope = scope,
		.operation = {scope->arena, scope->cost ? scope->cost : EXPR_COST_MAX, 0, err},
		.cells = memory_new((size_t)expr->depth + 1, sizeof(*e.cells)),
	};
	struct cell result = {.is_absent = true};
	int r = run(&e);

	if (r == 0)
		result = e.cells[0];
	free(e.cells);
	if (r == 0 && result.is_absent) {
		e.operation.fault_at = result.offset;
		r = err_set(err, ERR_NOT_FOUND,
			"%s is not there; write default(a, b) for \"a, or b if there is none\"",
			result.missing);
	}
	if (r < 0)
		*ret_offset = e.operation.fault_at;
	else
		*ret_value = result.value;
	return r;
}

int
expr_evaluate_condition(const struct expr *expr, const struct expr_scope *scope,
	bool *ret_truth, uint32_t *ret_offset, struct err *err)
{
	struct value v;
	int r = expr_evaluate(expr, scope, &v, ret_offset, err);

	if (r < 0)
		return r;
	if (v.kind != VALUE_BOOL) {
		*ret_offset = 0;
		return err_set(err, ERR_INVALID,
			"a condition is true or false, not %s; compare it with something",
			operand_describe(scope->arena, &v));
	}
	*ret_truth = value_is_true(&v);
	return 0;
}
