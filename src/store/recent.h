/*
 * recent: the small objects that were put last, in memory.
 *
 * What waits for the writer is found here, since it is in no table yet; what is durable stays until
 * room is needed, since a step mostly reads what the step before it made. An entry is shared by
 * this cache and by the submission; the last one frees it. Not locked: the queue's mutex guards
 * the cache, and references are counted atomically.
 */
#ifndef LILY_STORE_RECENT_H
#define LILY_STORE_RECENT_H

#include "store/digest_map.h"

#include <stdatomic.h>

struct recent_object {
	_Atomic uint32_t references;
	uint64_t submission; /* that put it */
	struct digest digest;
	struct recent_object *newer;
	size_t size;
	char bytes[];
};

struct recent {
	struct digest_map by_digest; /* values are pointers */
	struct recent_object *oldest, *newest;
	size_t total; /* bytes held */
};

void recent_done(struct recent *recent);

/* A new object with one reference; bytes are copied. */
struct recent_object *recent_object_new(const struct digest *digest, struct str bytes);
void recent_object_release(struct recent_object *object);

/* Adds the object with a reference of its own; drops the oldest ones that are durable (put by a
 * submission up to `durable`) beyond the cache's size. */
void recent_add(struct recent *recent, struct recent_object *object, uint64_t durable);

/* The object with one more reference, or NULL. */
struct recent_object *recent_get(const struct recent *recent, const struct digest *digest);

#endif
