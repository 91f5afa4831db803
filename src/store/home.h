/*
 * home: where the store of a workspace is.
 *
 * ${XDG_STATE_HOME:-~/.local/state}/lily/<workspace id>/, found by the workspace's real path and
 * (device, inode, birth time), which <workspace id>/workspace.json records. The one-line .lily in
 * the workspace is for people and is never trusted.
 *
 *	same path                 that store (a folder that was made anew under the old path too;
 *	                          *ret_note says so)
 *	moved (same inode, the recorded path is gone)
 *	                          that store, the new path recorded
 *	copied (own inode, own path, but a .lily that names another store)
 *	                          a store of its own; *ret_note says whose copy it is
 */
#ifndef LILY_STORE_HOME_H
#define LILY_STORE_HOME_H

#include "base/arena.h"
#include "base/err.h"

enum home_flag { HOME_CREATE = 1 << 0 };

/* workspace is an existing directory. *ret_dir is the store's absolute path, in the arena, like
 * *ret_note (empty where there is nothing to say). Without HOME_CREATE: ERR_NOT_FOUND where there
 * is no store yet. */
int home_find(const char *workspace, unsigned flags, struct arena *arena, const char **ret_dir,
	struct str *ret_note, struct err *err);

/* The nearest parent of `start` (itself included) that holds .lily, else start itself; a real
 * path. */
int home_workspace(
	const char *start, struct arena *arena, const char **ret_workspace, struct err *err);

/* Writes .lily into the workspace. */
int home_mark(const char *workspace, const char *store_dir, struct err *err);

#endif
