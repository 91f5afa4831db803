/*
 * labels: which outputs carry which labels, while a run is driven.
 *
 * What the events of the run have said: each label belongs to an artifact by its number in the run. An input
 * that a step accepts only with a label is looked at before anything is done for the step.
 */
#ifndef LILY_RUN_LABELS_H
#define LILY_RUN_LABELS_H

#include "run/values.h"

struct labels;

/* For labels_free. */
struct labels *labels_new(void);
void labels_free(struct labels *labels);

/* The artifact carries it from now on. */
void labels_add(struct labels *labels, uint32_t artifact, struct str label);

/* What the record of a run says. */
int labels_read(struct labels *labels, struct store *store, int64_t run, struct err *err);

/* What inputs of a step lack, each label once; names live as long as the graph. */
struct labels_lacking {
	const struct str *names;
	uint32_t n;
	struct str message; /* which inputs lack them, and who grants them */
};

/* *ret_lacking: of inputs that are there, in the values' arena; n is 0 where none lacks any. */
void labels_look(const struct labels *labels, const struct values *values,
	const struct step *step, struct labels_lacking *ret_lacking);

#endif
