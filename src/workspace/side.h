/*
 * side: what is at one path, on one side of a change: nothing, a file by the digest of its bytes and
 * whether it may be run, a directory, a link by its target.
 *
 * Other permissions, owners, times and attributes are no part of it, as in a tree.v1 document.
 */
#ifndef LILY_WORKSPACE_SIDE_H
#define LILY_WORKSPACE_SIDE_H

#include "base/arena.h"
#include "base/digest.h"

#include <sys/stat.h>

enum side_type {
	SIDE_NONE,
	SIDE_FILE,
	SIDE_DIR,
	SIDE_LINK,
	SIDE_OTHER, /* a device, fifo or socket, a link whose target is not UTF-8 */
};

struct side {
	enum side_type type;
	bool executable;      /* a file */
	uint64_t size;        /* of a file */
	struct digest digest; /* of a file */
	struct str target;    /* of a link */
};

/* Whether the same is there; what is SIDE_OTHER is equal to nothing. */
bool side_equal(const struct side *a, const struct side *b);

/* Whether two files differ in nothing but whether they may be run. */
bool side_differs_in_mode(const struct side *a, const struct side *b);

struct object_staged;
struct store;

/* How sides are read. `staged`: files are also staged as parts of it (store/stage.h); NULL: they are
 * only hashed. Targets of links lie in the arena. */
struct side_reader {
	struct store *store;
	struct object_staged *staged;
	struct arena *arena;
};

/* What folder/name is, no link followed; *ret_status, where there is anything, may be NULL. ERR_INVALID
 * for a link's target that is not UTF-8. */
int side_read(const struct side_reader *reader, int folder, const char *name,
	struct side *ret_side, struct stat *ret_status, struct err *err);

#endif
