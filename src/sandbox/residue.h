/*
 * residue: what a step may leave in places that outlive its processes and are not directories of the
 * slot: memory file systems and objects of its IPC namespace.
 *
 * Only used while no process of a step lives.
 */
#ifndef LILY_SANDBOX_RESIDUE_H
#define LILY_SANDBOX_RESIDUE_H

#include "sandbox/walls.h"

#include <sys/types.h>

#define RESIDUE_DIRECTORIES_MAX 8
#define RESIDUE_KEPT_MAX 64

struct residue {
	int directories[RESIDUE_DIRECTORIES_MAX]; /* of MEMORY and QUEUES */
	size_t n;
	struct {
		int directory;
		ino_t inode;
	} kept[RESIDUE_KEPT_MAX]; /* what is mounted in them has its place there */
	size_t n_kept;
	bool has_objects; /* the IPC namespace is the lane's own */
};

/* Opens the directories that the walls made; ERR_LIMIT where there are more than can be kept. */
int residue_open(const struct walls *walls, struct residue *ret_residue, struct err *err);

/* Removes all that is there. */
int residue_clear(const struct residue *residue, struct err *err);

#endif
