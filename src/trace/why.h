/*
 * why: why a step of a run ran, or did not.
 *
 *	{"run_id", "step", "state", "attempt": number or null, "reason": text for people,
 *	 "key": "<hex>" or null, "from": {"run_id", "attempt"} or null,
 *	 "compared_to": {"run_id", "attempt"} or null,
 *	 "differences": [{"label", "here": value or null, "there": value or null}],
 *	 "gates": [{"gate", "reused", "reason"}]}
 *
 * from: of a step that was not run, the attempt whose outputs it has. gates: which of its gates did not
 * judge these outputs, and why the others did. compared_to: of one that ran, the
 * newest earlier attempt of the step that was accepted; differences: the parts of the content key
 * (run/key.h) that are not the same there.
 */
#ifndef LILY_TRACE_WHY_H
#define LILY_TRACE_WHY_H

#include "store/run.h"
#include "json/value.h"

/* ERR_NOT_FOUND: no such step. */
int why_make(struct store *store, const struct run_row *run, struct str step,
	struct arena *arena, const struct value **ret_value, struct err *err);

#endif
