/*
 * prepare: from a workflow file and what the caller gave to a plan.
 *
 * Nothing is recorded here: a file or an argument that is wrong leaves no run behind. With
 * PREPARE_KEEP the inputs, the file and the plan's documents are submitted as objects.
 */
#ifndef LILY_RUN_PREPARE_H
#define LILY_RUN_PREPARE_H

#include "graph/expansion.h"
#include "graph/plan.h"
#include "run/sources.h"
#include "store/run.h"

enum prepare_flag {
	PREPARE_KEEP = 1 << 0,
	PREPARE_SKETCH =
		1 << 1, /* missing params and inputs are no error: to be looked at only */
	PREPARE_FRESH = 1 << 2 /* no step is reused */
};

struct prepare_text {
	struct str name;
	struct str text;
};

struct prepare_request {
	const struct workflow *workflow;
	struct digest source;              /* of the workflow file's bytes */
	const char *workspace;             /* absolute */
	const struct prepare_text *params; /* converted by their declared types */
	size_t n_params;
	const struct value *more_params;   /* an object, or NULL; params win */
	const struct prepare_text *inputs; /* name, path relative to the current directory */
	size_t n_inputs;
	const struct plan_input *stored; /* for inputs that are not given: stored already */
	size_t n_stored;
	const struct plan_previous *previous; /* of earlier runs: decided before */
	size_t n_previous;
	struct run_work_order *work_order; /* stored already; gets its type; or NULL */
	const struct str *only;
	size_t n_only;
	struct sources *sources; /* gets the files that the plan is made of; or NULL */
	unsigned flags;          /* enum prepare_flag */
};

/* The bytes of the file at path, or of text that is no file, into an empty buffer of the caller's,
 * and their digest. */
int prepare_fetch(
	const char *path, struct buf *ret_text, struct digest *ret_digest, struct err *err);
int prepare_fetch_text(
	struct str text, struct buf *ret_text, struct digest *ret_digest, struct err *err);

/* Reads the workflow in them and checks it; ERR_INVALID describes the findings. path stands in
 * messages and in the plan. */
int prepare_parse(const char *path, const struct buf *text, struct workflow **ret_workflow,
	struct err *err);

/* prepare_fetch, then prepare_parse. */
int prepare_read(const char *path, struct buf *ret_text, struct workflow **ret_workflow,
	struct digest *ret_digest, struct err *err);

/* The plan, for plan_done. */
int prepare_plan(struct store *store, const struct prepare_request *request,
	struct plan *ret_plan, struct err *err);

/* Submits the plan's documents as objects; the digest of the head is the plan's. */
int prepare_keep(
	struct store *store, const struct plan *plan, struct digest *ret_plan, struct err *err);

/* The graph of a stored plan. */
int prepare_load(struct store *store, const struct digest *plan, struct graph **ret_graph,
	struct err *err);

#endif
