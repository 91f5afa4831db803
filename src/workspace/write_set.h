/*
 * write_set: what a step changed in the workspace, path by path, as write_set.v1 says it.
 *
 * Entries are sorted by the bytes of their paths, so a folder stands before what is in it. An entry
 * whose two sides are equal is none. The content of every file of either side is an object of the
 * store, so that a set can be applied and taken back (workspace/apply.h) by the document alone.
 */
#ifndef LILY_WORKSPACE_WRITE_SET_H
#define LILY_WORKSPACE_WRITE_SET_H

#include "base/buf.h"
#include "workspace/side.h"
#include "json/value.h"

enum write_change { WRITE_ADDED, WRITE_MODIFIED, WRITE_DELETED, WRITE_MODE };

struct write_entry {
	struct str path; /* below the workspace */
	struct side before;
	struct side after;
};

/* What is wrong with, or was left of, a path. The path may be any bytes but NUL. */
struct write_remark {
	struct str path;
	const char *what;
};

struct write_remarks {
	const struct write_remark *items;
	size_t n;
};

struct write_set {
	const struct write_entry *entries;
	size_t n;
	struct write_remarks stripped; /* what applying does not carry over */
	struct write_remarks
		refused; /* what cannot be applied: any of it refuses the whole set */
	struct write_remarks disturbed; /* entries whose path somebody else has changed since */
};

/* As policies limit them (max_diff). Lines are counted where there is text to compare. */
struct write_totals {
	uint64_t files;      /* entries */
	uint64_t bytes;      /* of new content */
	uint64_t file_bytes; /* of the largest new content */
};

enum write_change write_entry_change(const struct write_entry *entry);
const char *write_change_name(enum write_change change);

struct write_totals write_set_totals(const struct write_set *set);

/* Which attempt a document speaks of. */
struct write_set_subject {
	struct str run_id;
	struct str step;
	uint64_t attempt;
	bool is_exact;  /* every change is in it: not true of a scan */
	uint64_t lines; /* added and removed */
};

/* Appends the document. Sets with refusals are written too: these are not a part of it. */
void write_set_write(
	const struct write_set *set, const struct write_set_subject *subject, struct buf *b);

/* The entries of a document that is valid by its schema, in the arena; texts are the document's.
 * ERR_CORRUPT where it is not what write_set_write writes. */
int write_set_read(const struct value *document, struct arena *arena, struct write_set *ret_set,
	struct err *err);

#endif
