/*
 * regex_reader: where a reader of a regular expression stands; escapes and classes.
 *
 * Only for the parser in regex.c. Each function reads from p and moves it past what it read, or
 * returns ERR_INVALID with a message and a place.
 */
#ifndef LILY_PATTERN_REGEX_READER_H
#define LILY_PATTERN_REGEX_READER_H

#include "pattern/regex.h"

struct regex_reader {
	struct arena *arena;
	struct str text;
	const char *p;
	const char *end;
};

enum regex_escape {
	REGEX_ESCAPE_CHAR, /* one character, which may be a surrogate */
	REGEX_ESCAPE_SET,  /* \d \D \s \S \w \W: added to the set */
	REGEX_ESCAPE_PROPERTY,
};

/* Where an escape is read. */
enum regex_place { REGEX_IN_TEXT, REGEX_IN_CLASS };

struct regex_escaped {
	enum regex_escape kind;
	uint32_t code;
	struct code_set set;
	const struct regex_property *property;
};

/* p stands at a backslash that no assertion and no reference begins. */
int regex_read_escape(struct regex_reader *r, enum regex_place place,
	struct regex_escaped *ret_escaped, struct err *err);

/* p stands at a [. */
int regex_read_class(struct regex_reader *r, struct regex_set *ret_set, struct err *err);

/* p stands behind a <; reads up to and past the >. Escapes in the name are resolved. */
int regex_read_name(struct regex_reader *r, struct str *ret_name, struct err *err);

/* All characters but line terminators. */
struct code_set regex_dot(struct arena *arena);

static inline bool
regex_at(const struct regex_reader *r, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(r->end - r->p) >= n && memcmp(r->p, text, n) == 0;
}

static inline bool
regex_skip(struct regex_reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static inline uint32_t
regex_take(struct regex_reader *r)
{
	const unsigned char *p = (const unsigned char *)r->p;
	uint32_t code = code_take(&p, (const unsigned char *)r->end);

	r->p = (const char *)p;
	return code;
}

#define regex_complain(r, from, err, ...) \
	regex_error((r)->text, (size_t)((from) - (r)->text.p), ERR_INVALID, (err), __VA_ARGS__)

#endif
