/*
 * engine_end: what follows for the run when a step ends, is cancelled, or nothing is left to do.
 *
 * Private to the engine, like try.h.
 */
#ifndef LILY_RUN_ENGINE_END_H
#define LILY_RUN_ENGINE_END_H

#include "run/try.h"

/* Cancels what has not begun, but for `finally` or all of it; each step is told of. */
int engine_cancel_pending(struct engine *engine, enum schedule_part part, struct err *err);

/* Whether a step failed and its run may not succeed because of it. */
bool engine_has_failed(const struct engine *engine);

/* Once all is done but `finally`: how it stands, for the steps of that which ask for it. One event, so
 * that they are all told the same. */
int engine_note_status(struct engine *engine, struct err *err);

/* Records the wish (request: its number, or 0), cancels what has not begun and ends what runs, but for
 * `finally`. The second wish ends that, too; where nothing is left to end, it is nothing. */
int engine_begin_cancelling(
	struct engine *engine, int64_t request, struct str reason, struct err *err);

/* Ends what runs where the run's time is spent (engine_spend.c). *ret_due: when it will be (BOOTTIME). */
int engine_spend_wall(struct engine *engine, int64_t *ret_due, struct err *err);

/* Nothing can run any more: the run's last event, then its state. */
int engine_finish(struct engine *engine, struct err *err);

#endif
