/*
 * decimal: a number's lexeme taken apart, for exact arithmetic; digits are not copied.
 */
#ifndef LILY_JSON_DECIMAL_H
#define LILY_JSON_DECIMAL_H

#include "base/str.h"

/* 0.DIGITS * 10^(point + exponent). The digits begin and end with one that is not 0 and may have
 * the point between them; there are none where the value is 0. */
struct decimal {
	bool is_negative;
	struct str digits;
	size_t n; /* digits, the point not counted */
	int64_t point;
	bool has_negative_exponent;
	struct str exponent; /* digits without leading zeros */
};

struct decimal decimal_read(struct str lexeme);

/* a's exponent less b's, or at least DECIMAL_EXPONENT_MAX with the right sign, which is beyond any
 * count of digits that a text can have, with room to add two of them. */
#define DECIMAL_EXPONENT_MAX ((int64_t)1 << 60)
int64_t decimal_exponent_difference(const struct decimal *a, const struct decimal *b);

#endif
