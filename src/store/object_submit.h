/*
 * object_submit: putting what is already hashed, and for files already staged, on the queue.
 */
#ifndef LILY_STORE_OBJECT_SUBMIT_H
#define LILY_STORE_OBJECT_SUBMIT_H

#include "store/handle.h"

/* Bytes (at most OBJECT_INLINE_MAX) for a row. */
int object_submit_bytes(
	struct store *store, struct str bytes, const struct digest *digest, struct err *err);

/* A read-only file (staging.h) with the bytes; from now on the writer's. */
int object_submit_file(struct store *store, const struct digest *digest, uint64_t size,
	const char *path, struct err *err);

#endif
