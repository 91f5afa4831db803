/*
 * selection: the files of the workspace that a pattern chooses (base/glob.h), as one directory.
 *
 * The directory has them under their paths below the folder that the pattern names plainly, which is
 * "out" where the pattern is "out/2024-?/x.csv". Which they are is looked up when the step starts, or
 * has ended.
 */
#ifndef LILY_RUN_SELECTION_H
#define LILY_RUN_SELECTION_H

#include "base/glob.h"
#include "exec/redactor.h"
#include "store/object.h"

/* Stages them; *ret_staged is NULL where there are none, or where one holds a secret, whose name is then
 * *ret_secret (else empty). redactor may be NULL. On any thread. */
int selection_stage(struct store *store, const struct redactor *redactor, int workspace,
	struct str pattern, struct str *ret_secret, struct object_staged **ret_staged,
	struct err *err);

/* The digest that the same files would have as one object, nothing kept: 1, or 0 where none matches.
 * memo (store/memo.h) may be NULL. */
struct memo;
int selection_hash(int workspace, struct str pattern, struct memo *memo,
	struct digest *ret_digest, struct err *err);

#endif
