/*
 * step_effects: what a step does to the world besides making its outputs.
 *
 * Beside step.h, which says who owns it.
 */
#ifndef LILY_GRAPH_STEP_EFFECTS_H
#define LILY_GRAPH_STEP_EFFECTS_H

#include "graph/step.h"

enum effect {
	EFFECT_IDEMPOTENT, /* again is the same as once */
	EFFECT_PURE,       /* none */
	EFFECT_ONCE,       /* must not be repeated: at most one attempt for a key */
};

/* A program beside the steps (graph/runner.h). */
struct runner {
	const struct template *argv;
	uint32_t n_argv;
	int64_t timeout_us;
};

struct step_effects {
	enum effect effect;
	bool has_key;
	struct template key; /* EFFECT_ONCE: what it holds for */
	bool has_probe;
	struct runner probe; /* EFFECT_ONCE: exit 0 it has happened, 1 it has not */
};

#endif
