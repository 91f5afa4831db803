/*
 * reference_gate: what gates.STEP.GATE names: how a gate ended that came before, and what it measured.
 */
#ifndef LILY_GRAPH_REFERENCE_GATE_H
#define LILY_GRAPH_REFERENCE_GATE_H

#include "graph/reference.h"

/* The step whose gate it is (of the run: the one that does nothing but be judged), and what the name may give
 * (EXPR_…). ERR_INVALID where there is no such gate, or none whose result is known there; one line. */
int gate_reference_find(const struct reference_place *at, const struct meaning *meaning,
	uint32_t *ret_step, unsigned *ret_type, struct err *err);

#endif
