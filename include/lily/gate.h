/*
 * lily/gate.h: judging once more what a run has made.
 */
#ifndef LILY_GATE_H
#define LILY_GATE_H

#include "lily/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Begins a new run, of kind judge and linked to the one that is addressed as its parent, which has ended and stays
 * what it is. It adopts what that has done, runs none of its steps, and judges by the gates of its plan: by
 * those named, STEP.GATE or run.GATE, else by all that can. Each is a step judge.NAME of the new run and leaves
 * its gate_result.v1 there; where a required one does not pass the run fails.
 *
 * *ret_gates: {"run_id": that is judged, "gates": [{"gate", "required", "judged": whether it is a step of the new
 * run, "reason": why it is not, or will not pass, or null}]}. Only what was accepted is judged: a gate of a step
 * that left nothing cannot pass, or is left out where it is not required.
 *
 * LILY_ERROR_NOT_FOUND: there is no gate of a name; LILY_ERROR_INVALID: the run has not ended or only judges itself,
 * a gate that was named cannot judge alone, or none can. */
struct lily_gate_options {
	const char *const *gates;
	size_t n_gates;
	unsigned parallel; /* as in lily_run_options */
};
LILY_API int lily_gate_run(struct lily_store *store, const char *address,
	const struct lily_gate_options *options, struct lily_run **ret_run,
	struct lily_document **ret_gates, struct lily_error *error);

#ifdef __cplusplus
}
#endif

#endif
