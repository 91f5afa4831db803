/*
 * effects: `effects`, `once_key` and `probe` of a step.
 */
#ifndef LILY_GRAPH_EFFECTS_H
#define LILY_GRAPH_EFFECTS_H

#include "graph/declaration.h"

#define ONCE_KEY_MAX 1000 /* bytes */

/* Checks them among the keys of a step; references in them become edges. */
void effects_check(
	struct workflow *w, uint32_t step, const struct place *place, struct edges *edges);

/* Whether what the step does must not happen twice. */
bool effects_are_once(const struct declared_step *step);

#endif
