/*
 * pattern: a regular expression as JSON Schema means it: ECMA-262 with the "u" flag, not anchored.
 *
 * The edition is that of 2024, without Annex B: flags in groups, and one name for groups in two
 * alternatives, are invalid. Compiled once, matched often, from any thread. A literal, a prefix, a
 * suffix or a class repeated needs no engine; other regular patterns become a small automaton
 * (automaton.h); those with looks, \b, references and properties are translated to PCRE2. Matching
 * is bounded: a pattern that would backtrack for ever ends with ERR_LIMIT, never with a silent
 * "no match". So does pattern_new for what is valid and cannot be kept exactly: a lookbehind whose
 * length is not fixed, references that regex_reference.h lists, and properties that PCRE2 lacks.
 */
#ifndef LILY_PATTERN_PATTERN_H
#define LILY_PATTERN_PATTERN_H

#include "base/err.h"
#include "base/str.h"

struct pattern;

/* text: UTF-8. ERR_INVALID where ECMA-262 would not accept it (the message says at which code point
 * and why), ERR_LIMIT where it is valid and larger than what is compiled. Owned by the caller. */
int pattern_new(struct str text, struct pattern **ret_pattern, struct err *err);

/* Whether ECMA-262 would accept it, without compiling it: ERR_INVALID where not. */
int pattern_check(struct str text, struct err *err);
void pattern_free(struct pattern *pattern);

/* 1 where some part of subject (UTF-8, may hold NUL) matches, 0 where none does; ERR_LIMIT. */
int pattern_match(const struct pattern *pattern, struct str subject, struct err *err);

/* The same with no more than *work, in units of about 10 ns, from which is taken what it took: many
 * matches, each within its own bound, are bounded together. ERR_LIMIT with *work 0 where that is the
 * reason. */
int pattern_match_within(
	const struct pattern *pattern, struct str subject, uint64_t *work, struct err *err);

#endif
