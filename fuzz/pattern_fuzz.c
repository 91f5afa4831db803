/*
 * A pattern and, behind the first line break, a subject. What is refused has an error with a
 * message; whatever stands for PCRE2, a shape or an automaton, answers as PCRE2 does. Where the
 * pattern is no UTF-8 nothing more is asked; a subject that is none must do no harm.
 */
#include "fuzz.h"
#include "pattern/pattern.h"
#include "pattern/pattern_engine.h"
#include "pattern/regex_reference.h"
#include "pattern/regex_translate.h"

static int
checked_match(const struct pattern *pattern, struct str subject)
{
	struct err err = ERR_INIT;
	int matches = pattern_match(pattern, subject, &err);

	if (matches < 0)
		fuzz_check_error(&err);
	else if (matches > 1)
		fuzz_fail("pattern_match gave %d", matches);
	return matches;
}

/* What PCRE2 alone says, or an error. */
static int
engine_match(struct str text, struct str subject)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf translation = BUF_INIT((size_t)4 << 20);
	struct pattern_engine *engine = NULL;
	uint64_t work = UINT64_MAX;
	struct regex regex;
	struct err err = ERR_INIT;
	int code = regex_parse(&arena, text, &regex, &err);

	if (code)
		fuzz_fail("parsed once, and not again: %s", err.message);
	code = regex_reference_resolve(&regex, &err);
	if (!code)
		code = regex_translate(&arena, &regex, &translation, &err);
	if (!code)
		code = pattern_engine_new(buf_str(&translation), &engine, &err);
	if (!code)
		code = pattern_engine_match(engine, subject, &work, &err);
	pattern_engine_free(engine);
	if (code < 0)
		fuzz_check_error(&err);
	return code;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str subject;
	struct str text = str_cut((struct str){(const char *)bytes, n}, '\n', &subject);
	struct pattern *pattern = NULL;
	struct err err = ERR_INIT;
	int matches;

	if (pattern_new(text, &pattern, &err)) {
		fuzz_check_error(&err);
		return 0;
	}
	matches = checked_match(pattern, subject);
	if (str_is_utf8(subject, NULL)) {
		int again = engine_match(text, subject);

		if (matches >= 0 && again >= 0 && matches != again)
			fuzz_fail("%.*s: %d, and PCRE2 says %d", STR_ARG(text), matches, again);
	}
	pattern_free(pattern);
	return 0;
}
