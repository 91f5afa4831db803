/*
 * regex_reference: what a reference to a group can mean, decided before anything is matched.
 *
 * ECMA-262 forgets what the groups in a repeated part captured each time the part begins again, and
 * takes back a repetition that matched nothing. PCRE2 does neither. Only references can tell, so:
 * a reference that is reached before its group in every order of events is marked empty, and one
 * whose group always captured in the same, last repetition means the same to both. The others are
 * refused, never matched in another way than ECMA-262's.
 */
#ifndef LILY_PATTERN_REGEX_REFERENCE_H
#define LILY_PATTERN_REGEX_REFERENCE_H

#include "pattern/regex.h"

/* Sets `empty` of references and `referenced` of groups. ERR_LIMIT names the first reference that
 * cannot be kept. */
int regex_reference_resolve(struct regex *regex, struct err *err);

#endif
