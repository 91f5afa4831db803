/*
 * verdicts: what the gates of an attempt found, read from their results.
 *
 *	{"gate", "status", "required", "runner", "reason", "bound", ["disagreement"], "metrics": {NAME:
 *	 number}, "grants": [{"step", "output", "label", "artifact_id"}…], "definition", "artifact_id": of the gate_result.v1, "log": id or null}
 */
#ifndef LILY_TRACE_VERDICTS_H
#define LILY_TRACE_VERDICTS_H

#include "store/artifact.h"
#include "trace/shape.h"

/* Adds the one whose result the artifact (of role gate) is, to an array. */
int verdict_add(struct builder *b, struct store *store, const struct artifact_row *result,
	struct err *err);

/* Whether the gate of that result passed. */
int verdict_is_pass(struct store *store, const struct artifact_row *result, bool *ret_passed,
	struct err *err);

#endif
