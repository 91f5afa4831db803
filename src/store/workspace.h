/*
 * workspace: the folder that a store belongs to, as <store>/workspace.json records it.
 *
 *	{"workspace": 1, "path": …, "device": n, "inode": n, "born": µs since 1970, 0 where the
 *	file system does not say}
 *
 * A folder is the same one as before when its inode and birth are, whatever its path. Device
 * numbers may change from boot to boot, so they count only where there is no birth.
 */
#ifndef LILY_STORE_WORKSPACE_H
#define LILY_STORE_WORKSPACE_H

#include "base/arena.h"
#include "base/err.h"

struct workspace {
	const char *path; /* borrowed */
	uint64_t device;
	uint64_t inode;
	int64_t born_us;
};

/* The folder at the path as it is now; ERR_NOT_FOUND where there is none. */
int workspace_look(const char *path, struct workspace *ret_workspace);

bool workspace_same_folder(const struct workspace *a, const struct workspace *b);

/* The name of its store's folder: the last part of the path, and digits of the digest of it all. */
const char *workspace_id(const struct workspace *workspace, struct arena *arena);

/* The record of the store root/id. read: 1, 0 where there is none or it cannot be understood. */
int workspace_read(int root, const char *id, struct arena *arena,
	struct workspace *ret_workspace, struct err *err);
int workspace_write(
	int root, const char *id, const struct workspace *workspace, struct err *err);

#endif
