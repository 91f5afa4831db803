/*
 * file_match: the files of the workspace that a pattern names.
 *
 * Components are matched by fnmatch(3): * ? [a-z]; ** stands for any number of folders, none
 * included. Names that begin with a dot are matched by a dot only. Links are not followed on the
 * way, and directories are no files.
 */
#ifndef LILY_RUN_FILE_MATCH_H
#define LILY_RUN_FILE_MATCH_H

#include "base/arena.h"
#include "base/err.h"

/* Paths below dir, sorted by their bytes, in the arena. ERR_LIMIT where more than max match, or where
 * too much has to be looked at. */
int file_match(int dir, struct str pattern, uint32_t max, struct arena *arena,
	struct str **ret_paths, uint32_t *ret_n, struct err *err);

#endif
