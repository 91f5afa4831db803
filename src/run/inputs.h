/*
 * inputs: what an attempt takes in: found, recorded, and put where the attempt sees it.
 *
 * A file or directory of the workspace becomes an object first, so that what the step reads is what
 * the record names; it is hashed on the pool where it is large.
 */
#ifndef LILY_RUN_INPUTS_H
#define LILY_RUN_INPUTS_H

#include "base/pool.h"
#include "run/record.h"
#include "run/values.h"

/* One input as it was found, for the record and the file. */
struct input_found {
	const struct step_input *declared;
	bool present;
	bool is_tree;
	bool is_text;                    /* of a value: not JSON, but a text itself */
	struct str path;                 /* in the workspace, else empty */
	struct record_artifact artifact; /* name, digest, size; its number where it has one */
};

struct inputs {
	struct input_found *items; /* as many as the step has */
	uint32_t n;
	bool has_stdin; /* the one named so is the step's standard input, if it is present */
};

struct inputs_job; /* large files on their way into the store */

/* Finds the inputs of a step. ERR_INVALID, ERR_NOT_FOUND, ERR_LIMIT and ERR_DENIED are the step's
 * failure. *ret_job is NULL, or the work that has to be done beside the loop before inputs_take. */
int inputs_find(const struct values *values, const struct step *step, int workspace,
	struct inputs *ret_inputs, struct inputs_job **ret_job, struct err *err);

/* The work, on any thread; then, on the loop's, its result (frees the job). */
void inputs_work(void *job);
int inputs_finish(struct inputs_job *job, struct err *err);

/* Whether writing them takes no longer than a turn of the loop may, and all fit into the memory of a
 * place (exec/executor.h). */
bool inputs_are_small(const struct inputs *inputs);

/* After they were written: the step's standard input, -1 where it has none. The caller closes it. */
int inputs_open_stdin(const struct inputs *inputs, int in_dir, int *ret_fd, struct err *err);

/* Writes those that are present below in_dir; on any thread. */
int inputs_write(
	const struct values *values, const struct inputs *inputs, int in_dir, struct err *err);

#endif
