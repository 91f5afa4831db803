/*
 * leak: whether what is about to be kept holds the value of a secret (I10).
 *
 * Each function sets *ret_secret to the name of the first secret found, or empty, and leaves offsets
 * where they were. Errors are those of reading. On any thread.
 */
#ifndef LILY_RUN_LEAK_H
#define LILY_RUN_LEAK_H

#include "exec/redactor.h"

/* A file by its descriptor. */
int leak_search_file(
	const struct redactor *redactor, int fd, struct str *ret_secret, struct err *err);

/* A directory with all below it: names, contents and the targets of links. What is neither is left to
 * whoever keeps it. */
int leak_search_tree(
	const struct redactor *redactor, int dir, struct str *ret_secret, struct err *err);

/* A file or link by its path below dir, the path included; no link is followed. */
int leak_search_path(const struct redactor *redactor, int dir, const char *path,
	struct str *ret_secret, struct err *err);

struct str leak_search_bytes(const struct redactor *redactor, struct str bytes);

#endif
