/*
 * loop: schemas that apply themselves to the very value that they are applied to: by references, "allOf",
 * "anyOf", "oneOf", "not" and "if", which look at the same value, and so without end. JSON Schema leaves
 * open what they mean (2020-12, 9.4.1); no value can be told valid or invalid by them.
 */
#ifndef LILY_CONTRACT_LOOP_H
#define LILY_CONTRACT_LOOP_H

#include "contract/frame.h"

/* A reference that is part of a loop, in the document of that URI (empty: of any): the node that has it, and
 * its keyword's value; false where there is none. "$dynamicRef" leads where it does by itself. What a pointer
 * makes a schema becomes a node of the frame. */
bool loop_find(struct frame *frame, struct str uri, uint32_t *ret_node,
	const struct value **ret_reference);

#endif
