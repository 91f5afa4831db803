/*
 * literal: values as they stand in the text of an expression: 'high', 3.10, [1, 2], {'a': null}.
 */
#ifndef LILY_EXPR_LITERAL_H
#define LILY_EXPR_LITERAL_H

#include "expr/tree.h"

/* Iterative, whatever the depth. */
void literal_write(const struct value *v, struct buf *b);

/* The value of a list or map whose n operands are the newest subtrees, all of them literals; false
 * where one is none. */
bool literal_make(
	const struct tree *tree, enum node_kind kind, uint32_t n, struct value *ret_value);

#endif
