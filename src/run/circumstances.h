/*
 * circumstances: the facts that rules are asked by when an attempt at a step has ended.
 *
 * Rules know the steps by their names in the file that both stand in: the run's own, or that of the scope that
 * the step is in. A gate of the run is the end of a step that has its name (STEP: empty). Private to routing.h.
 */
#ifndef LILY_RUN_CIRCUMSTANCES_H
#define LILY_RUN_CIRCUMSTANCES_H

#include "route/decide.h"
#include "run/routing.h"

/* What is asked about, and what of it the engine does not know. */
struct circumstances {
	const struct engine *engine;
	const struct routing_question *question;
	const struct rules *rules;
	struct route_count *applied; /* how often each has decided for this step */
	uint32_t n_applied;
	struct arena *arena;
};

/* In the arena. A gate that did not judge, or whose step was not visited yet, is no fact. */
int circumstances_gather(
	const struct circumstances *c, struct route_facts *ret_facts, struct err *err);

#endif
