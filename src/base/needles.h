/*
 * needles: many byte strings that are looked for at once, in one pass over a text.
 *
 * A window as long as the shortest needle moves over the text, mostly by its whole length, as its
 * last two bytes say (Wu and Manber 1994). Where it stops the needles that begin as the text does
 * are found by binary search. Of needles that begin at one place the longest counts.
 *
 *	needles_new → needles_add … → needles_finish → needles_find …
 *
 * Once finished it only is read, by any thread.
 */
#ifndef LILY_BASE_NEEDLES_H
#define LILY_BASE_NEEDLES_H

#include "base/str.h"

/* The shortest needle there may be. */
#define NEEDLE_MIN 4

struct needles;

struct needles *needles_new(void);

/* Zeroes what it held. NULL is fine. */
void needles_free(struct needles *needles);

/* Copies the text, of NEEDLE_MIN bytes or more; number is the caller's. Of equal texts the one that
 * was added first counts. */
void needles_add(struct needles *needles, struct str text, uint32_t number);
void needles_finish(struct needles *needles);

struct needle_found {
	size_t at;
	size_t n;
	uint32_t number;
};

/* The first needle in the text that begins at `from` or later; false where there is none. */
bool needles_find(const struct needles *needles, struct str text, size_t from,
	struct needle_found *ret_found);

/* How many bytes at the end of the text, from `from` on, may be the beginning of a needle whose rest
 * is still to come: the most of them. */
size_t needles_begun(const struct needles *needles, struct str text, size_t from);

#endif
