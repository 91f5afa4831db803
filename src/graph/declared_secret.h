/*
 * declared_secret: the `secrets` of a workflow file, where lily finds them, and which a step is given.
 * The values are none of this folder's business.
 */
#ifndef LILY_GRAPH_DECLARED_SECRET_H
#define LILY_GRAPH_DECLARED_SECRET_H

#include "graph/declaration.h"

#define SECRETS_MAX 1000

/* Fills w->secret_by_name from the file, with findings. */
void secret_declarations_read(struct workflow *w);

/* `secrets` of a step. */
void step_secrets_check(
	struct workflow *w, const struct place *place, const struct value *secrets);

#endif
