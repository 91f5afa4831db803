/*
 * step_labels: the labels that a step asks for, as a plan has them.
 *
 * Beside step.h, which says who owns them. A label is granted by a gate (step_gates.h) to one output of one
 * attempt: what holds the same bytes elsewhere carries none.
 */
#ifndef LILY_GRAPH_STEP_LABELS_H
#define LILY_GRAPH_STEP_LABELS_H

#include "base/str.h"

/* An input that is not taken without the label. */
struct step_label {
	uint32_t input; /* index in the step's inputs: one that refers to an output of a step */
	struct str label;
};

struct step_labels {
	const struct step_label *items; /* by input, then as the file has them */
	uint32_t n;
};

#endif
