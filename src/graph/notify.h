/*
 * notify: the program that is told how a run stands once nothing in it can go on by itself.
 *
 * It is no step: it has no number, needs nothing, and nothing needs it. What it shares with steps
 * (environment, secrets) it has as they have it.
 */
#ifndef LILY_GRAPH_NOTIFY_H
#define LILY_GRAPH_NOTIFY_H

#include "graph/step.h"
#include "graph/step_effects.h"

/* What can be told of: how a run stands. */
#define NOTIFY_EVENTS(X)          \
	X(WAITING, "waiting")     \
	X(FAILED, "failed")       \
	X(SUCCEEDED, "succeeded") \
	X(CANCELLED, "cancelled")

enum notify_event {
#define X(name, text) NOTIFY_##name,
	NOTIFY_EVENTS(X)
#undef X
		NOTIFY_EVENT_COUNT
};

const char *notify_event_name(enum notify_event event);
bool notify_event_parse(struct str name, enum notify_event *ret_event);

struct notify {
	unsigned events; /* bits by enum notify_event */
	struct runner program;
	struct step step; /* name, env, settings and surroundings alone */
};

#endif
