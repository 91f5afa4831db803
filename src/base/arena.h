/*
 * arena: memory that ends together.
 *
 * A function that returns memory takes an arena; one that takes none returns nothing to free.
 * Three lifetimes are in use: permanent (schemas, packs), run (plan, graph, state), scratch (one
 * turn of the loop or one request, reset at its top). Under ASan unused room is poisoned.
 */
#ifndef LILY_BASE_ARENA_H
#define LILY_BASE_ARENA_H

#include "base/str.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t total;               /* bytes taken from the system */
};

#define ARENA_INIT ((struct arena){NULL, 0})
#define AUTO_ARENA __attribute__((cleanup(arena_done)))

/* Zeroed memory, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *arena, size_t n, size_t size) ATTR_NODISCARD;
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), 1, sizeof(type)))
#define ARENA_ARRAY(arena, n, type) ((type *)arena_alloc((arena), (n), sizeof(type)))

/* Unaligned bytes, not zeroed: for text. */
char *arena_bytes(struct arena *arena, size_t n) ATTR_NODISCARD;

/* Copies, NUL-terminated behind the view. */
struct str arena_str(struct arena *arena, struct str s);
const char *arena_cstr(struct arena *arena, struct str s);
const char *arena_printf(struct arena *arena, const char *format, ...) ATTR_PRINTF(2, 3);

/* Everything allocated is gone; one block of at most 1 MiB is kept for the next round. */
void arena_reset(struct arena *arena);
void arena_done(struct arena *arena);

#endif
