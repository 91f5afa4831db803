/*
 * lily/reading.h: what runs left behind. Reads committed rows; never changes a run.
 */
#ifndef LILY_READING_H
#define LILY_READING_H

#include "lily/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Members are always there; what is not known (yet) is null. Times are RFC 3339 in UTC, durations
 * microseconds, digests 64 hex digits. A handle sees everything that it has submitted itself. */

/* {"runs": [{"run_id", "kind", "status", "workflow", "source", "created_at", "started_at",
 * "ended_at", "duration_us", "steps": {"total", "pending", "running", "waiting", "succeeded",
 * "failed", "blocked", "cancelled", "adopted", "skipped", "reused", "unknown"}, "attempts": number, "key", "parent", "held",
 * "holder_pid", "kernel": version of lily, "reason", "exhausted": [attempts transitions wall], "head": {"seq", "hash"}}], "more": true where the limit cut
 * it}, newest first; limit 0: all. status is "interrupted" where it is running and nobody drives
 * it. */
LILY_API int lily_run_list(struct lily_store *store, uint64_t offset, uint64_t limit,
	struct lily_document **ret_document, struct lily_error *error);

/* One run: the members of lily_run_list, "children": [{"run_id", "kind", "status"}] of which it is
 * the parent, "plan": digest, "kept_in": the folder of those that its attempts left, where they were kept, "work_order": ArtifactRef, "inputs" and
 * "outputs": ArtifactRefs (outputs with "output", their name in the workflow), "failed_steps":
 * the first 100 [{"step", "attempt", "try", "duration_us", "tolerated": its run may succeed all the same,
 * "exit", "signal", "timed_out",
 * "out_of_memory", "cpu_us", "max_rss_kib", "class", "message", "log_tail": its last 20 lines, and
 * of what the validators wrote that refused what it made, "validator_logs": how many wrote anything, "gate_logs":
 * likewise of the gates that failed it, "kept_in": as below}],
 * "failed_steps_more": how many others, "notified": each time that `notify` was run [{"event": what it was
 * told of, "at", "duration_us", "class" and "message": why it did not do its part, "exit", "signal", "log":
 * ArtifactRef of what it wrote}]. With LILY_SHOW_STEPS, or for the one `step`, also
 * "step_list": one item a step of the plan in its order: {"step", "state", "tries",
 * "waiting_until", "blocked_by", "skipped_by", "needs": [steps], "adopted": what another run did, {"run_id", "attempt",
 * "outputs": as below} or null, "attempts": [{"attempt", "try", "state",
 * "submitted_at", "started_at", "ended_at", "duration_us", "wait_us", the members of a failed step
 * from "exit" to "message", "log": {"sha256", "size", "stdout_bytes", "stderr_bytes"}, "inputs":
 * [{"name", "sha256", "size", "artifact_id"}], "outputs": the same with "storage_kind",
 * "role" and "labels"; "validator_logs": likewise, what the validators wrote that judged them; "gates": [{"gate",
 * "status", "required", "runner", "reason", "bound", ["disagreement"], "metrics": {NAME: number},
 * "grants": [{"step", "output", "label", "artifact_id"}], "definition", "artifact_id", "log"}]; "kept_in": the folder that holds its
 * in, out, home and tmp, where they were kept; for the one `step` "connections": what it asked of the hosts that its
 * policy names [{"at", "by": gate, program or null for the step itself, "host", "port", "outcome": connected, refused or
 * failed, "address", "reason"}]}]}. What was running in an interrupted run has the state "interrupted". */
enum lily_show_flag { LILY_SHOW_STEPS = 1 << 0 };
LILY_API int lily_run_describe(struct lily_store *store, const char *address, const char *step,
	unsigned flags, struct lily_document **ret_document, struct lily_error *error);

/* The graph of a run, its steps coloured by their state. For lily_free. */
LILY_API int lily_run_graph(struct lily_store *store, const char *address,
	enum lily_graph_format format, char **ret_text, struct lily_error *error);

/* Events in order. address NULL: of every run. after: only those with a larger id. A payload that
 * was removed is {}. */
struct lily_events;
struct lily_event {
	int64_t id; /* increasing in the whole store */
	char run_id[LILY_RUN_ID_SIZE];
	uint64_t seq; /* within the run, from 1 */
	const char *type;
	int64_t time_us;
	const char *payload; /* JSON, NUL-terminated; valid until the next call */
	size_t payload_size;
	char hash[65];
};
LILY_API int lily_events_open(struct lily_store *store, const char *address, int64_t after,
	struct lily_events **ret_events, struct lily_error *error);
/* 1 and an event, 0 where there is none now (more may come: ask again), < 0. */
LILY_API int lily_events_next(
	struct lily_events *events, struct lily_event *ret_event, struct lily_error *error);
LILY_API void lily_events_close(struct lily_events *events);

/* What an attempt wrote to stdout and stderr, in the order it was captured, also while it runs.
 * attempt 0: the newest one of the step; step may be NULL where the attempt is named. */
struct lily_log;
struct lily_log_chunk {
	int stream; /* 1 stdout, 2 stderr, 0: `gap` bytes were not kept */
	int64_t time_us;
	const char *bytes; /* valid until the next call */
	size_t size;
	uint64_t gap;
};
LILY_API int lily_log_open(struct lily_store *store, const char *address, const char *step,
	uint32_t attempt, struct lily_log **ret_log, struct lily_error *error);
/* What a validator wrote that judged an output of the attempt: the index-th that wrote anything, from
 * 0. LILY_ERROR_NOT_FOUND where there is none. */
LILY_API int lily_log_open_validator(struct lily_store *store, const char *address,
	const char *step, uint32_t attempt, size_t index, struct lily_log **ret_log,
	struct lily_error *error);
/* "OUTPUT.validator-N", or NULL: it is the attempt's own. Valid until it is closed. */
LILY_API const char *lily_log_validator(const struct lily_log *log);
/* Likewise of its gates: what one of them printed in a turn; "GATE.log", or of one that is repeated
 * "GATE.log-N". */
LILY_API int lily_log_open_gate(struct lily_store *store, const char *address, const char *step,
	uint32_t attempt, size_t index, struct lily_log **ret_log, struct lily_error *error);
LILY_API const char *lily_log_gate(const struct lily_log *log);
/* What the program of `notify` wrote, the index-th time that it wrote anything, from 0; likewise
 * LILY_ERROR_NOT_FOUND. And what that told of, "failed" and so on; NULL: it is another log. */
LILY_API int lily_log_open_notification(struct lily_store *store, const char *address,
	size_t index, struct lily_log **ret_log, struct lily_error *error);
LILY_API const char *lily_log_notification(const struct lily_log *log);
/* 1 and a chunk, 0 where there is no more now, < 0. */
LILY_API int lily_log_next(
	struct lily_log *log, struct lily_log_chunk *ret_chunk, struct lily_error *error);
/* Whether its attempt has ended, so that 0 from lily_log_next means the end. */
LILY_API int lily_log_is_complete(const struct lily_log *log);
LILY_API uint32_t lily_log_attempt(const struct lily_log *log);
LILY_API void lily_log_close(struct lily_log *log);

#ifdef __cplusplus
}
#endif

#endif
