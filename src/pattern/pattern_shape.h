/*
 * pattern_shape: the patterns that need no engine at all: a text somewhere, at the start, at the
 * end, the whole; one class repeated from start to end; and what every subject matches.
 */
#ifndef LILY_PATTERN_PATTERN_SHAPE_H
#define LILY_PATTERN_PATTERN_SHAPE_H

#include "pattern/regex.h"

enum pattern_shape_kind {
	PATTERN_SHAPE_NONE,
	PATTERN_SHAPE_ALL,      /* nothing, or what may be nothing */
	PATTERN_SHAPE_CONTAINS, /* text */
	PATTERN_SHAPE_STARTS,   /* ^text */
	PATTERN_SHAPE_ENDS,     /* text$ */
	PATTERN_SHAPE_EQUALS,   /* ^text$ */
	PATTERN_SHAPE_RUN,      /* ^[class]{min,max}$ */
};

struct pattern_shape {
	enum pattern_shape_kind kind;
	struct str text;
	struct code_set set;
	bool ascii[0x80]; /* of the set */
	uint32_t min;
	uint32_t max;
};

/* What the shape holds lies in the arena. PATTERN_SHAPE_NONE where it is none of these. */
struct pattern_shape pattern_shape_of(struct arena *arena, const struct regex *regex);

/* Linear in the subject's length; not for PATTERN_SHAPE_NONE. */
bool pattern_shape_match(const struct pattern_shape *shape, struct str subject);

#endif
