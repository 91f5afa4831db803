/*
 * states: the numbers that the tables keep for states, and their names.
 *
 * The order is the number in the file: append only.
 */
#ifndef LILY_STORE_STATES_H
#define LILY_STORE_STATES_H

#include "base/str.h"

#define ROW_RUN_STATUSES(X)       \
	X(CREATED, "created")     \
	X(RUNNING, "running")     \
	X(SUCCEEDED, "succeeded") \
	X(FAILED, "failed")       \
	X(CANCELLED, "cancelled") \
	X(PAUSED, "waiting")

#define ROW_VISIT_STATES(X)       \
	X(READY, "ready")         \
	X(RUNNING, "running")     \
	X(WAITING, "waiting")     \
	X(SUCCEEDED, "succeeded") \
	X(FAILED, "failed")       \
	X(BLOCKED, "blocked")     \
	X(CANCELLED, "cancelled") \
	X(REUSED, "reused")       \
	X(PENDING, "pending")     \
	X(ADOPTED, "adopted")     \
	X(UNKNOWN, "unknown")     \
	X(SKIPPED, "skipped")     \
	X(ASKED, "asked")         \
	X(SUPERSEDED, "superseded")

#define ROW_ATTEMPT_STATES(X)         \
	X(SUBMITTED, "submitted")     \
	X(STARTED, "started")         \
	X(ENDED, "ended")             \
	X(ACCEPTED, "accepted")       \
	X(REJECTED, "rejected")       \
	X(CANCELLED, "cancelled")     \
	X(INTERRUPTED, "interrupted") \
	X(HELD, "held")

enum row_run {
#define X(name, text) ROW_RUN_##name,
	ROW_RUN_STATUSES(X)
#undef X
		ROW_RUN_COUNT
};

enum row_visit {
#define X(name, text) ROW_VISIT_##name,
	ROW_VISIT_STATES(X)
#undef X
		ROW_VISIT_COUNT
};

enum row_attempt {
#define X(name, text) ROW_ATTEMPT_##name,
	ROW_ATTEMPT_STATES(X)
#undef X
		ROW_ATTEMPT_COUNT
};

/* Why a run starts nothing new; the numbers are those of the table. */
enum run_stop {
	RUN_STOP_CANCEL = 1 << 0,
	RUN_STOP_FINALLY = 1 << 1, /* cancelled again: what runs last is ended, too */
	/* Something that it may use up was spent: */
	RUN_STOP_ATTEMPTS = 1 << 2,
	RUN_STOP_TRANSITIONS = 1 << 3,
	RUN_STOP_WALL = 1 << 4,
};

/* The name of a number read from a table; "unknown" where it is none. */
struct str row_run_name(int64_t status);
struct str row_visit_name(int64_t state);
struct str row_attempt_name(int64_t state);

/* "succeeded", "failed" and "cancelled": how a run can end. */
bool row_run_parse_end(struct str name, enum row_run *ret_status);

static inline bool
row_run_is_end(int64_t status)
{
	return status >= ROW_RUN_SUCCEEDED && status <= ROW_RUN_CANCELLED;
}

#endif
