/*
 * description: one run, as much of it as one asks for.
 *
 * The members of summary.h, then
 *
 *	"plan": sha256 or null, "work_order": ArtifactRef or null, "inputs": [ArtifactRef],
 *	"outputs": [ArtifactRef with "output", the name that the workflow gives it],
 *	"failed_steps": [{"step", "attempt", "try", "duration_us", "tolerated", "exit", "signal", "timed_out",
 *	 "out_of_memory", "cpu_us", "max_rss_kib", "class", "message", "log_tail": the last lines
 *	 or null}], "failed_steps_more": how many are not listed,
 *	"unknown_steps": [{"step", "key", "run_id", "attempt", "why": text or null}]: nobody knows
 *	whether their effects have happened; the run and attempt that began it last
 *	"questions": what it asks people now (inbox.h)
 *	["step_list": see steps.h]
 *
 * Without steps it costs the same however many the run has, but for failed ones.
 */
#ifndef LILY_TRACE_DESCRIPTION_H
#define LILY_TRACE_DESCRIPTION_H

#include "store/run.h"
#include "json/value.h"

#define DESCRIPTION_FAILED_MAX 100

enum description_flag { DESCRIPTION_STEPS = 1 << 0 };

/* step: empty, or the only one to be in step_list, which is then there. */
int description_make(struct store *store, const struct run_row *run, struct str step,
	unsigned flags, struct arena *arena, const struct value **ret_value, struct err *err);

#endif
