#include "store/recent.h"

#include "base/memory.h"

#define KEPT_MOST ((size_t)4 << 20)
#define OVERHEAD (sizeof(struct recent_object) + sizeof(struct digest_map_slot))

void
recent_done(struct recent *recent)
{
	while (recent->oldest) {
		struct recent_object *object = recent->oldest;

		recent->oldest = object->newer;
		recent_object_release(object);
	}
	digest_map_done(&recent->by_digest);
	*recent = (struct recent){0};
}

struct recent_object *
recent_object_new(const struct digest *digest, struct str bytes)
{
	struct recent_object *object = memory_new(1, sizeof(*object) + bytes.n);

	*object = (struct recent_object){.digest = *digest, .size = bytes.n};
	atomic_init(&object->references, 1);
	if (bytes.n)
		memcpy(object->bytes, bytes.p, bytes.n);
	return object;
}

void
recent_object_release(struct recent_object *object)
{
	if (object && atomic_fetch_sub(&object->references, 1) == 1)
		free(object);
}

static void
drop_oldest(struct recent *recent)
{
	struct recent_object *object = recent->oldest;

	recent->oldest = object->newer;
	if (!recent->oldest)
		recent->newest = NULL;
	recent->total -= object->size + OVERHEAD;
	digest_map_remove(&recent->by_digest, &object->digest);
	recent_object_release(object);
}

void
recent_add(struct recent *recent, struct recent_object *object, uint64_t durable)
{
	if (digest_map_get(&recent->by_digest, &object->digest))
		return;
	atomic_fetch_add(&object->references, 1);
	digest_map_set(&recent->by_digest, &object->digest, (uint64_t)(uintptr_t)object);
	if (recent->newest)
		recent->newest->newer = object;
	else
		recent->oldest = object;
	recent->newest = object;
	recent->total += object->size + OVERHEAD;
	while (recent->total > KEPT_MOST && recent->oldest->submission <= durable)
		drop_oldest(recent);
}

struct recent_object *
recent_get(const struct recent *recent, const struct digest *digest)
{
	uint64_t value = digest_map_get(&recent->by_digest, digest);
	struct recent_object *object = (void *)(uintptr_t)value;

	if (object)
		atomic_fetch_add(&object->references, 1);
	return object;
}
