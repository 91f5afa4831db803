/*
 * values: what the references of a step mean at the moment it starts.
 */
#ifndef LILY_RUN_VALUES_H
#define LILY_RUN_VALUES_H

#include "exec/redactor.h"
#include "run/schedule.h"
#include "store/object.h"

/* In argv and environment an artifact's text is at most this long. */
#define VALUES_TEXT_MAX ((size_t)64 << 10)

struct values {
	struct store *store;
	const struct graph *graph;
	const struct schedule *schedule;
	const uint32_t
		*input_numbers; /* artifact numbers of the workflow's inputs, 0: not given */
	const char *run_id;
	int64_t run_started_us; /* UTC */
	const char *in_dir;     /* of this attempt: in.NAME is the path of NAME below it */
	struct arena *arena;    /* results live here */
	const struct redactor
		*redactor; /* what nothing may hold that is kept; NULL: anything */
};

/* The text that a template makes. ERR_INVALID (the output it names was not made, is a directory, is
 * not text) and ERR_LIMIT are the step's failure; anything else is the store's. */
int values_text(const struct values *values, const struct template *template,
	struct str *ret_text, struct err *err);

/* The artifact that a reference names: an accepted output or an input of the workflow. 1, or 0
 * where it is an optional one that is absent. */
struct artifact_taken {
	struct digest digest;
	uint64_t size;
	uint32_t number; /* artifact number in the run */
	bool is_tree;
};
int values_artifact(const struct values *values, const struct reference *reference,
	struct artifact_taken *ret_taken);

#endif
