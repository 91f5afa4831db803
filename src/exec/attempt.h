/*
 * attempt: the one attempt of a slot, from its spec to how it ended; for the local executor's own files only.
 */
#ifndef LILY_EXEC_ATTEMPT_H
#define LILY_EXEC_ATTEMPT_H

#include "exec/slot.h"

/* As struct executor_ops has it. */
enum submit_result attempt_submit(
	struct slot *slot, const struct attempt_spec *spec, struct err *err);

/* What its lane reports, or that it is no more. */
void attempt_started(struct slot *slot, const struct lane_report *report);
void attempt_exited(struct slot *slot, const struct lane_report *report);
void attempt_lost(struct slot *slot);
/* The lane that should have run it ended before it was ready: hands it to another, or, after too
 * many of those, fails the executor. */
void attempt_move(struct slot *slot);

void attempt_cancel(struct slot *slot);

#endif
