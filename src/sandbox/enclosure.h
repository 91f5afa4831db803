/*
 * enclosure: the walls of one lane as they stand, for the lane's own files only.
 *
 *	enclosure_build (once) → [enclosure_enter, in the child of each step → exec …
 *	→ enclosure_clear, once its tree is dead]
 *
 * What can be given to the lane itself and is inherited is given once: mounts, no new privileges, an
 * empty bounding set, a keyring of its own, the seccomp filter. The rest is the child's: user, limits,
 * capabilities, Landlock. Before the first step a child goes where steps go and tries what they must
 * not be able to do (canary.c); if anything works, the lane is refused.
 */
#ifndef LILY_SANDBOX_ENCLOSURE_H
#define LILY_SANDBOX_ENCLOSURE_H

#include "sandbox/protocol.h"
#include "sandbox/residue.h"

struct enclosure {
	struct arena arena;
	struct walls walls;
	const char *slot;
	int ruleset;                      /* Landlock's; -1: none */
	int sockets[WALLS_LISTENERS_MAX]; /* of walls.n_listeners, for lily */
	struct residue residue;
};

/* Reads the walls from the descriptor, which is closed. */
int enclosure_read(int fd, const char *slot, struct enclosure *ret_enclosure, struct err *err);

/* Layer, mounts and network; the lane still has its capabilities. *ret_view: layer_mount; untouched where the
 * walls have none. */
int enclosure_build(struct enclosure *enclosure, int *ret_view, struct err *err);

/* Binds the lane itself, for good, after its last mount; then sends the canaries. */
int enclosure_close(struct enclosure *enclosure, struct err *err);

/* In a child that shares memory with the lane: nothing is allocated. Where it failed, with errno. */
enum lane_stage enclosure_enter(const struct enclosure *enclosure);

int enclosure_clear(const struct enclosure *enclosure, struct err *err);

/* canary.c: 0, or an error that names what could be done. In such a child, after enclosure_enter. */
int canary_try(const struct enclosure *enclosure, struct err *err);

#endif
