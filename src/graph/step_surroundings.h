/*
 * step_surroundings: where a step of a graph starts and what it finds there, as step.h has the rest.
 */
#ifndef LILY_GRAPH_STEP_SURROUNDINGS_H
#define LILY_GRAPH_STEP_SURROUNDINGS_H

#include "graph/step.h"

/* Of a step that does more than start in the root of the workspace. */
struct step_surroundings {
	bool has_cwd;
	struct template cwd;    /* relative to the workspace */
	bool without_workspace; /* starts in an empty folder and does not know the workspace */
	bool keeps_state;       /* a folder that outlives its attempts */
};

#endif
