/*
 * record_apply: the events about changes of a transaction that are made true in the workspace.
 */
#ifndef LILY_RUN_RECORD_APPLY_H
#define LILY_RUN_RECORD_APPLY_H

#include "run/record.h"
#include "workspace/apply.h"

/* They are about to be made true; not durable yet. */
int record_apply_intent(struct run_hold *hold, uint32_t attempt, const struct digest *write_set,
	struct err *err);

/* They are, all of them; or none is, but for the paths that somebody else has changed. */
enum record_applied { RECORD_APPLIED, RECORD_UNDONE };
int record_apply_done(struct run_hold *hold, uint32_t attempt, enum record_applied outcome,
	const struct apply_conflicts *conflicts, struct err *err);

#endif
