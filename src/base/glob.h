/*
 * glob: the files below a directory whose paths match a pattern.
 *
 * Within a component * stands for any bytes, ? for one, [abc] for one of these; a component ** stands for
 * any number of folders, at the end for all files below. A name that begins with a dot is matched only
 * by a pattern that does (glob(7)). \ takes the meaning from what follows it. Below the
 * folder that the pattern names plainly no link is followed; links match as files do, folders do not
 * match at all. Nothing recurses.
 */
#ifndef LILY_BASE_GLOB_H
#define LILY_BASE_GLOB_H

#include "base/arena.h"
#include "base/err.h"

/* As many names are looked at, at most, and a pattern has so many components. */
#define GLOB_LOOKED_MAX 1000000
#define GLOB_COMPONENTS_MAX 64

/* Whether the path has a character that makes it a pattern. */
bool glob_is_pattern(struct str path);

struct glob_found {
	struct str
		folder; /* the part of the pattern without such characters; "." if there is none */
	struct str *paths; /* below that folder, sorted by bytes */
	size_t n;
};

/* All in the arena. A folder that is not there has no files. ERR_LIMIT; ERR_DENIED where the folder leads
 * out of dir by a link. */
int glob_find(int dir, struct str pattern, struct arena *arena, struct glob_found *ret_found,
	struct err *err);

#endif
