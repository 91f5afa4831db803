/*
 * reuse_turn: ready steps that need not run, taken as done by the engine, one event for many.
 *
 * Private to the engine: it moves the schedule and gives outputs their numbers in the run. A step is
 * looked up once, when it is the next to start: one that is retried runs. One whose outputs are there, but
 * must be judged, starts as others do, and takes them then (try_kept.h).
 */
#ifndef LILY_RUN_REUSE_TURN_H
#define LILY_RUN_REUSE_TURN_H

#include "run/try.h"

/* At most this many wait to be recorded. */
#define REUSE_BATCH 1000

struct reuse_batch;

/* Once schedule and workspace are there: nothing is made where no step can be reused. */
int reuse_turn_init(struct engine *engine, struct err *err);
void reuse_turn_done(struct engine *engine);

/* Takes steps as done from the front of what is ready, as long as they are hits and there is room in
 * the batch: 1 where the batch is full and more may come, else 0. */
int reuse_turn_take(struct engine *engine, struct err *err);

/* Whether the step, the first ready one, is still to be looked up. */
bool reuse_turn_is_open(const struct engine *engine, uint32_t step);

/* Whether the step is one whose outputs are there and are to be judged by gates (reuse.h, REUSE_JUDGE);
 * it is said once. */
bool reuse_turn_take_kept(struct engine *engine, uint32_t step);

/* The next visits of steps are looked up as well, also among what the run itself has made since. */
int reuse_turn_ask_again(
	struct engine *engine, const uint32_t *steps, size_t n, struct err *err);

/* Records what was taken; before anything that may name what they left. */
int reuse_turn_record(struct engine *engine, struct err *err);

#endif
