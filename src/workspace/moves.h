/*
 * moves: the order in which the entries of a write set are made true, one path at a time.
 *
 * A path that changes between a folder and something else is two moves, with nothing there in between.
 *
 *	1. what is below a folder that becomes something else is removed, deepest first, then it
 *	2. folders are made, outermost first
 *	3. files and links are put, replaced, made executable or not
 *	4. everything else is removed, deepest first
 *
 * Within 3 a Git repository stays whole for whoever looks at it meanwhile: objects are there before the
 * index that names them, that before references and HEAD.
 */
#ifndef LILY_WORKSPACE_MOVES_H
#define LILY_WORKSPACE_MOVES_H

#include "workspace/write_set.h"

enum moves_direction {
	MOVES_FORWARD,  /* from `before` to `after` */
	MOVES_BACKWARD, /* from `after` to `before` */
};

struct move {
	struct str path;
	const char *name; /* the path, ended by NUL */
	struct side from; /* what is there before */
	struct side to;   /* what is there then */
	struct side
		around; /* of two moves of a path, what the other one is about; else SIDE_NONE */
	unsigned phase; /* 1 to 4 */
	unsigned rank;  /* of a file within a repository, else 0 */
};

struct moves {
	struct move *items;
	size_t n;
};

/* In the arena, sorted. */
struct moves moves_of(
	const struct write_set *set, enum moves_direction direction, struct arena *arena);

/* The repository that a path lies in ("a/.git" of "a/.git/refs/x"); empty where it lies in none. */
struct str moves_repository(struct str path);

#endif
