#include "base/memory.h"
#include "expr/function.h"
#include "expr/literal.h"

/* A node on the way from the root down: what of it is still to be written. */
struct frame {
	uint32_t node;
	uint32_t next; /* operand that comes next */
	bool has_parens;
	uint32_t first_root; /* of its operands in the list of roots */
};

struct writer {
	const struct expr *expr;
	struct buf *b;
	struct frame *frames;
	size_t n_frames;
	size_t frames_capacity;
	uint32_t *roots;
	size_t n_roots;
	size_t roots_capacity;
};

static bool
is_plain_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
			!(c >= '0' && c <= '9') && c != '_' && (c != '-' || !i))
			return false;
	}
	return s.n > 0;
}

static void
write_member(struct str name, struct buf *b)
{
	struct value text = value_string(name);

	if (is_plain_name(name)) {
		buf_add_char(b, '.');
		buf_add_str(b, name);
		return;
	}
	buf_add_char(b, '[');
	literal_write(&text, b);
	buf_add_char(b, ']');
}

void
expr_write_path(const struct expr_reference *reference, uint32_t n, struct buf *b)
{
	buf_add_str(b, reference->segments[0].name);
	for (uint32_t i = 1; i < n; i++)
		write_member(reference->segments[i].name, b);
}

/* (steps.a).b is not the path steps.a.b, and 3.b would be no number. */
static bool
is_taken_apart(const struct node *node, const struct node *key)
{
	if (key->kind != NODE_LITERAL || key->literal.kind != VALUE_STRING)
		return false;
	return node->kind == NODE_REFERENCE ||
		(node->kind == NODE_LITERAL && node->literal.kind == VALUE_NUMBER);
}

/* Whether an operand of the node at a place needs parentheses to stay its own. */
static bool
needs_parens(const struct expr *expr, uint32_t at, uint32_t operand, uint32_t root)
{
	const struct node *parent = &expr->nodes[at];
	const struct node *node = &expr->nodes[root];
	unsigned outer = node_precedence((enum node_kind)parent->kind);
	unsigned inner = node_precedence((enum node_kind)node->kind);

	if (parent->kind == NODE_CALL || parent->kind == NODE_LIST ||
		parent->kind == NODE_MAP || (parent->kind == NODE_INDEX && operand))
		return false;
	if (parent->kind == NODE_INDEX && is_taken_apart(node, &expr->nodes[at - 1]))
		return true;
	/* All operators group from the left. */
	return inner < outer || (inner == outer && operand);
}

static void
push(struct writer *w, uint32_t at, bool has_parens)
{
	const struct node *node = &w->expr->nodes[at];
	struct frame frame = {at, 0, has_parens, (uint32_t)w->n_roots};

	while (w->n_roots + node->n > w->roots_capacity)
		w->roots = memory_grow(
			w->roots, w->roots_capacity, &w->roots_capacity, sizeof(*w->roots));
	if (node->n)
		tree_operands(w->expr->nodes, at, w->roots + w->n_roots);
	w->n_roots += node->n;
	w->frames =
		memory_grow(w->frames, w->n_frames, &w->frames_capacity, sizeof(*w->frames));
	w->frames[w->n_frames++] = frame;
}

/* What stands before operand `next` of a node, or behind the last one. */
static void
write_between(struct writer *w, const struct node *node, uint32_t next)
{
	static const char *const brackets[NODE_KINDS] = {
		[NODE_CALL] = "()", [NODE_LIST] = "[]", [NODE_MAP] = "{}"};
	const char *pair = brackets[node->kind];
	struct buf *b = w->b;

	if (node->kind == NODE_NOT && next == 0)
		buf_add_char(b, '!');
	if (!pair && node->kind != NODE_NOT && next == 1 && node->n == 2)
		buf_printf(b, " %s ", node_operator((enum node_kind)node->kind));
	if (!pair)
		return;
	if (next == 0 && node->kind == NODE_CALL)
		buf_add_cstr(b, function_rows[node->function].name);
	if (next == 0)
		buf_add_char(b, pair[0]);
	else if (next < node->n)
		buf_add_cstr(b, node->kind == NODE_MAP && (next & 1) ? ": " : ", ");
	if (next == node->n)
		buf_add_char(b, pair[1]);
}

/* The key behind a value: .name or ['name'] where it is a text. True: it was written whole. */
static bool
write_index(struct writer *w, const struct node *node, uint32_t next, uint32_t operand)
{
	const struct node *key = &w->expr->nodes[operand];

	if (node->kind != NODE_INDEX || next != 1)
		return false;
	if (key->kind == NODE_LITERAL && key->literal.kind == VALUE_STRING) {
		write_member(value_text(&key->literal), w->b);
		return true;
	}
	buf_add_char(w->b, '[');
	return false;
}

static void
write_leaf(struct writer *w, const struct node *node)
{
	const struct expr_reference *reference;

	if (node->kind == NODE_LITERAL)
		literal_write(&node->literal, w->b);
	if (node->kind != NODE_REFERENCE)
		return;
	reference = &w->expr->references[node->reference];
	expr_write_path(reference, reference->n, w->b);
}

/* One step for the innermost frame. */
static void
step(struct writer *w)
{
	struct frame *frame = &w->frames[w->n_frames - 1];
	const struct node *node = &w->expr->nodes[frame->node];
	uint32_t next = frame->next++;
	uint32_t operand;
	bool parens;

	if (next == 0 && frame->has_parens)
		buf_add_char(w->b, '(');
	if (next == 0)
		write_leaf(w, node);
	if (node->kind != NODE_INDEX)
		write_between(w, node, next);
	if (next < node->n) {
		operand = w->roots[frame->first_root + next];
		if (write_index(w, node, next, operand))
			return;
		parens = needs_parens(w->expr, frame->node, next, operand);
		push(w, operand, parens);
		return;
	}
	if (node->kind == NODE_INDEX &&
		(w->expr->nodes[frame->node - 1].kind != NODE_LITERAL ||
			w->expr->nodes[frame->node - 1].literal.kind != VALUE_STRING))
		buf_add_char(w->b, ']');
	if (frame->has_parens)
		buf_add_char(w->b, ')');
	w->n_roots -= node->n;
	w->n_frames--;
}

void
expr_write(const struct expr *expr, struct buf *b)
{
	struct writer w = {.expr = expr, .b = b};

	push(&w, expr->n_nodes - 1, false);
	while (w.n_frames)
		step(&w);
	free(w.frames);
	free(w.roots);
}
