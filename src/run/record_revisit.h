/*
 * record_revisit: the event by which a run goes back; part of record.h.
 */
#ifndef LILY_RUN_RECORD_REVISIT_H
#define LILY_RUN_RECORD_REVISIT_H

#include "run/record.h"

struct record_revisited {
	uint32_t step;
	uint32_t number; /* of the visit that begins */
	bool gives_up;   /* a foreach that had items: */
	uint32_t items;  /* the visit that its next ones begin with */
	uint32_t n_gone; /* how many steps they were, with all that is in them */
};

struct record_superseding {
	uint32_t by;      /* the step that ended */
	uint32_t attempt; /* by its number in the run */
	struct str rule;
	uint32_t to;
	const struct record_revisited *steps; /* whose visits are superseded */
	size_t n_steps;
	const struct record_artifact *feedback; /* without a kind: none */
};

/* visits.superseded; one event, so that no crash can leave a part of them. */
int record_superseded(struct run_hold *hold, const struct graph *graph,
	const struct record_superseding *superseding, struct err *err);

#endif
