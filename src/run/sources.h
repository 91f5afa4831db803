/*
 * sources: the files that a plan is made of, besides the workflow file itself: each as it was read.
 *
 * Whoever reads a file on the way to a plan says so here; a plan is taken for what an unchanged
 * workflow gives only where all of them are what they were (plan_memo.h).
 */
#ifndef LILY_RUN_SOURCES_H
#define LILY_RUN_SOURCES_H

#include "base/arena.h"
#include "base/digest.h"

enum source_kind {
	SOURCE_KIND_FILE, /* another file that defines it */
	SOURCE_KIND_SCHEMA, /* a schema by its id; the path is empty where it is the kernel's own */
	SOURCE_KIND_INPUT, /* an input of the workflow: a file, or a directory by its tree.v1 */
	SOURCE_KIND_ABSENT, /* where an input could have been found, and nothing was */
	SOURCE_KIND_TYPE,   /* what a schema of several files means, without a path */
};

struct source_read {
	enum source_kind kind;
	struct str name; /* of the schema or input */
	struct str path; /* as it was opened */
	struct digest digest;
	bool is_tree;
};

struct sources {
	struct source_read *items;
	size_t n, capacity;
	struct arena arena; /* of the texts */
};

#define SOURCES_INIT ((struct sources){.arena = ARENA_INIT})
#define AUTO_SOURCES __attribute__((cleanup(sources_done)))

void sources_done(struct sources *sources);

/* Copies. sources may be NULL: nobody asks. */
void sources_add(struct sources *sources, const struct source_read *source);

#endif
