/*
 * stage: what object_stage_file and object_stage_tree hand over to object_commit.
 *
 * A list of parts, each bytes in memory or a staged file; the last one is the object itself, those
 * before it are the files of a tree.
 */
#ifndef LILY_STORE_STAGE_H
#define LILY_STORE_STAGE_H

#include "store/handle.h"
#include "store/object.h"

struct staged_part {
	struct digest digest;
	uint64_t size;
	char *bytes; /* heap, or NULL */
	char *path;  /* heap, relative to objects/, or NULL */
};

struct object_staged {
	struct staged_part *parts;
	size_t n, capacity;
	uint64_t size;    /* of the object, for a tree the sum of its files */
	size_t in_memory; /* bytes of parts in memory */
};

/* Adds the file as the next part; *ret_part is valid until the next one. Small ones go to memory
 * as long as there is little in it. */
int stage_add_file(struct store *store, struct object_staged *staged, int fd,
	enum object_how how, int dir, const char *name, const struct staged_part **ret_part,
	struct err *err);

/* Adds bytes as the next part, as a file where they are many. */
int stage_add_bytes(
	struct store *store, struct object_staged *staged, struct str bytes, struct err *err);

#endif
