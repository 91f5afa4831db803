/*
 * lily/retry.h: doing a run again, as far as it was not done.
 */
#ifndef LILY_RETRY_H
#define LILY_RETRY_H

#include "lily/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Does what failed again. A run that has not ended goes on with it: here, as lily_run_resume does,
 * where nobody drives it; else whoever drives it is asked, and once that was heard this returns 1
 * and ret_run_id. Of a run that has ended a new one is made, linked to it as its parent, which
 * adopts every step that succeeded; with a file it executes that file and adopts the steps that are
 * as they were. Steps that are named run again whatever became of them, with all that needs them; in a run
 * that has not ended they, or something in them, must have failed: a foreach goes on with those of its items that
 * did, or with one that is named (STEP/KEY). LILY_ERROR_INVALID where there is nothing to do again. */
struct lily_retry_options {
	const char *const *steps;
	size_t n_steps;
	const char *file; /* a workflow to execute instead of the run's plan, or NULL */
	struct lily_workflow_arguments
		arguments; /* for the file; what it was given before counts on */
	unsigned parallel; /* as in lily_run_options */
	int fail_fast;
	int keep;
};
LILY_API int lily_run_retry(struct lily_store *store, const char *address,
	const struct lily_retry_options *options, struct lily_run **ret_run,
	char ret_run_id[LILY_RUN_ID_SIZE], struct lily_error *error);

/* What it would do, recording nothing: {"run_id", "in_place": whether that run goes on, "kept",
 * "runs": numbers, "steps": [{"step", "action": "keep" or "run", "reason", "what", "needs": step,
 * "run_id", "attempt": what did it, of one that is kept}]}; reason is one of "kept" "named"
 * "not done" "new" "changed" "an input changed" "runs last" "needs a step that runs"; what says which state,
 * parts or input. */
LILY_API int lily_run_retry_plan(struct lily_store *store, const char *address,
	const struct lily_retry_options *options, struct lily_document **ret_document,
	struct lily_error *error);

#ifdef __cplusplus
}
#endif

#endif
