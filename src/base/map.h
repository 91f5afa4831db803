/*
 * map: from text to a 32-bit number (mostly an index into an array of the caller's).
 *
 * Open addressing with linear probing; keys are borrowed and must outlive the map. Iteration is
 * the caller's: it has the array that the numbers point into.
 */
#ifndef LILY_BASE_MAP_H
#define LILY_BASE_MAP_H

#include "base/str.h"

struct map_slot;

struct map {
	struct map_slot *slots;
	size_t capacity; /* a power of two, or 0 */
	size_t used;
};

#define MAP_INIT ((struct map){NULL, 0, 0})
#define MAP_NONE UINT32_MAX

void map_done(struct map *map);

/* Adds key → number; returns MAP_NONE, or the number that the key already has (left as it is). */
uint32_t map_add(struct map *map, struct str key, uint32_t number);

/* Likewise, whatever the key had before. */
void map_put(struct map *map, struct str key, uint32_t number);

/* The key's number, or MAP_NONE. */
uint32_t map_get(const struct map *map, struct str key);

#endif
