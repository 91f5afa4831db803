/*
 * edits: what has to be changed in the lines of one text to make another of it.
 *
 * Found as by Myers ("An O(ND) Difference Algorithm and Its Variations", 1986), in linear room: the
 * fewest lines removed and added, for texts that differ in up to some 1000 lines; beyond that few, not
 * the fewest, in time that stays linear.
 *
 * A line ends with LF, which is a part of it: a last line without one is another line.
 */
#ifndef LILY_BASE_EDITS_H
#define LILY_BASE_EDITS_H

#include "base/arena.h"

struct lines {
	const struct str *items; /* with their LF */
	size_t n;
};

/* In the arena; the lines are views of the text. */
struct lines lines_of(struct str text, struct arena *arena);

/* old_n lines from old_at on are replaced by new_n lines from new_at on; not both are 0. */
struct edit {
	uint32_t old_at, old_n;
	uint32_t new_at, new_n;
};

struct edits {
	const struct edit
		*items; /* in order; between two of them is at least one line in common */
	size_t n;
};

/* In the arena. Texts of more than EDITS_LINES_MAX lines each are one edit from the first line that
 * differs to the last. */
#define EDITS_LINES_MAX ((size_t)1 << 24)
struct edits edits_between(
	const struct lines *old, const struct lines *new, struct arena *arena);

#endif
