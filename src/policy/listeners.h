/*
 * listeners: sockets with a path that somebody listens on. A network namespace does not hide them, nor
 * does a read-only mount.
 */
#ifndef LILY_POLICY_LISTENERS_H
#define LILY_POLICY_LISTENERS_H

#include "base/arena.h"
#include "base/err.h"

/* Their absolute paths, as /proc/net/unix has them (proc(5)), in the arena; those that are there now and
 * whose path holds neither a link nor an end of line. */
int listeners_find(
	struct arena *arena, const char ***ret_paths, size_t *ret_n, struct err *err);

#endif
