/*
 * kept: the folders that attempts were given and that stayed, since whoever drove the run asked for that
 * (exec/local.h). Where they are; what lies in them is for people.
 */
#ifndef LILY_TRACE_KEPT_H
#define LILY_TRACE_KEPT_H

#include "base/uuid.h"
#include "store/store.h"
#include "json/builder.h"

/* Whether any may be there: false for nearly all runs. */
bool kept_may_be(struct store *store, const struct uuid *run);

/* A member of the object that is being built: the absolute path, or null where there is none. Of one attempt;
 * of a run the folder that holds those of its attempts. */
void kept_add(struct builder *b, const char *key, struct store *store, const struct uuid *run,
	uint32_t attempt);
void kept_add_all(
	struct builder *b, const char *key, struct store *store, const struct uuid *run);

#endif
