/*
 * run: the handle of a run that this process drives, and what starting, resuming and doing again
 * have in common.
 */
#ifndef LILY_API_RUN_H
#define LILY_API_RUN_H

#include "api/handle.h"
#include "lily/run.h"
#include "run/engine.h"
#include "store/turn.h"

struct lily_run {
	struct engine *engine;
	struct turn *turn;    /* NULL: it excludes no other run */
	struct notice notice; /* the newest, whose text the caller may hold */
	char id[LILY_RUN_ID_SIZE];
};

/* Takes the engine and the turn (may be NULL) over, also on failure. */
int run_wrap(
	struct engine *engine, struct turn *turn, struct lily_run **ret_run, struct err *err);

struct engine_options run_engine_options(
	struct lily_store *store, unsigned parallel, int fail_fast);

/* Before there is a run: ERR_POLICY where the default policy cannot be held here, which holds the steps of a plan
 * that has none. */
int run_refuse_default(struct lily_store *store, struct err *err);

/* Likewise of a plan: where a policy of its steps cannot be held here. graph: the plan's, if it is loaded
 * already. */
int run_refuse_unheld(struct lily_store *store, const struct digest *plan,
	const struct graph *graph, struct err *err);

/* Steps go on in the workspace that they began in: ERR_INVALID where it is another one. */
int run_refuse_elsewhere(struct lily_store *store, const struct run_row *row, struct err *err);

#endif
