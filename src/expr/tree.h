/*
 * tree: an expression as expr's own files share it: nodes in postfix order.
 *
 * The operands of a node are the subtrees right before it; nodes[i].first is where its own subtree
 * begins, so that the last operand's root is i - 1 and the one before it at nodes[i - 1].first - 1.
 * A node whose value may make its parent skip what is left of it (a && b, default(a, b)) names the
 * parent in `skips_to`.
 */
#ifndef LILY_EXPR_TREE_H
#define LILY_EXPR_TREE_H

#include "expr/expr.h"

enum node_kind {
	NODE_LITERAL,
	NODE_REFERENCE,
	NODE_INDEX, /* a[b], a.b */
	NODE_NOT,
	NODE_LESS,
	NODE_LESS_EQUAL,
	NODE_GREATER,
	NODE_GREATER_EQUAL,
	NODE_EQUAL,
	NODE_NOT_EQUAL,
	NODE_AND,
	NODE_OR,
	NODE_CALL,
	NODE_LIST,
	NODE_MAP,
	NODE_KINDS
};

struct node {
	uint8_t kind;     /* enum node_kind */
	uint8_t function; /* NODE_CALL: enum function */
	uint32_t n;       /* operands */
	uint32_t first;
	uint32_t skips_to; /* 0: none, for no parent is the first node */
	uint32_t offset;   /* in the text: of its operator or word */
	union {
		struct value literal;
		uint32_t reference;
	};
};

struct expr {
	struct arena *arena;
	struct node *nodes;
	uint32_t n_nodes;
	struct expr_reference *references;
	uint32_t n_references;
	uint32_t depth; /* values on a stack at one time, at most */
};

/* How tightly it binds: greater is tighter; operands and calls most of all. */
unsigned node_precedence(enum node_kind kind);

/* "==", "&&", …; NULL for what is no operator between or before operands. */
const char *node_operator(enum node_kind kind);

/* Whether the operands but the last can decide alone. */
bool node_is_lazy(const struct node *node);

/* Whether the node at a place is the argument of digest. */
bool node_is_digested(const struct expr *expr, uint32_t at);

/* Nodes on their way into a tree. */
struct tree {
	struct arena *arena;
	struct node *nodes;
	size_t n;
	size_t capacity;
};

#define TREE_INIT(where) ((struct tree){.arena = (where)})
#define AUTO_TREE __attribute__((cleanup(tree_done)))

void tree_done(struct tree *tree);
void tree_add_literal(struct tree *tree, struct value v, uint32_t offset);
void tree_add_reference(struct tree *tree, uint32_t number, uint32_t offset);

/* A node over the newest n subtrees. */
void tree_add_node(struct tree *tree, struct node node);

/* The node's operands as roots, the first one first; room for node->n of them. */
void tree_operands(const struct node *nodes, uint32_t at, uint32_t *ret_roots);

/* The finished expression: its nodes in the arena, skips_to and depth worked out. */
struct expr *tree_finish(
	struct tree *tree, const struct expr_reference *references, uint32_t n_references);

#endif
