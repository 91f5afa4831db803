/*
 * comparison: two documents, one judged and one that it must be equal to.
 *
 * JSON, YAML and JSON Lines are equal where their values are, whatever their text: the order of members does
 * not count, numbers are compared by value, exactly. Anything else is equal byte for byte. With a tolerance
 * numbers may differ by that much, in values of the same shape; in a text numbers are the words that JSON
 * knows as such, and all other words and the lines must be the same. Directories are equal where their
 * trees are. What differs is told as faults, the first ones with both values. Pure.
 */
#ifndef LILY_GATE_COMPARISON_H
#define LILY_GATE_COMPARISON_H

#include "contract/payload.h"

struct tolerance {
	struct str number; /* JSON, not negative; empty: none */
	bool is_percent;   /* of the number that is compared with */
};

enum compared_as {
	COMPARED_BYTES,
	COMPARED_TEXT,
	COMPARED_VALUE, /* by its payload's format */
	COMPARED_TREE,
};

struct compared {
	enum compared_as as; /* of both the same */
	struct payload judged;
	struct payload with; /* its file: what people know it by */
	struct tolerance tolerance;
};

/* Adds how they differ, nothing where they do not. ERR_INVALID or ERR_LIMIT where one of them cannot be read
 * as what it is said to be. */
int comparison_make(const struct compared *compared, struct faults *faults, struct err *err);

/* Whether two numbers are as equal as they have to be. */
bool tolerance_allows(const struct tolerance *tolerance, struct str number, struct str with);

#endif
