/*
 * scratch: the directories of a slot as lily-lane keeps them: home, tmp, in, out and memory.
 *
 * Between steps each is a directory of the lane's user, mode 0700, and empty; but a mounted memory
 * is only looked at: whether it is still there. They are made once
 * and cleared only when touched: whether a directory was touched is read from its inode and
 * change time, which no program can set back, and looked up in the directory itself only while
 * the change time is too young to tell (git's racy-clean rule).
 *
 * Only used while no process of a step lives, so nothing moves underneath.
 */
#ifndef LILY_SANDBOX_SCRATCH_H
#define LILY_SANDBOX_SCRATCH_H

#include "base/err.h"
#include "sandbox/protocol.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

struct scratch_directory {
	int fd;
	dev_t device;
	ino_t inode;
	struct timespec changed;  /* its ctime when it was last seen clean */
	struct timespec verified; /* when that was */
};

struct scratch {
	int slot;
	const char *path; /* of the slot */
	uid_t user;       /* whose the directories must be */
	gid_t group;
	struct scratch_directory slot_state;
	struct scratch_directory directory[LANE_DIRECTORY_COUNT];
	bool slot_dirty;
};

const char *scratch_name(enum lane_directory which);

/* Takes the directories below path (borrowed, absolute), made by lane_directories_make. By path:
 * a descriptor from outside the lane would not see what steps mount. Where the user, whose group this is,
 * is not the lane's own, they are given to it. */
int scratch_open(
	struct scratch *scratch, const char *path, uid_t user, gid_t group, struct err *err);
void scratch_close(struct scratch *scratch);

/* The mask of directories that are not clean. Afterwards each name is a directory again that its
 * owner can enter: one that was removed or replaced by something else is made anew, and is in
 * *ret_replaced, as is one that was replaced by another directory. */
int scratch_check(
	struct scratch *scratch, uint32_t *ret_dirty, uint32_t *ret_replaced, struct err *err);

/* Makes every directory clean. *ret_replaced: those that had to be made anew. */
int scratch_clear(struct scratch *scratch, uint32_t *ret_replaced, struct err *err);

#endif
