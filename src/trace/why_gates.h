/*
 * why_gates: which gates of a step judged what it has, and why; a part of why.h.
 */
#ifndef LILY_TRACE_WHY_GATES_H
#define LILY_TRACE_WHY_GATES_H

#include "graph/step.h"
#include "store/run.h"
#include "json/builder.h"

struct why_judged {
	struct store *store;
	const struct run_row *run;
	const struct step *step;
	const struct attempt_row *attempt; /* its newest in the run; NULL: none */
};

/* The member "gates". */
int why_add_gates(struct builder *b, const struct why_judged *judged, struct err *err);

#endif
