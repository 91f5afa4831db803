/*
 * Evaluation of what is known, into a new tree: every subtree of the old one becomes a subtree of
 * the new one at once, and one that is known becomes a literal.
 */
#include "base/memory.h"
#include "expr/operate.h"

/* A subtree of the new tree. */
struct part {
	bool is_known;
	struct cell cell; /* known */
};

struct fold {
	const struct expr *expr;
	const struct expr_scope *scope;
	struct operation operation;
	struct tree tree;
	struct part *parts;
	uint32_t n;
	uint32_t *kept; /* by old node: operands of a lazy one that stay */
	struct expr_reference *references;
	uint32_t n_references;
};

static void
push_known(struct fold *f, struct cell cell)
{
	/* The literal of what is absent is never written: it is dropped, or an error. */
	tree_add_literal(&f->tree, cell.value, cell.offset);
	f->parts[f->n++] = (struct part){true, cell};
}

/* Takes the newest subtree away. */
static void
pop(struct fold *f)
{
	f->tree.n = f->tree.nodes[f->tree.n - 1].first;
	f->n--;
}

static int
refuse_absent(struct fold *f, const struct cell *cell)
{
	f->operation.fault_at = cell->offset;
	return err_set(f->operation.err, ERR_NOT_FOUND,
		"%s is not there; write default(a, b) for \"a, or b if there is none\"",
		cell->missing);
}

static int
fold_reference(struct fold *f, const struct node *node)
{
	struct operation *o = &f->operation;
	const struct expr_reference *reference = &f->expr->references[node->reference];
	struct cell cell = {.offset = node->offset};
	int r = operation_charge(o, node->offset, 1);

	if (r < 0)
		return r;
	o->fault_at = node->offset;
	r = f->scope->get(
		f->scope->context, node->reference, EXPR_WANT_VALUE, &cell.value, o->err);
	if (r < 0)
		return r;
	if (r == 1) {
		r = operate_members(o, reference, &cell);
		push_known(f, cell);
		return r;
	}
	f->references[f->n_references] = *reference;
	tree_add_reference(&f->tree, f->n_references++, node->offset);
	f->parts[f->n++] = (struct part){.is_known = false};
	return 0;
}

/* The operands are the newest parts. */
static int
fold_operation(struct fold *f, const struct node *node)
{
	struct part *parts = f->parts + f->n - node->n;
	struct cell *cells;
	struct cell cell;
	bool is_known = true;
	int r;

	for (uint32_t i = 0; i < node->n; i++) {
		is_known &= parts[i].is_known;
		if (parts[i].is_known && parts[i].cell.is_absent) {
			cell = parts[i].cell;
			goto absent;
		}
	}
	if (!is_known) {
		tree_add_node(&f->tree, *node);
		f->n -= node->n;
		f->parts[f->n++] = (struct part){.is_known = false};
		return 0;
	}
	cells = memory_new(node->n, sizeof(*cells));
	for (uint32_t i = 0; i < node->n; i++)
		cells[i] = parts[i].cell;
	r = operate(&f->operation, node, cells, &cell);
	free(cells);
	if (r < 0)
		return r;
absent:
	for (uint32_t i = 0; i < node->n; i++)
		pop(f);
	push_known(f, cell);
	return 0;
}

/* A lazy node whose operands that stay are the newest parts: one stands for the whole. */
static int
fold_lazy(struct fold *f, uint32_t at, uint32_t n)
{
	struct node node = f->expr->nodes[at];

	node.n = n;
	node.skips_to = 0;
	if (n == 1)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct part *part = &f->parts[f->n - n + i];

		if (part->is_known && part->cell.is_absent)
			return refuse_absent(f, &part->cell);
	}
	tree_add_node(&f->tree, node);
	f->n -= n;
	f->parts[f->n++] = (struct part){.is_known = false};
	return 0;
}

/* The newest part is an operand, not the last, of a lazy node: 1 where it is the last that stays. */
static int
fold_operand(struct fold *f, uint32_t parent)
{
	const struct part *part = &f->parts[f->n - 1];
	int r;

	if (!part->is_known) {
		f->kept[parent]++;
		return 0;
	}
	r = operate_lazy(&f->operation, &f->expr->nodes[parent], &part->cell);
	if (r == 0)
		pop(f);
	return r;
}

static int
step(struct fold *f, uint32_t at)
{
	const struct node *node = &f->expr->nodes[at];

	if (node->kind == NODE_REFERENCE)
		return fold_reference(f, node);
	if (node->kind == NODE_LITERAL) {
		push_known(f, (struct cell){.value = node->literal, .offset = node->offset});
		return 0;
	}
	if (node_is_lazy(node))
		return fold_lazy(f, at, f->kept[at] + 1);
	return fold_operation(f, node);
}

/* As in evaluating: where a part decides, what is left of its parent is not looked at. */
static int
skip(struct fold *f, uint32_t *at)
{
	while (f->expr->nodes[*at].skips_to) {
		uint32_t parent = f->expr->nodes[*at].skips_to;
		int r = fold_operand(f, parent);

		if (r <= 0)
			return r;
		*at = parent;
		r = fold_lazy(f, parent, f->kept[parent] + 1);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
run(struct fold *f)
{
	int r = 0;

	for (uint32_t at = 0; at < f->expr->n_nodes && r == 0; at++) {
		r = step(f, at);
		if (r == 0)
			r = skip(f, &at);
	}
	if (r == 0 && f->parts[0].is_known && f->parts[0].cell.is_absent)
		r = refuse_absent(f, &f->parts[0].cell);
	return r;
}

int
expr_fold(const struct expr *expr, const struct expr_scope *scope, struct expr **ret_expr,
	uint32_t *ret_offset, struct err *err)
{
	struct fold f = {
		.expr = expr,
		.scope = scope,
		.operation = {scope->arena, scope->cost ? scope->cost : EXPR_COST_MAX, 0, err},
		.tree = TREE_INIT(scope->arena),
		.parts = memory_new((size_t)expr->depth + 1, sizeof(*f.parts)),
		.kept = memory_zeroed(expr->n_nodes, sizeof(*f.kept)),
		.references = memory_new(expr->n_references, sizeof(*f.references)),
	};
	int r = run(&f);

	if (r == 0)
		*ret_expr = tree_finish(&f.tree, f.references, f.n_references);
	else
		*ret_offset = f.operation.fault_at;
	tree_done(&f.tree);
	free(f.parts);
	free(f.kept);
	free(f.references);
	return r;
}
