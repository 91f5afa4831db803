#include "expr/tree.h"

#include "base/memory.h"
#include "expr/function.h"
#include "json/copy.h"

static const struct {
	const char *text;
	uint8_t precedence;
} operators[NODE_KINDS] = {
	[NODE_LITERAL] = {NULL, 7},
	[NODE_REFERENCE] = {NULL, 7},
	[NODE_CALL] = {NULL, 7},
	[NODE_LIST] = {NULL, 7},
	[NODE_MAP] = {NULL, 7},
	[NODE_INDEX] = {NULL, 6},
	[NODE_NOT] = {"!", 5},
	[NODE_LESS] = {"<", 4},
	[NODE_LESS_EQUAL] = {"<=", 4},
	[NODE_GREATER] = {">", 4},
	[NODE_GREATER_EQUAL] = {">=", 4},
	[NODE_EQUAL] = {"==", 3},
	[NODE_NOT_EQUAL] = {"!=", 3},
	[NODE_AND] = {"&&", 2},
	[NODE_OR] = {"||", 1},
};

unsigned
node_precedence(enum node_kind kind)
{
	return operators[kind].precedence;
}

const char *
node_operator(enum node_kind kind)
{
	return operators[kind].text;
}

bool
node_is_lazy(const struct node *node)
{
	return node->kind == NODE_AND || node->kind == NODE_OR ||
		(node->kind == NODE_CALL && node->function == FUNCTION_DEFAULT);
}

bool
node_is_digested(const struct expr *expr, uint32_t at)
{
	const struct node *next = &expr->nodes[at + 1];

	return at + 1 < expr->n_nodes && next->kind == NODE_CALL &&
		next->function == FUNCTION_DIGEST && next->first == expr->nodes[at].first;
}

void
tree_done(struct tree *tree)
{
	free(tree->nodes);
	tree->nodes = NULL;
}

static struct node *
add(struct tree *tree)
{
	tree->nodes = memory_grow(tree->nodes, tree->n, &tree->capacity, sizeof(*tree->nodes));
	return &tree->nodes[tree->n++];
}

void
tree_add_literal(struct tree *tree, struct value v, uint32_t offset)
{
	uint32_t first = (uint32_t)tree->n;

	*add(tree) = (struct node){
		.kind = NODE_LITERAL, .first = first, .offset = offset, .literal = v};
}

void
tree_add_reference(struct tree *tree, uint32_t number, uint32_t offset)
{
	uint32_t first = (uint32_t)tree->n;

	*add(tree) = (struct node){
		.kind = NODE_REFERENCE, .first = first, .offset = offset, .reference = number};
}

void
tree_add_node(struct tree *tree, struct node node)
{
	uint32_t first = (uint32_t)tree->n;

	for (uint32_t i = 0; i < node.n; i++) {
		if (!first)
			BUG("a node over %u subtrees, of which there are %u", node.n, i);
		first = tree->nodes[first - 1].first;
	}
	node.first = first;
	*add(tree) = node;
}

void
tree_operands(const struct node *nodes, uint32_t at, uint32_t *ret_roots)
{
	uint32_t end = at;

	for (uint32_t i = nodes[at].n; i-- > 0;) {
		ret_roots[i] = end - 1;
		end = nodes[end - 1].first;
	}
}

/* Tells the operands of a lazy node, but the last, where they may skip to. */
static void
set_skips(struct node *nodes, uint32_t at)
{
	uint32_t end = nodes[at - 1].first;

	for (uint32_t i = 1; i < nodes[at].n; i++) {
		nodes[end - 1].skips_to = at;
		end = nodes[end - 1].first;
	}
}

/* References below an operand of default that is not its last one. */
static void
set_guarded(struct expr *expr, uint32_t at)
{
	const struct node *nodes = expr->nodes;
	uint32_t end = nodes[at - 1].first;

	if (nodes[at].kind != NODE_CALL)
		return;
	for (uint32_t i = nodes[at].first; i < end; i++)
		if (nodes[i].kind == NODE_REFERENCE)
			expr->references[nodes[i].reference].is_guarded = true;
}

