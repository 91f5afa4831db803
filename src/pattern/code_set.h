/*
 * code_set: a set of characters (Unicode scalar values) as ranges.
 *
 * Surrogates are never in a set: UTF-8 cannot hold them. What code_set_add gave may overlap and be
 * in any order; after code_set_settle the ranges are sorted, apart from each other, and not to be
 * added to without another settle. All memory is the arena's.
 */
#ifndef LILY_PATTERN_CODE_SET_H
#define LILY_PATTERN_CODE_SET_H

#include "base/arena.h"
#include "base/buf.h"

#define CODE_MAX 0x10FFFFu

struct code_range {
	uint32_t first;
	uint32_t last;
};

struct code_set {
	struct code_range *ranges;
	size_t n;
	size_t capacity;
};

#define CODE_SET_INIT ((struct code_set){NULL, 0, 0})

static inline bool
code_is_surrogate(uint32_t code)
{
	return code >= 0xD800 && code <= 0xDFFF;
}

/* first <= last <= CODE_MAX; surrogates between them are left out. */
void code_set_add(struct arena *arena, struct code_set *set, uint32_t first, uint32_t last);
void code_set_add_set(struct arena *arena, struct code_set *set, const struct code_set *other);
void code_set_settle(struct code_set *set);

/* All that is not in the (settled) set; settled. */
struct code_set code_set_complement(struct arena *arena, const struct code_set *set);

/* Whether the settled set has the character. */
bool code_set_has(const struct code_set *set, uint32_t code);

/* Whether the settled set has all characters. */
bool code_set_is_all(const struct code_set *set);

/* The character at *p of well-formed UTF-8, past which *p is moved. Never reads at or behind end,
 * and always moves, whatever the bytes are. */
static inline uint32_t
code_take(const unsigned char **p, const unsigned char *end)
{
	uint32_t code = *(*p)++;
	int more = code < 0xC0 ? 0 : code < 0xE0 ? 1 : code < 0xF0 ? 2 : 3;

	if (more)
		code &= 0x3Fu >> more;
	for (; more && *p < end; more--)
		code = code << 6 | (*(*p)++ & 0x3Fu);
	return code;
}

/* The character (no surrogate) as UTF-8. */
void code_write(struct buf *b, uint32_t code);

#endif
