/*
 * gate_step: a gate as a step, for all that finds, keys or starts steps.
 *
 * It has the name, the item and the settings of the step that it judges, but a timeout, inputs, a program and
 * variables of its own; what is that step's alone it does not find.
 */
#ifndef LILY_RUN_GATE_STEP_H
#define LILY_RUN_GATE_STEP_H

#include "graph/graph.h"
#include "graph/step_gates.h"

/* What both hold lives in the arena or the graph; ret_step names ret_settings. */
void gate_step_make(const struct gate *gate, const struct step *judged, struct arena *arena,
	struct step_settings *ret_settings, struct step *ret_step);

#endif
