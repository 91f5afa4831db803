/*
 * examination: one fsck under way: a scratch database with lily.db attached as "store", in one
 * read transaction, and the report.
 */
#ifndef LILY_STORE_EXAMINATION_H
#define LILY_STORE_EXAMINATION_H

#include "store/db.h"
#include "store/fsck.h"
#include "store/handle.h"

#define FINDINGS_MOST 1000

struct examination {
	struct store *store;
	sqlite3 *db;
	unsigned flags;
	struct fsck_report *report;
	size_t capacity;
	uint64_t dropped; /* findings beyond FINDINGS_MOST */
};

/* Adds a finding. */
void examination_find(struct examination *x, const char *invariant, const char *subject,
	const char *advice, const char *problem, ...) ATTR_PRINTF(5, 6);

/* Each looks at one thing and returns < 0 only where it could not look. */
int examine_chains(struct examination *x, struct err *err);  /* I2 */
int examine_fold(struct examination *x, struct err *err);    /* I3 */
int examine_objects(struct examination *x, struct err *err); /* I1 */
int examine_runs(struct examination *x, struct err *err);    /* I4, manifests */

#endif
