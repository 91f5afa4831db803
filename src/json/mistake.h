/*
 * mistake: what is wrong with a text that is not JSON, in words that say what to do.
 *
 * The parser only knows where it stopped and what could have followed; the rest is found here, by
 * looking around that place, so that reading good texts pays nothing for it. Every function sets
 * ERR_INVALID.
 */
#ifndef LILY_JSON_MISTAKE_H
#define LILY_JSON_MISTAKE_H

#include "json/value.h"

enum mistake_expected {
	EXPECTED_VALUE,
	EXPECTED_KEY, /* or the end of the object, after "{" */
	EXPECTED_COLON,
	EXPECTED_COMMA_OR_END,
	EXPECTED_NOTHING, /* after the document */
};

/* Something else stands at offset. `around` is the innermost open container or NULL. */
int mistake_explain(const struct source *source, uint32_t offset,
	enum mistake_expected expected, const struct value *around, struct err *err);

/* The number that begins at start cannot go on as it does at offset. */
int mistake_in_number(
	const struct source *source, uint32_t start, uint32_t offset, struct err *err);

/* The byte at offset is not UTF-8. */
int mistake_in_encoding(const struct source *source, uint32_t offset, struct err *err);

#endif
