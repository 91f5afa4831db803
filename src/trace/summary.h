/*
 * summary: one run in the members that lists and descriptions share, from its row alone.
 *
 *	{"run_id", "kind", "status", "workflow", "source", "created_at", "started_at",
 *	 "ended_at", "duration_us", "steps": {"total", "pending", "running", "waiting",
 *	 "succeeded", "failed", "blocked", "cancelled", "adopted", "skipped", "reused", "unknown"}, "attempts": number, "key",
 *	 "parent", "held", "holder_pid", "kernel", "reason", "exhausted": [attempts transitions
 *	 wall], "head": {"seq", "hash"}}
 */
#ifndef LILY_TRACE_SUMMARY_H
#define LILY_TRACE_SUMMARY_H

#include "trace/shape.h"

/* "interrupted" where the run is running and nobody holds its lock, else as recorded. */
struct str summary_status(const struct run_row *row);

/* The members above, into the object that is open. */
void summary_add_members(struct builder *b, const struct run_row *row);

/* {"runs": [ … ], "more"}: newest first, at most `limit` (0: all) after skipping `offset`. */
int summary_list(struct store *store, uint64_t offset, uint64_t limit, struct arena *arena,
	const struct value **ret_value, struct err *err);

#endif
