/*
 * workplace: the workspace that a run was planned in, and goes on in.
 *
 * A store may be named by --store from anywhere. What a run's steps read and write is the folder that
 * it began in, known by path, and by device and inode where it was moved since.
 */
#ifndef LILY_RUN_WORKPLACE_H
#define LILY_RUN_WORKPLACE_H

#include "base/buf.h"
#include "store/store.h"

/* Appends {"inode":"DEVICE:INODE","path":…}, as run.planned has it. */
int workplace_describe(const char *path, struct buf *b, struct err *err);

/* ERR_INVALID where the run of that number was planned in another folder; the message says in
 * which. Runs of before it was recorded pass. */
int workplace_check(struct store *store, int64_t run, const char *path, struct err *err);

#endif
