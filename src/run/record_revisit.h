/*
 * record_revisit: the event by which a run goes back; part of record.h.
 */
#ifndef LILY_RUN_RECORD_REVISIT_H
#define LILY_RUN_RECORD_REVISIT_H

#include "run/record.h"

struct record_superseding {
	uint32_t by;      /* the step that ended */
	uint32_t attempt; /* by its number in the run */
	struct str rule;
	uint32_t to;
	const uint32_t *steps; /* whose visits are superseded */
	size_t n_steps;
	const uint32_t *numbers;                /* by step: of the visit that begins */
	const struct record_artifact *feedback; /* without a kind: none */
};

/* visits.superseded; one event, so that no crash can leave a part of them. */
int record_superseded(struct run_hold *hold, const struct graph *graph,
	const struct record_superseding *superseding, struct err *err);

#endif
