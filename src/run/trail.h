/*
 * trail: all that a run asked of the world that had nothing to do, so that the next one need ask no more.
 *
 * A run that reuses every step has asked for each what stat(2) says of the files that it takes in and
 * leaves, and for all of them which file a program's name leads to and what a variable is that is
 * passed on. Its plan is fixed. Where all of these answers are what they were, every content key is,
 * and with it whatever the run did; that the store still has what was reused is for its own side to
 * say (store/repeat.h). A file counts as it does for the memo of digests, and only where that knows it
 * (memo.h): nobody can change it without its ctime.
 *
 * It is a memo: it saves work, and without it everything comes out the same. What it cannot hold, such
 * as directories, breaks it; a broken one is not kept.
 *
 * On disk: in the folder "trails" of the store one file for each question, named by its SHA-256, in
 * the byte order of the machine: a head, the answers, their texts, and the SHA-256 of all before it.
 * At most TRAIL_FILES; then all go, and come back as they are asked for.
 */
#ifndef LILY_RUN_TRAIL_H
#define LILY_RUN_TRAIL_H

#include "base/arena.h"
#include "store/repeat.h"

#include <sys/stat.h>

#define TRAIL_FILES 64

enum trail_kind {
	TRAIL_INPUT,    /* a file by its path from the workspace; links are followed, */
	TRAIL_OUTPUT,   /* and here they are not */
	TRAIL_ABSENT,   /* nothing is there */
	TRAIL_OBJECT,   /* a file by its path from the store */
	TRAIL_PROGRAM,  /* what a name leads to */
	TRAIL_VARIABLE, /* of lily's own environment */
	TRAIL_KINDS
};

struct trail;

struct trail *trail_new(void);
void trail_free(struct trail *trail);

/* Something was asked that a trail cannot hold. All take a NULL trail, and one that is broken. */
void trail_break(struct trail *trail);
bool trail_is_whole(const struct trail *trail);

/* Any but the last two kinds; status: NULL where it is absent. Text is copied. */
void trail_add_file(
	struct trail *trail, enum trail_kind kind, const char *path, const struct stat *status);
/* The file that the name led to in PATH, seen from cwd. */
void trail_add_program(struct trail *trail, const char *path, const char *cwd, const char *name,
	const char *file, const struct stat *status);
void trail_add_variable(struct trail *trail, const char *name);
/* What was found is good up to then (UTC, µs). */
void trail_end_at(struct trail *trail, int64_t time_us);

/* The run that was made so: the same words do for the next one. */
struct trail_run {
	struct repeat_original original;
	uint32_t parallel;   /* as the workflow says; 0: it does not */
	struct str planned;  /* the payload of run.planned, */
	struct str finished; /* and of run.finished */
};

/* What decides all that the trail does not hold. workplace: as workplace_describe has it. false: this
 * build cannot be told from others. */
bool trail_ask(const struct digest *plan, struct str workplace, struct digest *ret_question);

/* Keeps a whole one. A failure to is none: the next run asks again. */
void trail_keep(struct store *store, const struct digest *question, const struct trail *trail,
	const struct trail_run *run);

/* 1 where every answer is what it was, and the store agrees, its text in the arena; 0. */
int trail_follow(struct store *store, const struct digest *question, int workspace,
	struct arena *arena, struct trail_run *ret_run, struct err *err);

#endif
