/*
 * code_class: characters that no set of a given list tells apart, as small numbers.
 */
#ifndef LILY_PATTERN_CODE_CLASS_H
#define LILY_PATTERN_CODE_CLASS_H

#include "pattern/code_set.h"

#define CODE_CLASSES_MAX 256

struct code_classes {
	uint32_t *starts; /* where each stretch of characters begins; sorted, [0] is 0 */
	uint8_t *classes; /* of each stretch */
	uint32_t n_stretches;
	uint32_t n;          /* classes */
	uint8_t ascii[0x80]; /* class by character */
};

/* false where there are more than CODE_CLASSES_MAX, or far too many ranges. */
bool code_classes_find(struct arena *arena, const struct code_set *sets, size_t n,
	struct code_classes *ret_classes);

/* Sets ret_has[class] for each class of a set, which must be one of those in the list. */
void code_classes_of_set(
	const struct code_classes *classes, const struct code_set *set, bool *ret_has);

/* Any number has a class. */
uint32_t code_class_of(const struct code_classes *classes, uint32_t code);

#endif
