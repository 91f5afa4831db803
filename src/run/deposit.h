/*
 * deposit: runs without a plan: made, given artifacts, and finished by whoever does the work.
 *
 * Each function takes the run's lock for as long as it needs it, so it fails with ERR_DENIED where
 * another process drives the run, and what it did is durable when it returns.
 */
#ifndef LILY_RUN_DEPOSIT_H
#define LILY_RUN_DEPOSIT_H

#include "store/run.h"

enum deposit_kind { DEPOSIT_JSON, DEPOSIT_TEXT, DEPOSIT_FILE, DEPOSIT_DIR };

/* "json", "text", "file", "dir". */
const char *deposit_kind_name(enum deposit_kind kind);

struct deposit_artifact {
	enum deposit_kind kind;
	struct str name;          /* by the rule of names (str_is_name) */
	struct str producer;      /* printable, 1 to 128 bytes */
	struct str producer_kind; /* tool llm human system */
	struct str bytes;         /* DEPOSIT_JSON, DEPOSIT_TEXT */
	const char *path;         /* DEPOSIT_FILE, DEPOSIT_DIR */
	const struct str *inputs; /* ids of the artifacts it was made from */
	size_t n_inputs;
	struct str type;             /* schema id, with schema; else empty */
	const struct digest *schema; /* of its bytes, which are put; NULL: no type */
};

/* Submits the file that says what is asked and describes it for run_create: json where it parses
 * (unique keys), else text where it is UTF-8, else file; what is larger than
 * DEPOSIT_LOOK_MAX is a file without being looked at. */
#define DEPOSIT_LOOK_MAX ((size_t)64 << 20)
int deposit_work_order(struct store *store, const char *path, struct run_work_order *ret_order,
	struct err *err);

/* Makes a run of kind start. work_order may be NULL, key empty. 1: a run has that key already, and
 * *ret_id is its id. */
int deposit_create(struct store *store, const char *work_order, struct str key,
	struct uuid *ret_id, struct err *err);

/* Stores an artifact of a run that has not ended. ERR_INVALID: it has; the bytes are not what the
 * kind says; a name is none. */
int deposit_put(struct store *store, const struct uuid *run,
	const struct deposit_artifact *artifact, uint32_t *ret_number, struct err *err);

/* Ends a run that has no plan. status: succeeded or failed. */
int deposit_finish(
	struct store *store, const struct uuid *run, struct str status, struct err *err);

#endif
