/*
 * preview: which steps of a plan would run, and which would be reused, without doing anything.
 *
 * Decided in the order of the plan as the engine would, with the outputs of hits in place of what they
 * would be. What needs a step that runs is not known before that has run: it is said to run, because
 * of that step. Nothing is written, in the store or in the workspace (I11); what of it is left to do
 * for a hit, such as putting a file back, is not said.
 */
#ifndef LILY_RUN_PREVIEW_H
#define LILY_RUN_PREVIEW_H

#include "graph/plan.h"
#include "run/reuse.h"

struct preview {
	bool reused;
	struct uuid run;  /* that it would be reused from, */
	uint32_t attempt; /* and the attempt in it */
	uint32_t after;   /* it runs since this step does; STEP_NONE: not for that */
	const char *why;  /* it runs, for people; NULL where it is reused */
	bool judged;      /* it does not run: gates judge what that attempt left; why is NULL */
	const struct reuse_gate *gates; /* of a step that is reused or judged: its gates, */
	uint32_t n_gates;               /* so many */
};

struct preview_request {
	struct store *store;   /* NULL: there is none yet */
	struct graph *graph;   /* its scopes are given what they would be */
	const char *workspace; /* absolute */
};

/* One for each step of the graph, in the arena. */
int preview_make(const struct preview_request *request, struct arena *arena,
	struct preview **ret_previews, struct err *err);

#endif
