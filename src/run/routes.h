/*
 * routes: the rules of a workflow file, read by what its steps are.
 *
 * The folder route knows no workflow, and graph no rules; here both meet.
 */
#ifndef LILY_RUN_ROUTES_H
#define LILY_RUN_ROUTES_H

#include "graph/plan.h"
#include "graph/workflow.h"
#include "route/rule.h"

struct routes {
	struct route_steps steps; /* what they may name */
	struct rules rules;       /* those without errors */
	struct findings findings; /* in the workflow's source */
};

/* Runs do not honour all that rules can say: that is an error (FINDING_LATER) where they are to be run. */
enum routes_use {
	ROUTES_TRIED,
	ROUTES_RUN,
	ROUTES_RUN_INSIDE, /* of a sub-workflow */
};

/* Of this one file. The arena and the workflow must live as long as they do; for routes_done. */
void routes_read(const struct workflow *workflow, enum routes_use use, struct arena *arena,
	struct routes *ret_routes);
void routes_done(struct routes *routes);

/* The rules for a plan, of the workflow and of each file that it is made of which has any, in the arena.
 * ERR_INVALID with what is wrong with them. */
int routes_plan(const struct workflow *workflow, struct arena *arena,
	const struct plan_routes **ret_routes, size_t *ret_n, struct err *err);

#endif
