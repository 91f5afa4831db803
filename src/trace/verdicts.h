/*
 * verdicts: what the gates of an attempt found, read from their results.
 *
 *	{"gate", "status", "required", "runner", "reason", "bound", ["disagreement"], "metrics": {NAME:
 *	 number}, "grants": [{"step", "output", "label", "artifact_id"}…], "definition", "artifact_id":
 *	 of the gate_result.v1, "log": id or null, ["reused": {"run_id", "attempt"}: it passed there,
 *	 under an equal key, and did not judge again: what it granted there is granted here, too]}
 */
#ifndef LILY_TRACE_VERDICTS_H
#define LILY_TRACE_VERDICTS_H

#include "store/artifact.h"
#include "trace/shape.h"

/* Adds the one whose result the artifact (of role gate) is, to an array. */
int verdict_add(struct builder *b, struct store *store, const struct artifact_row *result,
	struct err *err);

/* What of it decides whether it stands. */
struct verdict {
	bool passed;
	bool reused; /* it did not judge again */
	bool has_key;
	struct digest key; /* of the gate's content */
};
int verdict_read(struct store *store, const struct artifact_row *result,
	struct verdict *ret_verdict, struct err *err);

#endif
