/*
 * judged: what the gates of a step found in its last attempt, for expressions that ask.
 *
 * The schedule knows the results, which are documents of the store; they are read when one is asked for. Of a
 * step that was adopted they are those of the run that did it.
 */
#ifndef LILY_RUN_JUDGED_H
#define LILY_RUN_JUDGED_H

#include "gate/result.h"
#include "run/values.h"
#include "store/artifact.h"

/* Puts one result beside its step's others, in the arena of the run; nothing where nobody asks. */
void judged_note(struct schedule *schedule, const struct graph *graph, uint32_t step,
	struct str gate, const struct digest *result, struct arena *keep);

/* Those of an attempt of another run, which did the step. */
int judged_adopt(struct store *store, struct schedule *schedule, const struct graph *graph,
	uint32_t step, const struct uuid *run, uint32_t attempt, struct arena *keep,
	struct err *err);

/* A gate of a step, by its number among those of that. */
struct judged_gate {
	uint32_t step;
	uint32_t number;
};

/* What it found, in the arena: 1, or 0 where it did not judge. */
int judged_read(struct store *store, const struct schedule *schedule, const struct graph *graph,
	const struct judged_gate *gate, struct arena *arena, struct result_reading *ret_reading,
	struct err *err);

/* What a reference to a gate means: 1, or 0 where it is absent. A gate that did not judge has the status null,
 * and has measured nothing. */
int judged_value(const struct values *values, const struct reference *reference,
	struct value *ret_value, struct err *err);

#endif
