/*
 * parent: the run that another one does again: what each of its steps came to, and made.
 */
#ifndef LILY_RUN_PARENT_H
#define LILY_RUN_PARENT_H

#include "graph/graph.h"
#include "store/artifact.h"
#include "store/label.h"

struct parent_step {
	struct str state; /* of its visit; "pending" where there was none */
	struct uuid
		origin; /* where it was done: the run that worked, which may be an ancestor, */
	uint32_t attempt;    /* and the attempt that was accepted; 0: it was not done */
	uint32_t visit;      /* which one that is: of earlier ones nothing counts */
	bool is_taken_over;  /* by no attempt of the run: adopted or reused */
	bool ended_run;      /* it succeeded, and by that a rule ended the run */
	uint32_t first_made; /* index in `made`, PARENT_NONE: nothing */
};

#define PARENT_NONE UINT32_MAX

struct parent {
	struct run_row row;
	struct graph *graph; /* by whose numbers the steps are, with its items */
	struct parent_step *steps;
	struct artifact_row *made; /* accepted outputs */
	uint32_t *next_made;       /* by index: the next one of the same step */
	size_t n_made;
	struct label_row *labels; /* that its gates granted, to any of its artifacts */
	size_t n_labels;
};

/* Text and rows live in the arena, the graph until parent_done. ERR_INVALID where the run has no
 * plan. */
int parent_read(struct store *store, const struct uuid *id, struct arena *arena,
	struct parent *ret_parent, struct err *err);
void parent_done(struct parent *parent);

#endif
