/*
 * upper: what a step changed, read off the upper layer of its overlay.
 *
 * The layer is walked once no process of the step lives and nothing is mounted over the workspace any
 * more (I4). It holds what the kernel's overlay leaves there (Documentation/filesystems/overlayfs.rst):
 * new and changed files whole, a character device 0:0 (a whiteout) for what was removed, the attribute
 * overlay.opaque on a folder that hides what lay there before. Every claim of the layer is compared with
 * the workspace itself, so what was only touched is no change, and a removed folder is every file that
 * was in it.
 *
 * What somebody else changed below the layer since it was laid is told by its change time, which nobody can set
 * back, and, where it is gone, by what the overlay notes of a file that it copies up (overlay.origin). A change
 * within the tick of the clock in which the layer was laid counts as one before it: the step did not run yet.
 *
 * The overlay has to be mounted without redirect_dir and metacopy; a layer with their attributes is
 * refused, since what it says is not in it.
 */
#ifndef LILY_WORKSPACE_UPPER_H
#define LILY_WORKSPACE_UPPER_H

#include "workspace/write_set.h"

#define UPPER_ENTRIES_MAX 100000

struct upper_spec {
	struct store *store;
	struct object_staged *staged; /* gets the content of both sides; NULL: only hashed */
	int upper;                    /* directory: the layer */
	int workspace;                /* directory: what it lay over */
	/* When the layer was laid, by CLOCK_REALTIME_COARSE, which change times are taken from; NULL: what was
	 * changed below it since is not looked for. */
	const struct timespec *since;
};

/* The set, in the arena. Refused paths (names that are not UTF-8, devices, fifos, sockets, what is
 * mounted) are in the set. ERR_LIMIT beyond UPPER_ENTRIES_MAX changes; ERR_INVALID for a layer that was
 * made with redirect_dir or metacopy. */
int upper_read(const struct upper_spec *spec, struct arena *arena, struct write_set *ret_set,
	struct err *err);

#endif
