/*
 * quoted: the strings of a JSON text.
 */
#ifndef LILY_JSON_QUOTED_H
#define LILY_JSON_QUOTED_H

#include "base/arena.h"
#include "json/source.h"

#include <endian.h>

#define QUOTED_ONES 0x0101010101010101ULL
#define QUOTED_HIGHS 0x8080808080808080ULL

/* The high bit of each byte that is 0, and perhaps of bytes after (in memory) the first such. */
static inline uint64_t
quoted_zeros(uint64_t word)
{
	return (word - QUOTED_ONES) & ~word & QUOTED_HIGHS;
}

static inline bool
quoted_is_plain(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

/* The first byte from `at` on that does not simply stand for itself: a quote, a backslash or a
 * control character; `end` where there is none. Eight bytes at a time. */
static inline const char *
quoted_skip(const char *at, const char *end)
{
	while (end - at >= 8) {
		uint64_t word;
		uint64_t stops;

		memcpy(&word, at, sizeof(word));
		word = le64toh(word);
		stops = quoted_zeros(word ^ '"' * QUOTED_ONES) |
			quoted_zeros(word ^ '\\' * QUOTED_ONES) |
			((word - 0x20 * QUOTED_ONES) & ~word & QUOTED_HIGHS);
		if (stops)
			return at + __builtin_ctzll(stops) / 8;
		at += 8;
	}
	while (at < end && quoted_is_plain(*at))
		at++;
	return at;
}

/* Decodes the string that begins with the quote at `at`, in source's text, into the arena. Returns
 * what follows the closing quote, or NULL with ERR_INVALID. */
const char *quoted_decode(struct arena *arena, const struct source *source, const char *at,
	struct str *ret_text, struct err *err);

#endif
