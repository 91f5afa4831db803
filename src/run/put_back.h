/*
 * put_back: a file or directory of the workspace, or what a pattern chooses of it, made what an earlier attempt
 * left there.
 */
#ifndef LILY_RUN_PUT_BACK_H
#define LILY_RUN_PUT_BACK_H

#include "store/cache.h"
#include "store/memo.h"

/* Makes path, below the workspace, be what the output was; NULL: nothing is there. What is right
 * already stays as it is: 1 and its status where that is a file that the memo knows. Else 0: it is replaced
 * in one step, so that a reader sees the old one or the new one. ERR_DENIED: the path leads out;
 * ERR_INVALID: a folder of it is something else, or a directory lies where a file was, or the other
 * way about: the step has to run; ERR_CORRUPT: the store's bytes are damaged. */
int put_back(struct store *store, struct memo *memo, int workspace, const char *path,
	const struct cache_output *output, struct stat *ret_status, struct err *err);

/* Makes a pattern match what it matched then, the files of the directory `output`; NULL: none. Each is put
 * back by itself where it is missing or another one, in the end what else matches is gone; folders
 * stay. What matches the right files already is not touched, nor is anything where a directory lies at the place of
 * one of them. Errors likewise. */
int put_back_chosen(struct store *store, struct memo *memo, int workspace, struct str pattern,
	const struct cache_output *output, struct err *err);

#endif
