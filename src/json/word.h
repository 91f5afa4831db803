/*
 * word: words that stand as values in a document, and values as people are told of them.
 */
#ifndef LILY_JSON_WORD_H
#define LILY_JSON_WORD_H

#include "base/arena.h"
#include "json/value.h"

struct word {
	const char *name;
	const char *later; /* the part of lily that will bring it; NULL: honoured */
	uint8_t number;
};

/* The word of that name, or NULL. */
const struct word *word_find(const struct word *words, size_t n, struct str name);

/* "a list", "the text "yes"", "null": what a value is, for people. In the arena. */
const char *value_describe(struct arena *arena, const struct value *v);

#endif
