#include "store/digest_map.h"

#include "base/memory.h"

#define FIRST_CAPACITY 64

void
digest_map_done(struct digest_map *map)
{
	free(map->slots);
	*map = DIGEST_MAP_INIT;
}

static size_t
home_of(const struct digest_map *map, const struct digest *key)
{
	uint64_t hash;

	memcpy(&hash, key->bytes, sizeof(hash));
	return (size_t)hash & (map->capacity - 1);
}

/* The slot of the key, or the free one where it would go. */
static struct digest_map_slot *
find_slot(const struct digest_map *map, const struct digest *key)
{
	size_t i = home_of(map, key);

	while (map->slots[i].value && !digest_equal(&map->slots[i].key, key))
		i = (i + 1) & (map->capacity - 1);
	return &map->slots[i];
}

static void
grow(struct digest_map *map)
{
	struct digest_map larger = DIGEST_MAP_INIT;

	larger.capacity = map->capacity ? map->capacity * 2 : FIRST_CAPACITY;
	larger.used = map->used;
	larger.slots = memory_zeroed(larger.capacity, sizeof(*larger.slots));
	for (size_t i = 0; i < map->capacity; i++)
		if (map->slots[i].value)
			*find_slot(&larger, &map->slots[i].key) = map->slots[i];
	free(map->slots);
	*map = larger;
}

uint64_t
digest_map_get(const struct digest_map *map, const struct digest *key)
{
	return map->capacity ? find_slot(map, key)->value : 0;
}

void
digest_map_set(struct digest_map *map, const struct digest *key, uint64_t value)
{
	struct digest_map_slot *slot;

	if ((map->used + 1) * 4 > map->capacity * 3)
		grow(map);
	slot = find_slot(map, key);
	if (!slot->value)
		map->used++;
	*slot = (struct digest_map_slot){*key, value};
}

void
digest_map_remove(struct digest_map *map, const struct digest *key)
{
	struct digest_map_slot *hole;
	size_t mask = map->capacity - 1;
	size_t i;

	if (!map->capacity)
		return;
	hole = find_slot(map, key);
	if (!hole->value)
		return;
	map->used--;
	/* Whatever follows without a gap moves up unless that would put it before its home. */
	for (i = (size_t)(hole - map->slots + 1) & mask; map->slots[i].value;
		i = (i + 1) & mask) {
		size_t home = home_of(map, &map->slots[i].key);
		size_t at = (size_t)(hole - map->slots);

		if (((i - home) & mask) < ((i - at) & mask))
			continue;
		*hole = map->slots[i];
		hole = &map->slots[i];
	}
	hole->value = 0;
}
