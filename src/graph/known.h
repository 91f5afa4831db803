/*
 * known: the names of a workflow, as they mean something where they are used.
 */
#ifndef LILY_GRAPH_KNOWN_H
#define LILY_GRAPH_KNOWN_H

#include "graph/declaration.h"
#include "graph/expression.h"

/* A place where names are used. */
struct known {
	const struct workflow *workflow;
	uint32_t step;
	uint32_t group; /* where names are looked up first */
};

/* What a step (STEP_NONE: the workflow itself) knows. */
struct known known_to(const struct workflow *w, uint32_t step);

/* One name in each segment, and of a step the full one: of what the place calls so. An output of a
 * group becomes that of the step in it. ERR_INVALID as reference_normalize, and where a group has no
 * such output. */
int known_normalize(struct arena *arena, const struct known *known,
	struct expr_reference *reference, struct err *err);

/* A variable of a step's environment that is written in the file, NULL where none is; and whether one
 * is passed on from the caller's. */
const struct value *known_variable(const struct workflow *w, uint32_t step, struct str name);
bool known_passed(const struct workflow *w, uint32_t step, struct str name);

#endif
