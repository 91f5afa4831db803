/*
 * location: where a path of a policy is.
 *
 * A path is absolute, or relative to the workspace, or begins with ~ or $HOME. It is gone through by
 * component, and what is not there yet is kept as it is written: a policy may speak of files to come. A
 * link on the way is an error, since whoever can replace it can move the wall; but one that only root can
 * replace, outside of workspace and home (/bin → usr/bin, /var/run → /run), is followed
 * (docs/decisions/0039).
 */
#ifndef LILY_POLICY_LOCATION_H
#define LILY_POLICY_LOCATION_H

#include "base/arena.h"
#include "base/err.h"

/* What a policy is resolved by; paths absolute and without links, NULL where there is none. */
struct policy_surroundings {
	const char *workspace;
	const char *home;
	const char *store;
	const char *search; /* PATH of the caller, as it is */
};

/* The path, in the arena. ERR_INVALID says what is wrong and what to write instead, without a place. */
int location_find(const struct policy_surroundings *surroundings, struct str text,
	struct arena *arena, const char **ret_path, struct err *err);

/* Likewise, of a program: a name without a slash is searched for in PATH; ERR_NOT_FOUND. */
int location_find_program(const struct policy_surroundings *surroundings, struct str text,
	struct arena *arena, const char **ret_path, struct err *err);

/* Whether the path is that one or below it; all are below "/". */
bool location_covers(const char *path, const char *below);

#endif
