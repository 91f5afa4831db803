/*
 * cursor: a place in a text from which the grammar of a format is read.
 *
 * The `take` functions step over what they name and say whether it was there; where it was not, the
 * place is as before. The text may hold any bytes: NUL and ill-formed UTF-8 match nothing.
 */
#ifndef LILY_FORMAT_CURSOR_H
#define LILY_FORMAT_CURSOR_H

#include "base/str.h"

struct cursor {
	const char *p;
	const char *end;
};

#define CURSOR_OF(s) ((struct cursor){(s).p, (s).p + (s).n})

/* What cursor_peek gives at the end, and cursor_code_point for bytes that are no UTF-8. */
#define CURSOR_NONE UINT32_MAX

static inline bool
ascii_is_digit(uint32_t c)
{
	return c - '0' <= 9;
}

static inline bool
ascii_is_alpha(uint32_t c)
{
	return (c | 0x20) - 'a' <= 'z' - 'a';
}

static inline bool
ascii_is_alnum(uint32_t c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c);
}

static inline bool
ascii_is_hex(uint32_t c)
{
	return ascii_is_digit(c) || (c | 0x20) - 'a' <= 'f' - 'a';
}

/* Whether c is one of the characters of `set`, none of which is NUL. */
static inline bool
ascii_is_one_of(uint32_t c, const char *set)
{
	return c - 1 < 0x7F && strchr(set, (int)c);
}

static inline bool
cursor_done(const struct cursor *c)
{
	return c->p == c->end;
}

/* The byte at the cursor. */
static inline uint32_t
cursor_peek(const struct cursor *c)
{
	return cursor_done(c) ? CURSOR_NONE : (unsigned char)*c->p;
}

static inline bool
cursor_take(struct cursor *c, char byte)
{
	if (cursor_done(c) || *c->p != byte)
		return false;
	c->p++;
	return true;
}

/* One byte of a set, as ascii_is_one_of. */
static inline bool
cursor_take_one_of(struct cursor *c, const char *set)
{
	if (!ascii_is_one_of(cursor_peek(c), set))
		return false;
	c->p++;
	return true;
}

/* Exactly n digits, n <= 9. */
bool cursor_take_digits(struct cursor *c, size_t n, unsigned *ret_number);

/* Steps over all digits, and over all hexadecimal digits; returns how many there were. */
size_t cursor_skip_digits(struct cursor *c);
size_t cursor_skip_hex(struct cursor *c);

/* "%" and two hexadecimal digits. */
bool cursor_take_triplet(struct cursor *c);

/* Steps over one code point and returns it; CURSOR_NONE, and no step, at the end and at bytes that
 * are not well-formed UTF-8. */
uint32_t cursor_code_point(struct cursor *c);

#endif
