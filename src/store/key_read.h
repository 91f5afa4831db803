/*
 * key_read: the content keys that attempts had, from the events that recorded them.
 */
#ifndef LILY_STORE_KEY_READ_H
#define LILY_STORE_KEY_READ_H

#include "store/run.h"

struct key_row {
	int64_t run; /* number in the store */
	struct uuid run_id;
	uint32_t attempt;
	struct digest key;
};

/* The key of an attempt: 1, or 0 where it had none. */
int key_of_attempt(struct store *store, int64_t run, uint32_t attempt, struct key_row *ret_row,
	struct err *err);

/* The newest attempt before that one, of a step of this name in a workflow of this name, that was
 * accepted and had a key: 1, or 0. */
int key_before(struct store *store, struct str workflow, struct str step, int64_t run,
	uint32_t attempt, struct key_row *ret_row, struct err *err);

#endif
