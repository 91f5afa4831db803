/*
 * uri: URI references as schemas use them to name each other (RFC 3986).
 *
 * Texts are taken as they are: what is no valid URI is resolved by the same rules and then found or
 * not found, as "$id" in the world is not always valid.
 */
#ifndef LILY_CONTRACT_URI_H
#define LILY_CONTRACT_URI_H

#include "base/arena.h"
#include "base/buf.h"

/* The reference against the base (RFC 3986, 5.2), in the arena; an empty base leaves it as it is but
 * for dot segments. */
struct str uri_resolve(struct arena *arena, struct str base, struct str reference);

/* What stands before the first '#'; *ret_fragment is what follows, its p NULL where there is none. */
struct str uri_without_fragment(struct str uri, struct str *ret_fragment);

/* Percent signs with two digits decoded (RFC 3986, 2.1); all others as they are. */
struct str uri_decode(struct arena *arena, struct str text);

/* Appends text as it may stand in a fragment (RFC 3986, 3.5): all else as percent signs. */
void uri_encode_fragment(struct str text, struct buf *b);

#endif
