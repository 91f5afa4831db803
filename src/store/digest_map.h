/*
 * digest_map: from a digest to a number that is not 0.
 *
 * Open addressing with linear probing; a digest is its own hash. Keys are copied.
 */
#ifndef LILY_STORE_DIGEST_MAP_H
#define LILY_STORE_DIGEST_MAP_H

#include "base/digest.h"

struct digest_map_slot {
	struct digest key;
	uint64_t value; /* 0: free */
};

struct digest_map {
	struct digest_map_slot *slots;
	size_t capacity; /* a power of two, or 0 */
	size_t used;
};

#define DIGEST_MAP_INIT ((struct digest_map){NULL, 0, 0})

void digest_map_done(struct digest_map *map);

/* The number, or 0. */
uint64_t digest_map_get(const struct digest_map *map, const struct digest *key);

/* Adds or replaces; value is not 0. */
void digest_map_set(struct digest_map *map, const struct digest *key, uint64_t value);

/* Removes the key if it is there. */
void digest_map_remove(struct digest_map *map, const struct digest *key);

#endif
