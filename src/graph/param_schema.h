/*
 * param_schema: the JSON Schema that declares a param, where it says more than a type and choices.
 */
#ifndef LILY_GRAPH_PARAM_SCHEMA_H
#define LILY_GRAPH_PARAM_SCHEMA_H

#include "graph/declaration.h"

/* Checks the declaration by its meta-schema and compiles it; what is wrong becomes findings at its
 * place in the file. */
void param_schema_compile(
	struct workflow *w, const struct place *place, const struct value *v, size_t number);

/* 1 where the value is valid by all that the declaration says, 0 and the first thing that is wrong
 * (in the arena) where it is not; ERR_LIMIT. */
int param_schema_check(const struct schema *schema, const struct value *v, struct arena *arena,
	const char **ret_message, struct err *err);

#endif
