/*
 * steps: every step of a run with what its attempts did.
 *
 *	[{"step", "state", "needs": [names], "tries": number, "waiting_until", "blocked_by", "skipped_by",
 *	  "attempts": [{"attempt", "try", "state", "submitted_at", "started_at", "ended_at",
 *	  "duration_us", "wait_us", "exit", "signal", "timed_out", "out_of_memory", "cpu_us",
 *	  "max_rss_kib", "class", "message", "log": {"sha256", "size", "stdout_bytes",
 *	  "stderr_bytes"}, "inputs": [{"name", "sha256", "size", "artifact_id", ["from":
 *	  id of the artifact of an earlier run]}],
 *	  "outputs": [{"name", "sha256", "size", "artifact_id", "storage_kind", "role"}],
 *	  "gates": [as trace/verdicts.h says], and of the one step that was asked for
 *	  "connections": [as trace/connections.h says]}]}]
 *
 * in order of the plan. What was running in a run that nobody drives any more is "interrupted", as
 * resuming will record it.
 */
#ifndef LILY_TRACE_STEPS_H
#define LILY_TRACE_STEPS_H

#include "graph/graph.h"
#include "trace/shape.h"

/* The array under `key`; one_step: STORE_ALL, or only that one. */
int steps_add(struct builder *b, const char *key, struct store *store,
	const struct run_row *run, const struct graph *graph, uint32_t one_step,
	struct err *err);

/* Members that tell how an attempt ended: "exit" to "message" above. */
void steps_add_end(struct builder *b, const struct attempt_row *attempt);

/* The states of all steps by number, as names; pending where no event speaks of one. In the
 * arena. */
int steps_states(struct store *store, const struct run_row *run, const struct graph *graph,
	struct arena *arena, struct str **ret_states, struct err *err);

#endif
