/*
 * automaton: a small deterministic automaton that finds whether some part of a text matches.
 *
 * A row for each state, a column for each class of characters (code_class.h). It reads each
 * character of the subject once, whatever the pattern is: there is nothing to bound, and nothing
 * changes while it matches. Patterns that would need many states are not made into one.
 */
#ifndef LILY_PATTERN_AUTOMATON_H
#define LILY_PATTERN_AUTOMATON_H

#include "pattern/regex.h"

struct automaton;

/* NULL where the expression is not regular or needs too many states. In the arena. References were
 * resolved. */
const struct automaton *automaton_new(struct arena *arena, const struct regex *regex);

bool automaton_match(const struct automaton *automaton, struct str subject);

#endif
