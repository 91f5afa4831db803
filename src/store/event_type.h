/*
 * event_type: the types of events. What their payloads hold and mean is in docs/events.md.
 */
#ifndef LILY_STORE_EVENT_TYPE_H
#define LILY_STORE_EVENT_TYPE_H

#include "base/str.h"

/* The order is the number in the file: append only. */
#define EVENT_TYPES(X)                                \
	X(RUN_CREATED, "run.created")                 \
	X(RUN_PLANNED, "run.planned")                 \
	X(RUN_STARTED, "run.started")                 \
	X(RUN_RESUMED, "run.resumed")                 \
	X(RUN_CANCELLING, "run.cancelling")           \
	X(RUN_FINISHED, "run.finished")               \
	X(ATTEMPT_SUBMITTED, "attempt.submitted")     \
	X(ATTEMPT_STARTED, "attempt.started")         \
	X(ATTEMPT_ENDED, "attempt.ended")             \
	X(ATTEMPT_ACCEPTED, "attempt.accepted")       \
	X(ATTEMPT_REJECTED, "attempt.rejected")       \
	X(ATTEMPT_INTERRUPTED, "attempt.interrupted") \
	X(ATTEMPT_CANCELLED, "attempt.cancelled")     \
	X(VISIT_BLOCKED, "visit.blocked")             \
	X(VISIT_CANCELLED, "visit.cancelled")         \
	X(ARTIFACT_PUT, "artifact.put")               \
	X(RUN_CLOSED, "run.closed")                   \
	X(STEP_EXPANDED, "step.expanded")             \
	X(VISIT_REUSED, "visit.reused")               \
	X(CACHE_CLEARED, "cache.cleared")             \
	X(VISIT_ADOPTED, "visit.adopted")             \
	X(VISIT_RETRIED, "visit.retried")             \
	X(VISIT_UNKNOWN, "visit.unknown")             \
	X(ONCE_JUDGED, "once.judged")                 \
	X(RUN_WAITING, "run.waiting")                 \
	X(VISIT_SKIPPED, "visit.skipped")             \
	X(RUN_EXHAUSTED, "run.exhausted")             \
	X(RUN_FINALLY, "run.finally")                 \
	X(SCOPE_OPENED, "scope.opened")               \
	X(RUN_NOTIFIED, "run.notified")               \
	X(ROUTE_DECIDED, "route.decided")             \
	X(QUESTION_OPENED, "question.opened")         \
	X(QUESTION_CLOSED, "question.closed")         \
	X(VISITS_REUSED, "visits.reused")             \
	X(ATTEMPT_HELD, "attempt.held")               \
	X(VISITS_SUPERSEDED, "visits.superseded")     \
	X(ATTEMPT_CONNECTED, "attempt.connected")     \
	X(APPLY_INTENT, "apply.intent")               \
	X(APPLY_DONE, "apply.done")

enum event_type {
#define X(name, text) EVENT_##name,
	EVENT_TYPES(X)
#undef X
		EVENT_TYPE_COUNT
};

const char *event_type_name(enum event_type type);
bool event_type_parse(struct str name, enum event_type *ret_type);

#endif
