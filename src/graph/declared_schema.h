/*
 * declared_schema: the `schemas` of a workflow file, and the ids by which the rest of it names them.
 */
#ifndef LILY_GRAPH_DECLARED_SCHEMA_H
#define LILY_GRAPH_DECLARED_SCHEMA_H

#include "graph/declaration.h"

#define SCHEMAS_MAX 10000
#define VALIDATORS_MAX 100
#define VALIDATOR_TIMEOUT_US INT64_C(60000000) /* unless it says another */

/* Fills w->schemas from the file, with findings. */
void schemas_read(struct workflow *w);

/* Checks that `id` names a schema: one of the file's, or one of the kernel's own, which is then
 * put behind those. */
void schema_check_id(struct workflow *w, const struct place *place, const struct value *id);

/* Whether validators judge what has this schema; for ids that were checked. */
bool schema_has_validators(const struct workflow *w, struct str id);

/* A validator's program and its timeout; for validators that were checked. */
int64_t validator_timeout(const struct value *validator);

#endif
