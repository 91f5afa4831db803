/*
 * verify: whether artifacts still are what they were when they were stored.
 *
 *	{"checked": artifacts, "bytes": read, "damaged": [{"artifact_id", "name", "sha256",
 *	  "problem"}]}
 *
 * Every object is read and hashed once, however many artifacts share it; of a directory also the
 * files below it.
 */
#ifndef LILY_TRACE_VERIFY_H
#define LILY_TRACE_VERIFY_H

#include "store/artifact.h"
#include "json/value.h"

/* Damage is a result; an err is only what keeps the list of artifacts from being read. */
int verify_artifacts(struct store *store, const struct artifact_row *rows, size_t n,
	struct arena *arena, const struct value **ret_value, struct err *err);

#endif
