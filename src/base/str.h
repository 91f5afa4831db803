/*
 * str: a borrowed view of bytes, not necessarily NUL-terminated, owned by somebody else.
 */
#ifndef LILY_BASE_STR_H
#define LILY_BASE_STR_H

#include "base/attr.h"

#include <stdbool.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

/* STR("literal"); STR_FMT and STR_ARG print a view: printf("%.*s", STR_ARG(s)). */
#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_EMPTY ((struct str){"", 0})
#define STR_ARG(s) (int)(s).n, (s).p

static inline struct str
str_of(const char *text)
{
	return (struct str){text, strlen(text)};
}

static inline bool
str_equal(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
str_is(struct str s, const char *text)
{
	return str_equal(s, str_of(text));
}

/* < 0, 0, > 0 by unsigned bytes, a shorter prefix first. */
int str_compare(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Whether s names something below what `parent` names: that, a slash, and more. */
bool str_is_below(struct str s, struct str parent);

/* The part of s before the first c, the rest after it in *rest; all of s and an empty, NULL-based
 * rest where c does not occur. */
struct str str_cut(struct str s, char c, struct str *rest);

/* Index of the first c, or -1. */
ptrdiff_t str_find(struct str s, char c);

/* Which of the names s is, or -1. */
ptrdiff_t str_index(struct str s, const char *const *names, size_t n);

/* s without leading and trailing spaces, tabs and line ends. */
struct str str_trim(struct str s);

/* Decimal digits only, no sign, no blank; false where s is anything else or above max. */
bool str_to_u64(struct str s, uint64_t max, uint64_t *ret_number);

/* Whether s is well-formed UTF-8 (RFC 3629); *ret_at, if asked for, is the first bad byte. */
bool str_is_utf8(struct str s, size_t *ret_at);

/* Whether s is a name: [A-Za-z0-9_][A-Za-z0-9_.-]*, at most 128 bytes. */
bool str_is_name(struct str s);

/* The candidate nearest to s by edit distance, close enough to be a slip; empty if none is. In other
 * case, letters of ASCII are one slip together. */
struct str str_nearest(struct str s, const struct str *candidates, size_t n);

/* 64-bit hash for in-memory tables, seeded once per process: never stored, never compared across
 * processes. */
uint64_t str_hash(struct str s);

#endif
