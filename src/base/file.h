/*
 * file: files and directories, always named by a directory descriptor and a path below it
 * (AT_FDCWD for the current one), so that what is open stays what it was when a parent is renamed.
 *
 * All descriptors are close-on-exec. Messages name the path as it was given.
 */
#ifndef LILY_BASE_FILE_H
#define LILY_BASE_FILE_H

#include "base/arena.h"
#include "base/buf.h"

#include <sys/stat.h>
#include <sys/types.h>

enum file_sync { FILE_NO_SYNC, FILE_SYNC };

/* Opens for reading without following a last link: a regular file, else ERR_INVALID naming what
 * is there instead. *ret_fd is the caller's. */
int file_open_regular(int dir, const char *path, int *ret_fd, struct err *err);

/* Opens a path below a directory that must not lead out of it: no absolute path, no "..", no link
 * that points outside (openat2(2), RESOLVE_BENEATH). ERR_DENIED where it leads out; with O_NOFOLLOW in
 * flags, ERR_INVALID where the last component is a link. */
int file_open_beneath(int dir, const char *path, int flags, int *ret_fd, struct err *err);

/* Appends the whole file to b; ERR_LIMIT where it does not fit into b's maximum. Links are
 * followed; a directory, fifo or device is ERR_INVALID (never waits for a fifo's writer). */
int file_read(int dir, const char *path, struct buf *b, struct err *err);
int file_read_fd(int fd, const char *name, struct buf *b, struct err *err);

/* Writes all n bytes, going on after EINTR and short writes. */
int file_write(int fd, const void *bytes, size_t n, struct err *err);

/* Replaces path by a file with this content in one step (temporary name beside it, rename): a
 * reader sees the old bytes or the new ones. FILE_SYNC: durable, directory entry included. */
int file_replace(int dir, const char *path, struct str content, mode_t mode,
	enum file_sync sync, struct err *err);

/* Copies from one descriptor's offset to the end: shares blocks where the file system can
 * (FICLONE), copies inside the kernel, or by hand. *ret_size in bytes, may be NULL. Heeds
 * recall_check (base/recall.h). */
int file_copy(int from, int to, uint64_t *ret_size, struct err *err);

/* flock(2): advisory, of the open file description. FILE_TRY gives ERR_DENIED at once where
 * another holds it; FILE_WAIT queues in the kernel. */
enum file_lock { FILE_TRY, FILE_WAIT };
int file_lock(int fd, enum file_lock how, struct err *err);

/* Directories (dir.c). */
int dir_open(int dir, const char *path, int *ret_fd, struct err *err);

/* Opens a directory below dir ("" is dir itself) where no link is on the way to it and no other file
 * system begins (openat2(2), RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV): ERR_INVALID for a
 * link, ERR_DENIED where it leads out or to something mounted. */
int dir_open_beneath(int dir, const char *path, int *ret_fd, struct err *err);

/* Makes the directory unless it is there; dir_make_all its missing parents too. ERR_SYS with EEXIST where
 * something else is there. */
int dir_make(int dir, const char *path, mode_t mode, struct err *err);
int dir_make_all(int dir, const char *path, mode_t mode, struct err *err);

int dir_sync(int dir, const char *path, struct err *err);

/* The names in a directory without . and .., sorted by bytes, in the arena. */
int dir_list(int dir, const char *path, struct arena *arena, struct str **ret_names,
	size_t *ret_n, struct err *err);

/* Removes path and all below it, following no link, in bounded memory and without recursion, with
 * five descriptors; directories that lost their permissions are opened up first. Nothing there is
 * fine. */
int tree_remove(int dir, const char *path, struct err *err);

/* The absolute path without links of an existing path, in the arena. */
int path_real(const char *path, struct arena *arena, struct str *ret_path, struct err *err);

/* Where lily's own user keeps his configuration, ${XDG_CONFIG_HOME:-~/.config}/lily, in the arena; it need
 * not be there. NULL: nobody says where. */
const char *path_config(struct arena *arena);

/* "a/./b" and "a/x/../b" as "a/b", in the arena: by the words alone, whatever lies there. */
struct str path_shorten(struct arena *arena, struct str path);

/* Whether a link on the way leads out of the folder, wherever to. */
bool path_leads_out(const char *folder, const char *below);

/* "dir/name", in the arena; name alone where it is absolute or dir is empty. */
const char *path_join(struct arena *arena, const char *dir, const char *name);

/* Whether a relative path stays below its start: no leading slash, no ".." component, not empty. */
bool path_is_inside(struct str path);

#endif
