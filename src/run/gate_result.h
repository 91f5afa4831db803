/*
 * gate_result: the documents that say what gates found, on their way into the record.
 *
 * Private to the engine: they get numbers of artifacts of the run.
 */
#ifndef LILY_RUN_GATE_RESULT_H
#define LILY_RUN_GATE_RESULT_H

#include "run/engine_state.h"
#include "run/record_verdict.h"

/* Puts the document as the result of gate->gate. */
int gate_result_put(struct engine *engine, const struct buf *document, struct arena *arena,
	struct record_gate *gate, struct err *err);

/* A gate that passed in an attempt of another run. */
struct gate_taken {
	const struct gate *gate;
	uint32_t step;
	const struct digest *result; /* the document that says so */
	const struct uuid *run;
	uint32_t attempt;
	const uint32_t
		*made; /* the numbers of the step's outputs in this run, 0: not made; NULL:
				 * nothing is granted */
};

/* What stands for it here. What it looked at there is what it would look at here, so it grants the same. */
int gate_result_take_over(struct engine *engine, const struct gate_taken *taken,
	struct arena *arena, struct record_gate *ret_gate, struct err *err);

#endif
