/*
 * run_lock: the kernel lock on runs/<run id>/lock.
 *
 * A lock of fcntl(2) on the open file description: it ends with the process that holds it, and,
 * other than with flock(2), whether somebody holds it can be asked without taking it for an
 * instant (I11). The file holds the holder's pid, for messages.
 */
#ifndef LILY_STORE_RUN_LOCK_H
#define LILY_STORE_RUN_LOCK_H

#include "base/err.h"
#include "base/uuid.h"

/* Makes the folder and the file if need be. ERR_DENIED where it is held; the message says by
 * whom. Both descriptors are the caller's. */
int run_lock_take(
	int store, const struct uuid *run, int *ret_directory, int *ret_lock, struct err *err);

/* Whether somebody, this process included, holds it; *ret_pid is 0 where unknown. */
bool run_lock_is_held(int store, const struct uuid *run, int *ret_pid);

#endif
