/*
 * inventory: what a store holds and whether it is sound.
 */
#ifndef LILY_TRACE_INVENTORY_H
#define LILY_TRACE_INVENTORY_H

#include "store/store.h"
#include "json/builder.h"

/* The members {"path", "workspace", "version", "runs", "artifacts", "objects", "events", "bytes":
 * {"database", "objects", "runs"}}, into the object that is open. */
int inventory_add_members(
	struct builder *b, struct store *store, const char *workspace, struct err *err);

/* {"ok", "runs", "events", "objects", "artifacts", "findings": [{"invariant", "subject",
 * "problem", "advice"}]}. flags: store/fsck.h. */
int inventory_check(struct store *store, unsigned flags, struct arena *arena,
	const struct value **ret_value, struct err *err);

#endif
