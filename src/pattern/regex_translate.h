/*
 * regex_translate: a regular expression of ECMA-262 in the words of PCRE2.
 *
 * The text is ASCII and means the same to PCRE2 10.42 with the options UTF, DOLLAR_ENDONLY and
 * MATCH_UNSET_BACKREF and without UCP. Only groups that a reference needs capture, numbered anew.
 *
 * Callouts stand wherever a match can go on in two ways, and now and then in what is long, so that
 * one function sees all work as it grows, whatever engine does it: a callout's number says what to count besides the way that the
 * match went since the last one.
 */
#ifndef LILY_PATTERN_REGEX_TRANSLATE_H
#define LILY_PATTERN_REGEX_TRANSLATE_H

#include "base/buf.h"
#include "pattern/regex.h"

/* Callout numbers: 0 nothing more; up to CHARGE_MAX, 2 to that power characters are about to be
 * compared; from REFERENCE on, a reference to group (number - REFERENCE + 1) is. */
#define REGEX_CALLOUT_CHARGE_MAX 31
#define REGEX_CALLOUT_REFERENCE 32
#define REGEX_CALLOUT_LAST 255

/* What PCRE2 can count to. */
#define REGEX_COUNT_MAX 65535

/* A regex whose parts, each as often as it is counted, are more than this is not compiled. */
#define REGEX_SIZE_MAX 500000u

/* References were resolved. ERR_LIMIT. */
int regex_translate(
	struct arena *arena, const struct regex *regex, struct buf *text, struct err *err);

#endif
