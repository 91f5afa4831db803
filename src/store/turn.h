/*
 * turn: of runs that exclude each other only one goes on at a time, in the order in which they came.
 *
 * On disk, below turns/ of the store, for each key that was ever used: <SHA-256 of the key> holds a line
 * "RUN µs-since-1970" and is locked by whoever has the turn; in <SHA-256>.queue each that waits has a file
 * of its own, named by the time at which it came (a UUIDv7), and locked. All locks are the kernel's:
 * what ends, however it does, holds none. A file of the queue that nobody has locked is rubbish.
 */
#ifndef LILY_STORE_TURN_H
#define LILY_STORE_TURN_H

#include "base/digest.h"
#include "base/uuid.h"
#include "store/store.h"

struct turn;

struct turn_holder {
	bool has_run; /* false: it is about to begin, or waits behind one that has just ended */
	struct uuid run;
	int64_t since_us; /* UTC */
};

int turn_new(struct store *store, struct str key, struct turn **ret_turn, struct err *err);

/* Takes it: 1, or 0 and who has it; then this one stands in line, or goes on to. */
int turn_take(struct turn *turn, struct turn_holder *ret_holder, struct err *err);

/* Says for whom it is taken, for those that wait. */
int turn_note(struct turn *turn, const struct uuid *run, struct err *err);

/* Whether it is that of the key. */
bool turn_is_of(const struct turn *turn, struct str key);

/* Gives it back, or leaves the line. NULL is fine. */
void turn_free(struct turn *turn);

#endif
