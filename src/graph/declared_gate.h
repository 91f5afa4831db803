/*
 * declared_gate: the key `gates` of a step.
 */
#ifndef LILY_GRAPH_DECLARED_GATE_H
#define LILY_GRAPH_DECLARED_GATE_H

#include "graph/reference.h"
#include "graph/runner.h"

#define GATES_MAX 1000 /* of one step */
#define GATE_TIMES_MAX 100

/* Slots of a gate's keys: a runner's first. */
enum gate_key {
	GATE_KEY_SCHEMA = RUNNER_KEYS,
	GATE_KEY_EXPR,
	GATE_KEY_COMPARE,
	GATE_KEY_IN,
	GATE_KEY_REQUIRED,
	GATE_KEY_METRICS,
	GATE_KEY_REPEAT,
	GATE_KEY_GRANTS,
	GATE_KEY_POLICY,
	GATE_KEY_ENV,
	GATE_KEY_PASS_ENV,
	GATE_KEY_SECRETS,
	GATE_KEY_AFTER,
	GATE_KEYS
};

/* What a text of a gate may name beside what its step may: the gate's own inputs, and the outputs of
 * the step as candidates. */
struct reference_gate {
	const struct value *in; /* NULL: the step's outputs */
};

/* Makes steps of the run's own gates, behind all others. */
void run_gates_read(struct workflow *w);

/* What stands in the file of a gate's input, which may be null; NULL where it has none of that name: then that
 * can be refused. */
const struct value *gate_find_input(const struct reference_place *at, struct str name);
void gate_refuse_input(const struct reference_place *at, const struct value *name);

/* Finds all that is wrong with a step's gates; edges as references make them. */
void gates_check(
	struct workflow *w, uint32_t step, const struct place *place, struct edges *edges);

#endif
