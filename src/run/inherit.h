/*
 * inherit: what was given to a run when it began, for the run that does it again by another file.
 *
 * Params whose values are not the defaults of the file as it was then, and inputs that did not come
 * from their default paths, are taken over as far as the new file declares them and nobody gives
 * others.
 */
#ifndef LILY_RUN_INHERIT_H
#define LILY_RUN_INHERIT_H

#include "run/prepare.h"

/* Adds to the request's params and stored inputs; request->workflow is the new file. All of it lives
 * in the arena. */
int inherit_given(struct store *store, const struct digest *plan, struct arena *arena,
	struct prepare_request *request, struct err *err);

#endif
