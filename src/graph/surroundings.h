/*
 * surroundings: where a step starts and what it finds there: `cwd`, `workspace`, `state`,
 * `secrets`.
 */
#ifndef LILY_GRAPH_SURROUNDINGS_H
#define LILY_GRAPH_SURROUNDINGS_H

#include "graph/declaration.h"

/* Finds what is wrong with them; edges as references make them. */
void surroundings_check(
	struct workflow *w, uint32_t step, const struct place *place, struct edges *edges);

/* `workspace` of a step or of `defaults`: live, none, or a finding. */
void workspace_check(
	struct workflow *w, const struct place *place, const struct value *workspace);

/* Whether a step does without the workspace; for values that were checked. */
bool workspace_is_none(const struct workflow *w, const struct declared_step *step);

#endif
