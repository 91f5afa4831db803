/*
 * notification: the program of `notify`, which is told how the run stands before that is recorded as
 * its end, or as its wait for a person.
 *
 *	IDLE → [READING] → IDLE → RUNNING → IDLE
 *
 * When nothing in the run can go on, its last places in the executor are free: the program runs in one of
 * them, outlived by nothing of it, as the probes of once.h do. That it was run is a fact of the run
 * (run.notified) which names the event that was the newest then. While nothing but run.resumed has
 * followed on that one, it is not sent again: each is sent once at least, and more than once only
 * where lily ended while the program ran. Whatever becomes of the program changes nothing.
 *
 * Private to the engine, like try.h.
 */
#ifndef LILY_RUN_NOTIFICATION_H
#define LILY_RUN_NOTIFICATION_H

#include "run/engine_state.h"

struct notification;

/* NULL where nobody is told of anything; everything below takes that. */
struct notification *notification_new(const struct graph *graph);
void notification_free(struct notification *notification);

/* The run stands so, for that reason (NULL: none beside what is recorded). 0: whoever is to be told has
 * been; 1: that is under way, or waits for a place: ask again in the next turn. */
int notification_send(
	struct engine *engine, enum run_state state, const char *reason, struct err *err);

/* Whether its program runs, or its secrets are read. */
bool notification_is_under_way(const struct engine *engine);

/* Whether an event of the executor is about it; and what follows on that. */
bool notification_is_meant(const struct engine *engine, const struct executor_event *event);
int notification_hear(
	struct engine *engine, const struct executor_event *event, struct err *err);

/* Has a program that runs end. */
void notification_stop(struct engine *engine);

/* Reads what a stored run has sent; before anything is added to it. Then, when it has been resumed. */
int notification_restore(struct engine *engine, struct err *err);
void notification_resumed(struct engine *engine);

#endif
