/*
 * engine_request: wishes of other processes, which the holder of a run turns into events.
 *
 *	cancel	{[reason]}
 *	settle	{step, verdict: done|not_done, account, [reason]}	whether an unknown effect has happened
 *	retry	{[steps: [name…]]}	what failed of those and in them, or all that failed, runs again
 *
 * Private to the engine, like try.h.
 */
#ifndef LILY_RUN_ENGINE_REQUEST_H
#define LILY_RUN_ENGINE_REQUEST_H

#include "run/try.h"

/* How often they are looked for. */
#define REQUESTS_EVERY_US INT64_C(200000)

/* Takes up the oldest one, if it is time to look. */
int engine_hear_requests(struct engine *engine, struct err *err);

/* Takes up all there are, now. */
int engine_hear_all_requests(struct engine *engine, struct err *err);

#endif
