/*
 * staging: files of larger objects before they have their name.
 *
 *	objects/tmp/<pid>-<random>/<n>   being written; the folder is locked (flock) by its process
 *	objects/ab/cdef…                 in place, read-only
 *
 * A folder that nobody locks was left by a process that died, and is rubbish. Any thread may make
 * files.
 */
#ifndef LILY_STORE_STAGING_H
#define LILY_STORE_STAGING_H

#include "base/digest.h"

#include <pthread.h>

#define STAGING_PATH_SIZE 96
#define OBJECT_FILE_SIZE (DIGEST_HEX_SIZE + 1) /* "ab/cdef…" and NUL */

struct staging {
	pthread_mutex_t mutex;
	int objects; /* objects/, borrowed */
	int folder;  /* locked; -1 until the first file is made */
	char name[64];
	unsigned next;
};

void staging_init(struct staging *staging, int objects);

/* Removes the folder. */
void staging_done(struct staging *staging);

/* A new empty file: *ret_fd is the caller's, path (relative to objects/) is filled in. store is
 * the store's open directory. */
int staging_make(struct staging *staging, int store, int *ret_fd, char path[STAGING_PATH_SIZE],
	struct err *err);

/* A name for a file that is to be moved here. */
int staging_name(
	struct staging *staging, int store, char path[STAGING_PATH_SIZE], struct err *err);

/* Under commit.lock: removes the folders that nobody locks. */
int staging_sweep(int objects, struct err *err);

/* Where the object's file belongs, relative to objects/. */
const char *object_file_path(const struct digest *digest, char path[OBJECT_FILE_SIZE]);

/* Moves a staged file to its place, replacing whatever stands there: the table is asked before,
 * and a file without a row is rubbish. Not durable yet. */
int object_file_place(
	int objects, const char *staged, const struct digest *digest, struct err *err);

/* Makes the directory entry durable. */
int object_file_sync(int objects, const struct digest *digest, struct err *err);

#endif
