/*
 * regex_property: what may stand in \p{…} by ECMA-262, as PCRE2 calls it.
 *
 * Names are those of ECMA-262's tables of properties and of Unicode's PropertyValueAliases.txt,
 * spelled exactly so. Which characters have a property is PCRE2's knowledge, of Unicode 14 in PCRE2
 * 10.42; younger scripts, and Changes_When_NFKC_Casefolded, have a name here that it does not know.
 */
#ifndef LILY_PATTERN_REGEX_PROPERTY_H
#define LILY_PATTERN_REGEX_PROPERTY_H

#include "base/arena.h"

/* What PCRE2 takes in \p{…} for the text between the braces; NULL where ECMA-262 has no such. */
const char *regex_property_find(struct arena *arena, struct str text);

#endif
