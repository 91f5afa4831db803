/*
 * routes: the rules of a workflow file, read by what its steps are.
 *
 * The folder route knows no workflow, and graph no rules; here both meet.
 */
#ifndef LILY_RUN_ROUTES_H
#define LILY_RUN_ROUTES_H

#include "graph/workflow.h"
#include "route/rule.h"

struct routes {
	struct route_steps steps; /* what they may name */
	struct rules rules;       /* those without errors */
	struct findings findings; /* in the workflow's source */
};

/* Of this one file. The arena and the workflow must live as long as they do; for routes_done. */
void routes_read(
	const struct workflow *workflow, struct arena *arena, struct routes *ret_routes);
void routes_done(struct routes *routes);

#endif
