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
	struct str
		role; /* input output put work_order candidate rejected superseded feedback log gate gate_log
			  * gate_file approval */
	bool has_schema;
	struct digest schema; /* of the bytes that `type` stood for; where has_schema */
	struct str labels;    /* that gates granted it, with commas; empty: none */
};

struct artifact_filter {
	int64_t run; /* < 0: every run's */
	const struct digest *digest;
	struct str producer;    /* empty: any */
	struct str name;        /* empty: any */
	bool with_rejected;     /* and with the logs of those that judged */
	uint64_t offset, limit; /* limit 0: all */
};

/* Newest run first, within a run by number. */
int artifact_list(struct store *store, const struct artifact_filter *filter,
	struct arena *arena, struct artifact_row **ret_rows, size_t *ret_n, struct err *err);

/* 0 where the store has the objects of all artifacts that the filter's run has by its producer and name;
 * ERR_CORRUPT where one is gone, which is then in no list. */
int artifact_check_kept(
	struct store *store, const struct artifact_filter *filter, struct err *err);

/* What a schema's id means in this store: 1, the digest of its bytes and the run that used it
 * first; 0 where no artifact has that type yet. */
int artifact_type_find(struct store *store, struct str id, struct digest *ret_schema,
	struct uuid *ret_run, struct err *err);

int artifact_find(struct store *store, int64_t run, uint32_t number, struct arena *arena,
	struct artifact_row *ret_row, struct err *err);

#endif
