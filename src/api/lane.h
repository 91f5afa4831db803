/*
 * lane: where the lily-lane program of this library is.
 *
 * Looked for, in this order:
 *	build tree    ../sandbox/lily-lane beside …/src/cli/lily, the running program
 *	installation  <libexecdir>/lily/lily-lane under the prefix from which the running program
 *	              (PREFIX/<bindir>/…) or this shared library (PREFIX/<libdir>/…) was loaded,
 *	              so that an installation may be moved as a whole
 *	configured    the absolute path that the build was configured with
 *
 * The first two are taken only where the file belongs to root, to the user, or to the owner of the
 * program that was loaded, and nobody else can write to it: a lane is run with the user's rights.
 */
#ifndef LILY_API_LANE_H
#define LILY_API_LANE_H

#include "base/arena.h"

/* The absolute path, in the arena. Where none is found: the configured one, which names in
 * messages what is missing. */
const char *lane_find(struct arena *arena);

#endif
