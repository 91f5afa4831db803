/*
 * unified: two texts as a unified diff (POSIX diff -u, as Git writes it), hunk by hunk.
 *
 * The lines are the texts' own: whoever shows them on a terminal makes them safe first.
 */
#ifndef LILY_BASE_UNIFIED_H
#define LILY_BASE_UNIFIED_H

#include "base/buf.h"
#include "base/edits.h"

#define UNIFIED_CONTEXT 3

/* As Git tells: a NUL among the first 8000 bytes makes it binary. */
bool unified_is_text(struct str bytes);

struct unified_count {
	uint64_t removed;
	uint64_t added;
};

struct unified_count unified_count(const struct edits *edits);

/* Appends the hunks ("@@ -1,3 +1,4 @@" and their lines), without a heading; nothing where the texts are
 * equal. A last line without LF is followed by "\ No newline at end of file". */
void unified_write(const struct lines *old, const struct lines *new, const struct edits *edits,
	struct buf *b);

#endif
