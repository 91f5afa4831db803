/*
 * spool: stdout that is an output itself, in full: in memory while it is small, then in a file,
 * and at last under its name in the step's output directory, whatever the step did there.
 */
#ifndef LILY_EXEC_SPOOL_H
#define LILY_EXEC_SPOOL_H

#include "base/buf.h"

#define SPOOL_MEMORY ((size_t)64 << 10)

struct spool {
	struct buf name; /* of the output; empty: not in use */
	struct buf memory;
	int file; /* -1: all of it is in memory */
};

#define SPOOL_INIT ((struct spool){BUF_INIT(4096), BUF_INIT(SPOOL_MEMORY), -1})

/* name is relative and stays below the directory, else ERR_INVALID. */
int spool_begin(struct spool *spool, struct str name, struct err *err);

/* `directory` is the attempt's own, of the same file system as its output directory; the file is
 * made there once memory is full. */
int spool_add(struct spool *spool, struct str bytes, int directory, struct err *err);

/* Puts the file in its place below `out` (mode 0644), instead of whatever is there. No link is
 * followed. */
int spool_place(struct spool *spool, int directory, int out, struct err *err);

/* Forgets it; ready for the next. */
void spool_reset(struct spool *spool);
void spool_done(struct spool *spool);

#endif
