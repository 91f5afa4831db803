/*
 * git_directories: where git keeps what it goes by, in a folder and all below it: every ".git", and in
 * each of them modules/… and worktrees/….
 */
#ifndef LILY_POLICY_GIT_DIRECTORIES_H
#define LILY_POLICY_GIT_DIRECTORIES_H

#include "base/arena.h"
#include "base/err.h"

/* Absolute paths, parents before children, in the arena; no link is followed. *ret_all is false where
 * more than `most` folders would have to be looked into, or one cannot be. */
void git_directories_find(const char *folder, size_t most, struct arena *arena,
	const char ***ret_paths, size_t *ret_n, bool *ret_all);

#endif
