/*
 * request: wishes from outside. Any process may write one; the holder of the run's lock turns it
 * into events and marks it done. A row is committed before request_put returns.
 */
#ifndef LILY_STORE_REQUEST_H
#define LILY_STORE_REQUEST_H

#include "store/run.h"

struct request {
	int64_t id;
	struct str kind;    /* "cancel", "retry" */
	struct str payload; /* JSON */
	int64_t time_us;
};

int request_put(struct store *store, int64_t run, struct str kind, struct str payload,
	int64_t *ret_id, struct err *err);

/* Likewise, where none of the kind waits that holds the text `unless`: else 0, and *ret_waiting is that one, in
 * the arena. 1: it was put. */
int request_put_first(struct store *store, int64_t run, struct str kind, struct str payload,
	struct str unless, struct arena *arena, struct request *ret_waiting, struct err *err);

/* The oldest request of the run that is not done: 1, 0 where there is none. Cheap enough to be
 * asked ten times a second. */
int request_next(struct store *store, int64_t run, struct arena *arena,
	struct request *ret_request, struct err *err);

/* Whether such a request was ever made of the run: 1, 0. */
int request_was_made(struct store *store, int64_t run, struct str kind, struct err *err);

/* Whether it is done, and that is committed: 1, 0. */
int request_is_done(struct store *store, int64_t id, struct err *err);

/* Submits that it is done, in order with the events. */
int request_done(struct store *store, int64_t id, struct err *err);

#endif
