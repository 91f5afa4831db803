/*
 * once: what must not happen twice, by key, across all runs of a store.
 *
 * The table once_keys is a fold of events (docs/events.md): a key is OPEN from the event that an attempt for
 * it begins, which is durable before its program starts, until an event says that its effect has
 * happened (DONE) or not (NOT_DONE). OPEN without a living holder means: nobody knows.
 *
 * Whoever works on a key holds its kernel lock: a byte of the file once.lock, at an offset made from
 * the key's SHA-256, locked on an open file description (fcntl(2), F_OFD_SETLK) of its own, so that
 * two steps of one process exclude each other too and the lock ends with the process. Between taking
 * the lock and letting it go the row changes by the holder's events only; it flushes before it lets
 * go.
 */
#ifndef LILY_STORE_ONCE_H
#define LILY_STORE_ONCE_H

#include "base/arena.h"
#include "base/uuid.h"
#include "store/store.h"

/* The order is the number in the table: append only. FREE is none of them. */
enum once_state { ONCE_FREE, ONCE_OPEN, ONCE_DONE, ONCE_NOT_DONE };

struct once_row {
	enum once_state state;
	int64_t run;
	struct uuid run_id;
	uint32_t attempt; /* the newest that began for the key */
	struct str step;
	struct str note; /* OPEN: why nobody knows, empty while nothing was tried */
};

/* Takes the lock of a key: 1 and the descriptor that holds it until it is closed, 0 where somebody
 * else has it. */
int once_lock(struct store *store, struct str key, int *ret_lock, struct err *err);

/* What the committed events say of a key; ONCE_FREE where they say nothing. Text goes to the arena. */
int once_find(struct store *store, struct str key, struct arena *arena,
	struct once_row *ret_row, struct err *err);

/* The first run of the line of linked runs that a run is in: the parent of the parent of … */
int once_first_run(
	struct store *store, const struct uuid *run, struct uuid *ret_first, struct err *err);

/* How many visits of the step of that name the runs before it in the line went on to after the first. */
int once_visits_before(struct store *store, const struct uuid *run, struct str step,
	uint32_t *ret_visits, struct err *err);

#endif
