/*
 * surroundings: where a step starts and what it finds there: `cwd`, `workspace`, `state`,
 * `secrets`, `stdin`.
 *
 * What a step has as `stdin` is one of its inputs, by the name STDIN_INPUT, which is read and checked,
 * found and recorded as the others are.
 */
#ifndef LILY_GRAPH_SURROUNDINGS_H
#define LILY_GRAPH_SURROUNDINGS_H

#include "graph/declaration.h"

#define STDIN_INPUT "stdin"

/* Puts `stdin` among the inputs of a step whose keys were read; ${{ … }} alone is the artifact or
 * value that it names, all else the value that is written. */
void stdin_read(struct workflow *w, const struct place *place, struct declared_step *step);

/* Finds what is wrong with them; edges as references make them. */
void surroundings_check(
	struct workflow *w, uint32_t step, const struct place *place, struct edges *edges);

/* `workspace` of a step or of `defaults`: live, private, none, or a finding. */
void workspace_check(
	struct workflow *w, const struct place *place, const struct value *workspace);

/* What a step has of it, its own word or that of `defaults`; for values that were checked. */
const char *workspace_of(const struct workflow *w, const struct declared_step *step);

#endif
