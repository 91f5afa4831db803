/*
 * pattern_engine: a translated expression (regex_translate.h) compiled by PCRE2, and its bounds.
 *
 * What a match may do is counted in callouts, by the same rule for machine code and interpreter: a
 * budget that depends on the subject's length only, so that the same match always ends in the same
 * way. Where PCRE2 cannot make machine code, or its stack is used up, the interpreter goes on.
 */
#ifndef LILY_PATTERN_PATTERN_ENGINE_H
#define LILY_PATTERN_PATTERN_ENGINE_H

#include "base/err.h"
#include "base/str.h"

struct pattern_engine;

/* ERR_LIMIT where PCRE2 refuses the text. Owned by the caller. */
int pattern_engine_new(struct str text, struct pattern_engine **ret_engine, struct err *err);
void pattern_engine_free(struct pattern_engine *engine);

/* 1 or 0 from any thread; ERR_LIMIT. *work as in pattern_match_within. */
int pattern_engine_match(
	struct pattern_engine *engine, struct str subject, uint64_t *work, struct err *err);

#endif
