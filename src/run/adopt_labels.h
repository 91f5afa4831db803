/*
 * adopt_labels: which labels go over with a step that is kept.
 *
 * A label is kept with the gate that granted it: where the gate's step is adopted, the gate is defined as it
 * was (by digest), and what it looked at is adopted, too. What another run's gate granted to something else
 * of the same bytes stays there.
 */
#ifndef LILY_RUN_ADOPT_LABELS_H
#define LILY_RUN_ADOPT_LABELS_H

#include "run/adopt.h"
#include "run/record_adoption.h"

/* Those that gates of the step granted, to artifacts of this run; in the arena. The step, and what its gates
 * looked at, are adopted in the schedule. */
void adopt_labels(const struct adopt_request *request, const struct adoption *adoptions,
	uint32_t step, const struct schedule *schedule, struct arena *arena,
	struct record_adoption *adoption);

/* Whether the gate, as it is defined now, granted the label to that artifact of the parent. */
bool adopt_was_granted(const struct parent *parent, struct str step, const struct gate *gate,
	struct str label, uint32_t artifact);

#endif
