/*
 * number: decimal numbers as JSON writes them, compared and converted without loss.
 *
 * A lexeme is -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)? and is trusted to be one. Every
 * function is linear in its length, whatever the exponent says: 1e999999999 is eleven bytes.
 */
#ifndef LILY_JSON_NUMBER_H
#define LILY_JSON_NUMBER_H

#include "base/str.h"

/* < 0, 0, > 0 by mathematical value, exactly; -0 is 0. */
int number_compare(struct str a, struct str b);

/* The same for numbers that are equal, however they are written, in one process; seeded at its start. */
uint64_t number_hash(struct str lexeme);

/* 1 where number is divisor times a whole number, exactly; 0 where it is not and where divisor is 0.
 * Linear for a divisor of up to 18 digits, else the product of both lengths; -1 where that would
 * take many seconds. */
int number_is_multiple(struct str number, struct str divisor);

/* < 0, 0, > 0: whether a - b is less than, as much as or more than limit, exactly. */
int number_compare_difference(struct str a, struct str b, struct str limit);

/* Whether |a - b| is at most limit, or at most that many percent of |b|, exactly; limits are not negative.
 * percent has an exponent of at most 18 digits; the time is the product of its length and that of b. */
bool number_is_within(struct str a, struct str b, struct str limit);
bool number_is_within_percent(struct str a, struct str b, struct str percent);

/* Whether the value is whole: 1.0, 1e2 and 120e-1 are. */
bool number_is_whole(struct str lexeme);

/* Whole values only; false out of range. */
bool number_to_i64(struct str lexeme, int64_t *ret_number);

/* The nearest double, ties to even, in any locale; false where it overflows. */
bool number_to_double(struct str lexeme, double *ret_number);

/* Whether the lexeme has neither '.' nor exponent. */
bool number_is_written_whole(struct str lexeme);

#endif
