/*
 * git_directories: where git keeps what it goes by, in a folder and all below it: every ".git", and in
 * each of them modules/… and worktrees/….
 */
#ifndef LILY_POLICY_GIT_DIRECTORIES_H
#define LILY_POLICY_GIT_DIRECTORIES_H

#include "base/arena.h"
#include "base/err.h"

struct git_directories {
	const char *folder; /* that was looked through; NULL: none yet */
	const char **paths; /* absolute, parents before children */
	size_t n;
	bool all; /* false: more than `most` folders would have to be looked into, or `closed` */
	const char *
		closed; /* a folder of this user's that he may not look into, but could open; or NULL */
};

/* In the arena; no link is followed. A folder of somebody else's that is closed to this user is closed to
 * what he runs, and passed over. Asked for the same folder once more, nothing is looked at again. */
void git_directories_find(const char *folder, size_t most, struct arena *arena,
	struct git_directories *directories);

#endif
