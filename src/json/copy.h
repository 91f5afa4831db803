/*
 * copy: a value with all that it refers to, made anew in another arena.
 *
 * The copy has no source any more: it stands nowhere. Its text, keys included, is NUL-terminated
 * behind its end.
 */
#ifndef LILY_JSON_COPY_H
#define LILY_JSON_COPY_H

#include "json/value.h"

/* Iterative, whatever the depth. */
struct value value_copy(struct arena *arena, const struct value *v);

#endif
