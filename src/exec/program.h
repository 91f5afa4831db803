/*
 * program: which file argv[0] means, and why one could not be started.
 *
 * argv[0] without a slash is looked up in the PATH of the step itself, as execvp(3) does; answers
 * are remembered per PATH, since a run starts the same few programs over and over. A remembered
 * answer may be out of date: program_forget, and ask again.
 */
#ifndef LILY_EXEC_PROGRAM_H
#define LILY_EXEC_PROGRAM_H

#include "base/buf.h"
#include "base/map.h"
#include "sandbox/lane.h"

struct program_entry {
	char *key;  /* path, NUL, name */
	char *file; /* NULL: forgotten */
};

struct program_cache {
	struct map map;
	struct program_entry *entries;
	size_t n;
	size_t capacity;
	struct buf key;
	struct buf found;
};

#define PROGRAM_CACHE_INIT       \
	((struct program_cache){ \
		MAP_INIT, NULL, 0, 0, BUF_INIT((size_t)1 << 20), BUF_INIT((size_t)1 << 16)})

void program_cache_done(struct program_cache *cache);

/* The file to execute, valid until the next call: name itself where it has a slash. path is the
 * value of PATH, or NULL; what is relative in it counts from cwd. 0: just looked up; 1: from
 * memory. ERR_NOT_FOUND: in none of its folders; ERR_DENIED: found, but not executable. */
int program_find(struct program_cache *cache, const char *path, const char *cwd,
	const char *name, const char **ret_file, struct err *err);

void program_forget(struct program_cache *cache, const char *path, const char *name);

/* Fills err with why exec of the file, seen from cwd, gave `error`, in the user's terms: which
 * interpreter of which script is missing, and so on. Returns the code. */
int program_explain(const char *file, const char *cwd, int error, struct err *err);

/* Likewise why a lane could not start it, in `below` of cwd, or in cwd where that is NULL. */
int program_explain_start(const char *file, const char *cwd, const char *below,
	const struct lane_report *report, struct err *err);

#endif
