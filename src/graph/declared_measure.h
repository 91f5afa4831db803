/*
 * declared_measure: the keys `metrics` and `repeat` of a gate.
 */
#ifndef LILY_GRAPH_DECLARED_MEASURE_H
#define LILY_GRAPH_DECLARED_MEASURE_H

#include "graph/reference.h"

/* Find what is wrong with them; at: the gate, which its place names. A change that is asked for is put among
 * what the workflow takes from earlier runs. */
void metrics_check(const struct reference_place *at, const struct value *metrics);
void repeat_check(const struct reference_place *at, const struct value *repeat);

/* Whether a limit is a number that the plan, which has it in canonical form, keeps as it is; else it is found
 * wrong, but for what is no number. */
bool limit_check(
	const struct reference_place *at, const struct place *place, const struct value *limit);

/* Whether a change is asked for; for gates that were checked. */
bool metrics_ask_for_change(const struct value *gate);

/* How often it runs and must pass; for gates that were checked. */
void gate_read_repeat(const struct value *gate, uint32_t *ret_times, uint32_t *ret_pass);

#endif
