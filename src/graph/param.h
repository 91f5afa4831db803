/*
 * param: what a workflow can be asked to vary: a value that a JSON Schema declares, perhaps with a
 * default. The keywords are checked by their meta-schema, and compiled where they say more than a
 * type and choices.
 */
#ifndef LILY_GRAPH_PARAM_H
#define LILY_GRAPH_PARAM_H

#include "graph/declaration.h"

/* Fills w->params from the file, with findings. */
void params_read(struct workflow *w);

/* 1 where a value is valid by the declaration, 0 and why not (one line, in the arena); ERR_LIMIT. */
int param_examine(const struct workflow *w, uint32_t number, const struct value *v,
	struct arena *arena, const char **ret_message, struct err *err);

/* Whether a given value fits the declaration; ERR_INVALID shows the declaration and the value. */
int param_check(
	const struct workflow *w, uint32_t number, const struct value *v, struct err *err);

/* ERR_INVALID for a name that is not declared, with the nearest that is. */
int param_unknown(const struct workflow *w, struct str name, struct err *err);

#endif
