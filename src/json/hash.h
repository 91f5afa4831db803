/*
 * hash: the 32 bits that every string carries; value_hash with its seed taken once, for readers
 * that hash many.
 *
 * Strings of up to 16 bytes, which is what keys are, take two multiplications (the mixer is that of
 * wyhash).
 */
#ifndef LILY_JSON_HASH_H
#define LILY_JSON_HASH_H

#include "base/str.h"

static inline uint64_t
hash_seed(void)
{
	return str_hash(STR_EMPTY);
}

static inline uint64_t
hash_word(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static inline uint64_t
hash_mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;
	wide product = (wide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The last 16 bytes or less as two words, padded with zeros. Text of which 16 bytes can be read is
 * masked, which unlike a copy of n bytes costs no branch that depends on n. */
static inline void
hash_tail(const char *p, size_t n, const char *end, uint64_t words[2])
{
	static const char mask[32] = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
				     "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";

	if (end - p >= 16) {
		words[0] = hash_word(p) & hash_word(mask + 16 - n);
		words[1] = hash_word(p + 8) & hash_word(mask + 24 - n);
		return;
	}
	words[0] = words[1] = 0;
	if (n)
		memcpy(words, p, n);
}

/* `end` is how far the bytes behind s may be read; their value does not matter. */
static inline uint32_t
hash_text(uint64_t seed, struct str s, const char *end)
{
	const char *p = s.p;
	size_t n = s.n;
	uint64_t words[2];
	uint64_t hash;

	for (; n > 16; p += 16, n -= 16)
		seed = hash_mix(hash_word(p) ^ 0xA0761D6478BD642FULL ^ seed,
			hash_word(p + 8) ^ 0xE7037ED1A0B428DBULL);
	hash_tail(p, n, end, words);
	hash = hash_mix(words[0] ^ 0x8EBC6AF09C88C6E3ULL ^ seed,
		words[1] ^ 0x589965CC75374CC3ULL ^ s.n);
	hash = hash_mix(hash ^ seed, 0x1D8E4E27C47D124FULL);
	return (uint32_t)(hash ^ hash >> 32);
}

#endif
