/*
 * lily/reuse.h: what is run again, what is not, and why.
 *
 * A step that may be reused has a content key for each attempt: a document of labelled parts, whose
 * SHA-256 is looked up before the step runs.
 */
#ifndef LILY_REUSE_H
#define LILY_REUSE_H

#include "lily/workflow.h"

#ifdef __cplusplus
extern "C" {
#endif

/* {"run_id", "step", "state", "attempt": number or null, "key": hex or null, "from": {"run_id",
 * "attempt"} or null: of a step that was not run, whose outputs it has, "compared_to": likewise, of
 * one that ran, the newest earlier attempt that was accepted, "differences": [{"label", "here",
 * "there": a part of the key, null where it has none}], "gates": [{"gate", "reused": false where it
 * judged what an earlier attempt made, "reason"}], "reason": text}. address as in lily/run.h. */
LILY_API int lily_run_why(struct lily_store *store, const char *address, const char *step,
	struct lily_document **ret_document, struct lily_error *error);

/* One item a step of the plan, in its order: {"step", "would": "run" | "reuse" | "judge": gates would
 * judge what was made, "run_id", "attempt": where it would be reused from, "why": it would run, "after":
 * it needs that step, which runs, "gates": [{"gate", "would": "reuse" | "judge", "why"}]}.
 * Nothing is run or written. fresh: as if nothing could be reused. */
LILY_API int lily_workflow_preview(struct lily_store *store,
	const struct lily_workflow *workflow, const struct lily_workflow_arguments *arguments,
	int fresh, struct lily_document **ret_document, struct lily_error *error);

/* {"entries", "outputs", "bytes", "oldest", "newest"}: the keys under which a step was accepted. */
LILY_API int lily_cache_describe(struct lily_store *store, struct lily_document **ret_document,
	struct lily_error *error);

/* Forgets all of them; *ret_n: how many there were. */
LILY_API int lily_cache_clear(
	struct lily_store *store, uint64_t *ret_n, struct lily_error *error);

#ifdef __cplusplus
}
#endif

#endif
