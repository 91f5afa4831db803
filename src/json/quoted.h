/*
 * quoted: the strings of a JSON text.
 */
#ifndef LILY_JSON_QUOTED_H
#define LILY_JSON_QUOTED_H

#include "base/arena.h"
#include "json/source.h"

#include <endian.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

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
quoted_skip_words(const char *at, const char *end)
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

/* The same, sixteen bytes at a time where the processor can. */
static inline const char *
quoted_skip(const char *at, const char *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i backslash = _mm_set1_epi8('\\');
	const __m128i control = _mm_set1_epi8(0x1F);

	while (end - at >= 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i_u *)at);
		__m128i stops = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote),
						     _mm_cmpeq_epi8(bytes, backslash)),
			_mm_cmpeq_epi8(_mm_max_epu8(bytes, control), control));
		int mask = _mm_movemask_epi8(stops);

		if (mask)
			return at + __builtin_ctz((unsigned)mask);
		at += 16;
	}
#endif
	return quoted_skip_words(at, end);
}

/* Decodes the string that begins with the quote at `at`, in source's text, into the arena. Returns
 * what follows the closing quote, or NULL with ERR_INVALID. */
const char *quoted_decode(struct arena *arena, const struct source *source, const char *at,
	struct str *ret_text, struct err *err);

#endif
