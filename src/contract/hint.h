/*
 * hint: what a message says of what was probably meant.
 *
 * Each adds to the message, or nothing where there is no good guess.
 */
#ifndef LILY_CONTRACT_HINT_H
#define LILY_CONTRACT_HINT_H

#include "contract/explain.h"

#define CANDIDATES 256 /* that are looked at for a guess */

/* "; did you mean …?" */
void hint_nearest(struct buf *b, struct str s, const struct str *candidates, size_t n);

/* Of a value that is of none of the kinds: whether it would be with quotes, or without. */
void hint_quotes(struct buf *b, unsigned kinds, const struct value *v);

/* Likewise of one that is none of the values; false where it was not that. */
bool hint_respelt(
	struct buf *b, const struct value *const *values, uint32_t n, const struct value *v);

/* "; did you mean …?", of the names that the object around may have and does not have yet, at most
 * CANDIDATES. */
void hint_names_left(struct explainer *e, struct str name);

#endif
