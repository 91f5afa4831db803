/*
 * scope: a step that stands for the steps of another file, while it runs.
 *
 * It is opened when its time has come: what the file is given by expressions is worked out and checked,
 * and its steps may start. It is closed when all of them have ended: it succeeds with what the file
 * returns, or fails or is cancelled with them.
 */
#ifndef LILY_RUN_SCOPE_H
#define LILY_RUN_SCOPE_H

#include "run/try.h"

/* The first ready step is a scope: it is opened, or fails where what it is given is not to be had or does
 * not fit; that is recorded, not returned. */
int scope_open(struct engine *engine, uint32_t step, struct err *err);

/* All steps of it have ended. */
int scope_close(struct engine *engine, uint32_t step, struct err *err);

/* Works out what it is given, into the graph. The same facts give the same; scope_is_refusal: an error
 * that is the step's failure. */
int scope_give(struct engine *engine, uint32_t step, struct err *err);
bool scope_is_refusal(int code);

/* Likewise as far as the values go, where no engine runs. */
int scope_give_values(
	const struct values *values, struct graph *graph, uint32_t step, struct err *err);

/* Whether a step of one that runs has failed. */
bool scope_some_lost(const struct engine *engine);

#endif
