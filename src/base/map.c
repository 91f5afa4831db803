#include "base/map.h"

#include "base/memory.h"

#define FIRST_CAPACITY 16

struct map_slot {
	struct str key; /* p is NULL in a free slot */
	uint64_t hash;
	uint32_t number;
};

void
map_done(struct map *map)
{
	free(map->slots);
	*map = MAP_INIT;
}

/* The slot that holds the key, or the free one where it would go. */
static struct map_slot *
find_slot(const struct map *map, struct str key, uint64_t hash)
{
	size_t mask = map->capacity - 1;

	for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
		struct map_slot *slot = &map->slots[i];

		if (!slot->key.p || (slot->hash == hash && str_equal(slot->key, key)))
			return slot;
	}
}

static void
grow(struct map *map)
{
	struct map larger = MAP_INIT;

	larger.capacity = map->capacity ? map->capacity * 2 : FIRST_CAPACITY;
	larger.used = map->used;
	larger.slots = memory_zeroed(larger.capacity, sizeof(*larger.slots));
	for (size_t i = 0; i < map->capacity; i++)
		if (map->slots[i].key.p)
			*find_slot(&larger, map->slots[i].key, map->slots[i].hash) =
				map->slots[i];
	free(map->slots);
	*map = larger;
}

uint32_t
map_add(struct map *map, struct str key, uint32_t number)
{
	uint64_t hash = str_hash(key);
	struct map_slot *slot;

	if (!key.p)
		key = STR_EMPTY;
	if ((map->used + 1) * 4 > map->capacity * 3)
		grow(map);
	slot = find_slot(map, key, hash);
	if (slot->key.p)
		return slot->number;
	*slot = (struct map_slot){key, hash, number};
	map->used++;
	return MAP_NONE;
}

void
map_put(struct map *map, struct str key, uint32_t number)
{
	if (map_add(map, key, number) != MAP_NONE)
		find_slot(map, key, str_hash(key))->number = number;
}

uint32_t
map_get(const struct map *map, struct str key)
{
	struct map_slot *slot;

	if (!map->capacity)
		return MAP_NONE;
	slot = find_slot(map, key, str_hash(key));
	return slot->key.p ? slot->number : MAP_NONE;
}
