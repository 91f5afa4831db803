/*
 * expansion: what step.expanded says: which items a foreach had, and the numbers of their steps.
 */
#ifndef LILY_STORE_EXPANSION_H
#define LILY_STORE_EXPANSION_H

#include "base/arena.h"
#include "base/digest.h"
#include "store/store.h"

struct expansion_row {
	uint32_t step;  /* the foreach step's number in the plan */
	uint32_t first; /* of the first item's first step */
	uint32_t each;  /* steps an item */
	uint32_t n_items;
	uint32_t visit;  /* that its steps begin with */
	bool is_retired; /* a rule went back to the foreach: these items count no more */
	const struct str *keys;
	struct digest list; /* the JSON array of the items */
};

/* All of a run, in the order in which they came. */
int expansion_list(struct store *store, int64_t run, struct arena *arena,
	struct expansion_row **ret_rows, size_t *ret_n, struct err *err);

#endif
