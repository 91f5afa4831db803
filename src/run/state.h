/*
 * state: every state of a run, visit and attempt, and every legal transition with its event.
 *
 * One table: what is not in it is a broken invariant (BUG). COMPUTED marks the transitions that no
 * event records, because they follow from other facts: a visit is ready when all it needs has come.
 */
#ifndef LILY_RUN_STATE_H
#define LILY_RUN_STATE_H

#include "store/event.h"

#define RUN_STATES(X)             \
	X(CREATED, "created")     \
	X(RUNNING, "running")     \
	X(SUCCEEDED, "succeeded") \
	X(FAILED, "failed")       \
	X(CANCELLED, "cancelled") \
	X(WAITING, "waiting")

#define VISIT_STATES(X)           \
	X(PENDING, "pending")     \
	X(READY, "ready")         \
	X(RUNNING, "running")     \
	X(WAITING, "waiting")     \
	X(SUCCEEDED, "succeeded") \
	X(SKIPPED, "skipped")     \
	X(FAILED, "failed")       \
	X(BLOCKED, "blocked")     \
	X(CANCELLED, "cancelled") \
	X(ADOPTED, "adopted")     \
	X(REUSED, "reused")       \
	X(UNKNOWN, "unknown")     \
	X(ASKED, "asked")

#define ATTEMPT_STATES(X)             \
	X(NONE, "none")               \
	X(SUBMITTED, "submitted")     \
	X(STARTED, "started")         \
	X(ENDED, "ended")             \
	X(ACCEPTED, "accepted")       \
	X(REJECTED, "rejected")       \
	X(CANCELLED, "cancelled")     \
	X(INTERRUPTED, "interrupted") \
	X(HELD, "held")

#define X(name, text) RUN_##name,
enum run_state { RUN_STATES(X) RUN_STATE_COUNT };
#undef X
#define X(name, text) VISIT_##name,
enum visit_state { VISIT_STATES(X) VISIT_STATE_COUNT };
#undef X
#define X(name, text) TRY_##name,
enum try_state { ATTEMPT_STATES(X) TRY_STATE_COUNT };
#undef X

#define STATE_COMPUTED EVENT_TYPE_COUNT

const char *run_state_name(enum run_state state);
const char *visit_state_name(enum visit_state state);
const char *try_state_name(enum try_state state);
bool run_state_parse(struct str name, enum run_state *ret_state);
bool visit_state_parse(struct str name, enum visit_state *ret_state);
bool try_state_parse(struct str name, enum try_state *ret_state);

/* Whether a visit in that state goes on by itself no more. */
bool visit_state_is_final(enum visit_state state);

/* Whether the event (or STATE_COMPUTED) may move the thing from one state to the other. */
bool run_state_may_move(enum run_state from, enum run_state to, int event);
bool visit_state_may_move(enum visit_state from, enum visit_state to, int event);
bool try_state_may_move(enum try_state from, enum try_state to, int event);

/* *state = to; BUG where the table does not allow it. */
void run_state_move(enum run_state *state, enum run_state to, int event);
void visit_state_move(uint8_t *state, enum visit_state to, int event);
void try_state_move(enum try_state *state, enum try_state to, int event);

#endif
