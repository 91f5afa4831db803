/*
 * record_adoption: the event that says what a run takes over from another one; part of record.h, done in
 * record.c.
 */
#ifndef LILY_RUN_RECORD_ADOPTION_H
#define LILY_RUN_RECORD_ADOPTION_H

#include "run/record_verdict.h"

/* What a visit is adopted from, and its outputs as artifacts of this run. */
struct record_adoption {
	uint32_t step;
	struct uuid run;
	uint32_t attempt;
	struct str producer_kind; /* of its outputs */
	const struct record_artifact *outputs;
	size_t n_outputs;
	const struct record_label *labels; /* that its gates granted, where that was done */
	size_t n_labels;
};

/* visit.adopted; one event for up to 1000 steps in a row that come from the same run. */
int record_adopted(struct run_hold *hold, const struct graph *graph,
	const struct record_adoption *adoptions, size_t n, struct err *err);

#endif
