/*
 * label: what gates granted to artifacts of a run.
 *
 * A label belongs to one artifact, which is what one attempt made, and is there because the event that
 * accepted the attempt, or adopted what a run before had accepted, said so together with the digest of the
 * gate's definition. Other artifacts with the same bytes carry none.
 */
#ifndef LILY_STORE_LABEL_H
#define LILY_STORE_LABEL_H

#include "base/arena.h"
#include "base/digest.h"
#include "store/store.h"

struct label_row {
	uint32_t artifact; /* number in the run */
	struct str label;
	struct str step;          /* that was judged: its own, or run.GATE; */
	struct str gate;          /* and the gate, */
	struct digest definition; /* as it was defined then */
};

/* Those of a run, by artifact, label, step and gate. */
int label_list(struct store *store, int64_t run, struct arena *arena,
	struct label_row **ret_rows, size_t *ret_n, struct err *err);

#endif
