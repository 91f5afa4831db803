/*
 * matrix: all combinations of the values of some axes, as GitHub Actions makes them.
 *
 * The last axis varies fastest. `exclude` takes away combinations that have all members of one of its
 * maps; then each map of `include` is added to every combination whose axes it does not contradict,
 * or, where there is none, is a combination of its own.
 */
#ifndef LILY_GRAPH_MATRIX_H
#define LILY_GRAPH_MATRIX_H

#include "base/arena.h"
#include "base/err.h"
#include "json/value.h"

/* axes: a map of lists; include, exclude: lists of maps, or NULL. *ret_list: an array of objects; *ret_keys:
 * of texts, the values of each combination joined by '-'. Both live in the arena and borrow from the
 * values. ERR_LIMIT where there are more than max. */
int matrix_expand(const struct value *axes, const struct value *include,
	const struct value *exclude, uint32_t max, struct arena *arena, struct value *ret_list,
	struct value *ret_keys, struct err *err);

#endif
