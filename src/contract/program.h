/*
 * program: a schema lowered to instructions, with all that it refers to.
 *
 * Every schema that can be reached is a block, and all instructions lie in one array. They name blocks
 * and tables by index, never by address.
 *
 * Values are checked by a form of it that is made for that (fast.h); as the schema is written is how what
 * is wrong is explained.
 */
#ifndef LILY_CONTRACT_PROGRAM_H
#define LILY_CONTRACT_PROGRAM_H

#include "contract/fast.h"
#include "contract/keyword.h"
#include "format/format.h"
#include "pattern/pattern.h"

struct bounding {
	struct str lexeme;
	int64_t whole;
	bool is_whole; /* and fits */
};

struct slot {
	uint32_t hash;
	uint32_t index; /* + 1; 0 is free */
};

enum property_flag {
	PROPERTY_IS_DECLARED = 1 << 0, /* in "properties"; others are only required */
	PROPERTY_IS_REQUIRED = 1 << 1,
};

struct property {
	const char *text;
	uint32_t n;
	uint32_t hash;
	uint32_t block;
	uint8_t flags;
	uint8_t bit; /* of those required */
};

struct pattern_rule {
	uint32_t pattern;
	uint32_t block;
};

/* What one pass over the members of an object looks for. */
struct object_rule {
	uint32_t slots; /* first of them */
	uint32_t mask;
	uint32_t properties;
	uint32_t n_properties;
	uint32_t patterns;
	uint32_t n_patterns;
	uint32_t additional; /* block, or BLOCK_NONE where the keyword is not there */
	uint32_t n_required;
	uint64_t required; /* bits */
};

struct enum_rule {
	uint32_t values;
	uint32_t n;
	uint32_t slots; /* of the strings */
	uint32_t mask;  /* 0 where there are none */
	uint32_t kinds;
};

struct frame;

struct program {
	const struct frame *frame;
	const struct block *blocks;
	struct fast fast;
	const struct instruction *code;
	const uint32_t *words;
	const struct value *values;
	const struct bounding *bounds;
	const struct slot *slots;
	const struct property *properties;
	const struct pattern_rule *pattern_rules;
	const struct object_rule *objects;
	const struct enum_rule *enums;
	struct pattern *const *patterns;
	uint32_t n_blocks;
	uint32_t n_patterns;
	uint32_t entry;
	bool is_dynamic; /* has references that depend on the way taken */
};

#endif
