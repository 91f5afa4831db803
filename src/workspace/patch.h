/*
 * patch: a write set as a patch that people read and `git apply` takes.
 *
 * Folders are no part of it. What is binary, or larger than PATCH_FILE_MAX, is named and not shown: of
 * such a set the patch says that it changed, not how.
 */
#ifndef LILY_WORKSPACE_PATCH_H
#define LILY_WORKSPACE_PATCH_H

#include "base/buf.h"
#include "workspace/write_set.h"

#define PATCH_FILE_MAX ((size_t)8 << 20)

/* Appends the patch. Where b overflows, the rest is missing, and buf_check says so. ERR_NOT_FOUND or
 * ERR_CORRUPT where the store does not have the content. */
int patch_write(
	struct store *store, const struct write_set *set, struct buf *b, struct err *err);

/* The lines that the set removes and adds, of text. */
int patch_count_lines(
	struct store *store, const struct write_set *set, uint64_t *ret_lines, struct err *err);

#endif
