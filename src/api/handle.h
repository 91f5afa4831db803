/*
 * handle: what the opaque handles of lily.h hold that several files of this folder share.
 *
 * A handle is used by one thread at a time. Everything that its functions hand out as "valid until
 * close" lives in its arena.
 */
#ifndef LILY_API_HANDLE_H
#define LILY_API_HANDLE_H

#include "base/arena.h"
#include "base/digest.h"
#include "lily.h"
#include "policy/machine.h"
#include "store/run.h"
#include "json/value.h"

struct workflow;

struct lily_store {
	struct arena arena;
	struct store *store;
	enum store_access access;
	const char *workspace; /* absolute, without links */
	const char *lane; /* absolute path of lily-lane; whether it is there shows at use */
	struct policy_machine machine;
	bool knows_machine;
	struct str home_note; /* what finding the store had to say, empty where nothing */
	lily_wait_fn *wait;   /* NULL: waiting is silent */
	void *wait_context;
	struct buf *notes; /* what lily_store_notes returned last; in the arena */
};

struct lily_workflow {
	struct workflow *workflow;
	struct buf text;
	struct digest digest; /* of the text */
	char *path;           /* as it was given */
};

struct lily_document {
	struct arena arena; /* owns the values */
	const struct value *root;
	struct source
		source; /* that they were read from; its name is NULL where there is none */
	char *text;     /* of it, where it is not in the arena */
};

/* An empty document whose root is to be set. */
struct lily_document *document_new(void);

/* The end of a function that makes a document: hands it over where r is not negative, else frees
 * it and hands over the error. Returns what the function shall return. */
int document_give(struct lily_document *document, int r, const struct err *err,
	struct lily_document **ret_document, struct lily_error *error);

/* lily_value is struct value under its public name. */
static inline const struct value *
value_of(const struct lily_value *value)
{
	return (const struct value *)(const void *)value;
}

static inline const struct lily_value *
value_public(const struct value *value)
{
	return (const struct lily_value *)(const void *)value;
}

/* Hands err to the caller of the library: fills in *ret_error (which may be NULL) and returns its
 * code: return error_give(&err, error); */
int error_give(const struct err *err, struct lily_error *ret_error);

/* What this machine offers to hold policies with, found out once. */
const struct policy_machine *store_machine(struct lily_store *store);

/* ERR_DENIED where the store was opened for reading only. */
int store_need_write(const struct lily_store *store, struct err *err);

/* The run of an address (NULL: the newest), as committed rows say once everything that this handle
 * submitted is among them: a program sees what it has just done. */
int store_find_run(struct lily_store *store, const char *address, struct arena *arena,
	struct run_row *ret_row, struct err *err);

/* Waits until everything that this handle submitted can be read. A writer that failed has told
 * whoever drives the run; what was committed before can be read all the same. */
void store_settle(struct lily_store *store);

#endif
