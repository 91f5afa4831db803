/*
 * names: what a schema says of members by name, and the names that values may have.
 *
 * A table is a power of two of slots, at most half of them taken, looked up by a part of the hash that
 * every string has with it. A slot holds a short name itself, and what the member has to be: mostly by its
 * class alone. So a member of an object is found and judged in half a line of the cache.
 */
#ifndef LILY_CONTRACT_NAMES_H
#define LILY_CONTRACT_NAMES_H

#include "json/value.h"

#define KINDS (VALUE_OBJECT + 1)

/* The class of a value: its kind, or for a number that is written whole one of its own. As a bit it is in
 * the masks of a target. */
#define CLASS_WHOLE (VALUE_NUMBER | VALUE_IS_INTEGER << 2)

static inline unsigned
value_class(const struct value *v)
{
	return v->kind | (v->flags & (unsigned)VALUE_IS_INTEGER) << 2;
}

/* What a value inside of another one has to be: valid at once by its class, or perhaps by what the
 * entry of its kind says, which is so many behind the first. */
struct target {
	uint32_t entries;
	uint16_t yes;
	uint16_t maybe;
};

#define NAME_SHORT 16 /* bytes that a slot has room for */
#define NAME_FREE UINT32_MAX
#define BIT_NONE 63 /* of a name that is not required */

struct name {
	union {
		char bytes[NAME_SHORT]; /* of a short name */
		struct {
			const char *text;
			uint32_t hash;
		} distant;
	};
	uint32_t n;       /* NAME_FREE where there is none */
	bool is_declared; /* a property; others are only required */
	uint8_t bit;      /* of those required */
	uint16_t unused;
	union {
		struct target target; /* of a property */
		uint32_t
			list; /* of the branches that a value leaves: words, their number first */
	};
};

struct names {
	uint32_t first; /* of the slots */
	uint32_t mask;
	uint32_t
		shift; /* of the hash, by which most names are in the slot where they are looked for */
};

#endif
