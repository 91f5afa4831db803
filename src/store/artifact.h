/*
 * artifact: an object in a role: what a run took in, made, or was given.
 *
 * An artifact's id is "<run id>:<number>", the number counted within the run. Many artifacts may
 * share one object; each keeps its own provenance.
 */
#ifndef LILY_STORE_ARTIFACT_H
#define LILY_STORE_ARTIFACT_H

#include "store/run.h"

struct artifact_row {
	int64_t run; /* number in the store */
	struct uuid run_id;
	uint32_t number;
	struct str name;
	struct str kind; /* storage_kind: json text file dir */
	struct str type; /* schema id, or "" */
	struct digest digest;
	uint64_t size;
	int64_t created_us;
	struct str producer;      /* "STEP" of an output; "cli", … of one that was put */
	struct str producer_kind; /* tool llm human system */
	uint32_t attempt;         /* number, 0 where no attempt made it */
	struct str role;          /* input output put work_order rejected */
};

struct artifact_filter {
	int64_t run; /* < 0: every run's */
	const struct digest *digest;
	struct str producer; /* empty: any */
	struct str name;     /* empty: any */
	bool with_rejected;
	uint64_t offset, limit; /* limit 0: all */
};

/* Newest run first, within a run by number. */
int artifact_list(struct store *store, const struct artifact_filter *filter,
	struct arena *arena, struct artifact_row **ret_rows, size_t *ret_n, struct err *err);

int artifact_find(struct store *store, int64_t run, uint32_t number, struct arena *arena,
	struct artifact_row *ret_row, struct err *err);

#endif
