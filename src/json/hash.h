/*
 * hash: the 32 bits that every string carries; value_hash with its seed taken once, for readers
 * that hash many.
 *
 * Strings of up to 16 bytes, which is what keys are, take two multiplications: their first and
 * last eight bytes, which may overlap, are one word each (the scheme of wyhash).
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
hash_half(const char *p)
{
	uint32_t half;

	memcpy(&half, p, sizeof(half));
	return half;
}

static inline uint64_t
hash_byte(const char *p)
{
	return (unsigned char)*p;
}

static inline uint64_t
hash_mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;
	wide product = (wide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint32_t
hash_text(uint64_t seed, struct str s)
{
	const char *p = s.p;
	size_t n = s.n;
	uint64_t first = 0;
	uint64_t last = 0;
	uint64_t hash;

	for (; n > 16; p += 16, n -= 16)
		seed = hash_mix(hash_word(p) ^ 0xA0761D6478BD642FULL ^ seed,
			hash_word(p + 8) ^ 0xE7037ED1A0B428DBULL);
	if (n >= 8) {
		first = hash_word(p);
		last = hash_word(p + n - 8);
	} else if (n >= 4) {
		first = hash_half(p);
		last = hash_half(p + n - 4);
	} else if (n > 0) {
		first = hash_byte(p) << 8 | hash_byte(p + n / 2);
		last = hash_byte(p + n - 1);
	}
	hash = hash_mix(
		first ^ 0x8EBC6AF09C88C6E3ULL ^ seed, last ^ 0x589965CC75374CC3ULL ^ s.n);
	hash = hash_mix(hash ^ seed, 0x1D8E4E27C47D124FULL);
	return (uint32_t)(hash ^ hash >> 32);
}

#endif
