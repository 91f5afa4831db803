/*
 * loader_step: parts of a step that the loader reads in files of their own.
 *
 * Beside loader.h, which says how.
 */
#ifndef LILY_GRAPH_LOADER_STEP_H
#define LILY_GRAPH_LOADER_STEP_H

#include "graph/loader.h"

/* A map of inputs, by name, with room for so many more behind them. */
int loader_read_inputs(struct loader *l, const struct value *object,
	const struct loader_text *at, uint32_t more, struct step_input **ret_inputs,
	uint32_t *ret_n, struct err *err);

/* "gates" of step `number`, about step `judged`, itself or one before it, whose outputs have been read. */
int loader_read_gates(struct loader *l, const struct value *object, struct step *step,
	uint32_t judged, uint32_t number, struct err *err);

/* "accepts" of a step whose inputs have been read: {INPUT: [label, …], …}. */
int loader_read_accepts(
	struct loader *l, const struct value *object, struct step *step, struct err *err);

/* "effects" of a step. */
int loader_read_effects(struct loader *l, const struct value *v, struct step *step,
	uint32_t number, struct err *err);

#endif
