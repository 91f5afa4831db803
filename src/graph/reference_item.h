/*
 * reference_item: what steps.FOREACH.item, key and index name: the item of a foreach that a step is in, at
 * whatever distance.
 */
#ifndef LILY_GRAPH_REFERENCE_ITEM_H
#define LILY_GRAPH_REFERENCE_ITEM_H

#include "graph/reference.h"

/* What the name may give (EXPR_…), with `foreach` as the number of the step that it names. It makes no edge.
 * ERR_INVALID where that is no foreach around the place; one line. */
int item_reference_check(const struct reference_place *at, const struct meaning *meaning,
	uint32_t foreach, unsigned *ret_type, struct err *err);

#endif
