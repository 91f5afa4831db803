/*
 * mounts: the view of the file system that a lane's steps have, for the lane's own files only.
 *
 * Made by the calls that name a mount by a descriptor (open_tree(2), move_mount(2), mount_setattr(2)),
 * so that nobody can put a link in the way between a look and the act. What is to be seen "as before"
 * is taken first, detached; then the operations follow in their order.
 */
#ifndef LILY_SANDBOX_MOUNTS_H
#define LILY_SANDBOX_MOUNTS_H

#include "sandbox/walls.h"

/* All of the operations, in a mount namespace whose mounts are private. slot is the lane's. The message
 * names the operation and its path. */
int mounts_carry_out(const struct walls *walls, const char *slot, struct err *err);

/* The path, of which no component is a link, as an O_PATH descriptor: ERR_INVALID for a link. */
int mounts_open(const char *path, int *ret_fd, struct err *err);

#endif