static uint32_t
measure_depth(const struct node *nodes, size_t n)
{
	size_t now = 0;
	size_t most = 0;

	for (size_t i = 0; i < n; i++) {
		now = now + 1 - nodes[i].n;
		most = MAX(most, now);
	}
	return (uint32_t)most;
}

struct expr *
tree_finish(struct tree *tree, const struct expr_reference *references, uint32_t n_references)
{
	struct expr *expr = ARENA_NEW(tree->arena, struct expr);

	expr->arena = tree->arena;
	expr->n_nodes = (uint32_t)tree->n;
	expr->nodes = ARENA_ARRAY(tree->arena, tree->n, struct node);
	memcpy(expr->nodes, tree->nodes, tree->n * sizeof(*tree->nodes));
	expr->n_references = n_references;
	expr->references = ARENA_ARRAY(tree->arena, n_references, struct expr_reference);
	if (n_references)
		memcpy(expr->references, references, n_references * sizeof(*references));
	for (uint32_t i = 0; i < n_references; i++)
		expr->references[i].is_guarded = false;
	for (uint32_t i = 0; i < expr->n_nodes; i++) {
		if (expr->nodes[i].n < 2 || !node_is_lazy(&expr->nodes[i]))
			continue;
		set_skips(expr->nodes, i);
		set_guarded(expr, i);
	}
	expr->depth = measure_depth(expr->nodes, tree->n);
	return expr;
}

uint32_t
expr_references(const struct expr *expr)
{
	return expr->n_references;
}

struct expr_reference *
expr_reference(struct expr *expr, uint32_t number)
{
	return &expr->references[number];
}

const struct expr_reference *
expr_bound(const struct expr *expr, uint32_t number)
{
	return &expr->references[number];
}

const struct expr_reference *
expr_lone_reference(const struct expr *expr)
{
	return expr->n_nodes == 1 && expr->nodes[0].kind == NODE_REFERENCE
		? &expr->references[expr->nodes[0].reference]
		: NULL;
}

const struct value *
expr_lone_literal(const struct expr *expr)
{
	return expr->n_nodes == 1 && expr->nodes[0].kind == NODE_LITERAL
		? &expr->nodes[0].literal
		: NULL;
}

struct expr *
expr_new_literal(struct arena *arena, const struct value *v)
{
	AUTO_TREE struct tree tree = TREE_INIT(arena);

	tree_add_literal(&tree, value_copy(arena, v), 0);
	return tree_finish(&tree, NULL, 0);
}

/* The part's nodes at the end of the tree, its references behind those that are there. */
static void
append(struct tree *tree, const struct expr *part, uint32_t n_references)
{
	uint32_t base = (uint32_t)tree->n;

	for (uint32_t i = 0; i < part->n_nodes; i++) {
		struct node node = part->nodes[i];

		node.first += base;
		node.skips_to = 0;
		if (node.kind == NODE_REFERENCE)
			node.reference += n_references;
		*add(tree) = node;
	}
}

struct expr *
expr_new_made(
	struct arena *arena, enum expr_made made, const struct expr *const *parts, uint32_t n)
{
	static const struct node nodes[] = {
		[EXPR_MADE_TEXT] = {.kind = NODE_CALL, .function = FUNCTION_CONCAT},
		[EXPR_MADE_LIST] = {.kind = NODE_LIST},
		[EXPR_MADE_MAP] = {.kind = NODE_MAP},
	};
	AUTO_TREE struct tree tree = TREE_INIT(arena);
	struct node node = nodes[made];
	struct expr_reference *references;
	uint32_t n_references = 0;
	struct expr *expr;

	for (uint32_t i = 0; i < n; i++)
		n_references += parts[i]->n_references;
	references = memory_new(n_references, sizeof(*references));
	n_references = 0;
	for (uint32_t i = 0; i < n; i++) {
		append(&tree, parts[i], n_references);
		if (parts[i]->n_references)
			memcpy(references + n_references, parts[i]->references,
				parts[i]->n_references * sizeof(*references));
		n_references += parts[i]->n_references;
	}
	node.n = n;
	tree_add_node(&tree, node);
	expr = tree_finish(&tree, references, n_references);
	free(references);
	return expr;
}
