/*
 * adopt_items: what items of a foreach have done in the run that this one does again.
 *
 * Which items there are is known when the foreach runs. A step of one of them is met when it is ready: where
 * the same item, with the same value, had done it there, nothing before it was done anew, and nobody named it,
 * it is adopted as it is met (visit.adopted). A run that goes on after a crash meets the others then.
 *
 * Private to the engine.
 */
#ifndef LILY_RUN_ADOPT_ITEMS_H
#define LILY_RUN_ADOPT_ITEMS_H

#include "run/engine_state.h"

/* names: of steps that run, as run.planned has them; copied. */
struct adopt_items *adopt_items_new(
	const struct uuid *parent, const struct str *names, size_t n_names);
void adopt_items_free(struct adopt_items *items);

/* Whether a step that is ready is adopted: 1, or 0. */
int adopt_items_may(struct engine *engine, uint32_t step, struct err *err);

/* Adopts from the front of what is ready, as long as that may be. */
int adopt_items_take(struct engine *engine, struct err *err);

#endif
