/*
 * fsck: whether what must always be true is true (I1 to I3, and I4 as far as files show it).
 *
 * Reads only, and one state of the store, whoever writes meanwhile. Every problem is one finding
 * with what to do about it; beyond 1000 the last one says how many more there are. A store that
 * cannot be opened at all is an err.
 */
#ifndef LILY_STORE_FSCK_H
#define LILY_STORE_FSCK_H

#include "base/arena.h"
#include "store/store.h"

enum fsck_flag { FSCK_OBJECT_BYTES = 1 << 0 /* read every object and hash it */ };

struct fsck_finding {
	struct str invariant; /* "I1", … */
	struct str subject;   /* "run 0193…, event 7" */
	struct str problem;
	struct str advice;
};

struct fsck_report {
	struct arena *arena;
	struct fsck_finding *findings;
	size_t n_findings;
	uint64_t runs, events, objects, artifacts;
	uint64_t
		stale_manifests; /* missing or behind: readings, which the next driver of the run (or
				   * run_take) writes again; harmless */
	uint64_t rubbish; /* files below objects/ without a row: harmless, of puts cut short */
};

int fsck_run(struct store *store, unsigned flags, struct arena *arena,
	struct fsck_report *ret_report, struct err *err);

#endif
