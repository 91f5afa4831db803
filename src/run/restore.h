/*
 * restore: the state of an interrupted run, rebuilt from the tables.
 *
 * Attempts that had no verdict are recorded as interrupted (their trees are proven dead by then)
 * and their steps are ready again; being killed with lily does not count as a try.
 */
#ifndef LILY_RUN_RESTORE_H
#define LILY_RUN_RESTORE_H

#include "run/try.h"

/* Puts every visit where it was; *ret_cancelling: the run was being cancelled. */
int restore_run(struct engine *engine, const struct run_row *row, bool *ret_cancelling,
	struct err *err);

#endif
