/*
 * turns: a run waits until no other one with its key goes on (`concurrency` of its workflow).
 */
#ifndef LILY_API_TURNS_H
#define LILY_API_TURNS_H

#include "api/handle.h"
#include "store/turn.h"

/* Takes the turn of a plan; *ret_turn is NULL where it has no key. 1: what was known before may be
 * old by now, since another run was waited for or is taken from. ERR_LIMIT: busy, and to be refused, or
 * whoever waits has given up. */
int turns_take(struct lily_store *store, const struct digest *plan, struct turn **ret_turn,
	struct err *err);

/* Whether the plan has the key that the turn is of: ERR_INVALID where its file has changed since. */
int turns_check(struct lily_store *store, const struct digest *plan, const struct turn *turn,
	struct err *err);

#endif
