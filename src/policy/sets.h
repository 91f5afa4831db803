/*
 * sets: lists of paths as sets of files.
 *
 * An entry holds all that is below it, as far as no obstacle lies between: an entry at or below an
 * obstacle is behind it already. Sets of this form meet in one of the same form, exactly.
 */
#ifndef LILY_POLICY_SETS_H
#define LILY_POLICY_SETS_H

#include "base/arena.h"
#include "policy/policy.h"

/* An obstacle that lies below `from` and at or above `path`, or NULL: the deepest of `hidden`, or, where
 * `protect` is not NULL, one of its entries that yields. */
const struct policy_path *sets_obstacle(const struct policy_paths *hidden,
	const struct policy_paths *protect, const char *from, const char *path);

/* Whether the entry, a pattern perhaps, is at or above the path. */
bool sets_covers(const struct policy_path *entry, const char *path);

/* The first entry that is, or NULL. */
const struct policy_path *sets_find(const struct policy_paths *paths, const char *path);

/* The entry that lets the path in, as far as obstacles allow, the deepest one; NULL where none does, and
 * then *ret_obstacle is what keeps one from it, or NULL. */
const struct policy_path *sets_admit(const struct policy_paths *paths,
	const struct policy_paths *hidden, const struct policy_paths *protect, const char *path,
	const struct policy_path **ret_obstacle);

/* --- making lists --- */

/* Appends to a list of the arena with room for it. */
void sets_add(struct policy_paths *list, const struct policy_path *items, size_t n);

/* All of both, each once. */
struct policy_paths sets_unite(
	struct arena *arena, const struct policy_paths *a, const struct policy_paths *b);

/* One side of a meeting, with the obstacles that its entries heed. */
struct sets_side {
	struct policy_paths paths;
	const struct policy_paths *hidden;
	const struct policy_paths *protect; /* or NULL */
};
struct policy_paths sets_meet(
	struct arena *arena, const struct sets_side *a, const struct sets_side *b);

#endif
