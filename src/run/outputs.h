/*
 * outputs: what an attempt left, read only when its whole tree is dead (I4).
 *
 * Opened without following links, checked against the declared type and schema, stored. Small files at once;
 * large ones and directories on the pool.
 */
#ifndef LILY_RUN_OUTPUTS_H
#define LILY_RUN_OUTPUTS_H

#include "base/pool.h"
#include "run/boundary.h"
#include "run/record.h"
#include "run/values.h"

struct output_found {
	const struct step_output *declared;
	bool present; /* an optional one may be missing */
	bool is_tree;
	struct record_artifact artifact; /* without number */
};

struct outputs {
	struct output_found *items; /* as many as the step has */
	uint32_t n;
	bool holds_secret;    /* one of them does, and is not kept */
	struct faults faults; /* in the values' arena: why they cannot be accepted */
};

struct outputs_job;

struct outputs_request {
	const struct values *values;
	const struct step *step;
	int out_dir;
	bool keep; /* what lies there stays */
	int workspace;
	struct boundary *boundary;
	struct str stdout_secret; /* the name of one that stdout held; else empty */
};

/* Looks for all declared outputs and checks them by their types and schemas. What is wrong with them
 * is a result (ret_outputs->faults), an err is the store's or the system's; what is there is stored
 * in either case, as evidence. *ret_job: NULL, or work for the pool before they are complete. */
int outputs_find(const struct outputs_request *request, struct outputs *ret_outputs,
	struct outputs_job **ret_job, struct err *err);

void outputs_work(void *job);
int outputs_finish(struct outputs_job *job, struct outputs *outputs, struct err *err);

#endif
