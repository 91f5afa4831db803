/*
 * repeat: whether a run may be said to do as an earlier one did, which reused every one of its steps.
 *
 * visits.reused says in one event what visit.reused says step by step, by naming that run. It may be
 * said as long as nothing was accepted since under any content key, and nothing forgotten, so that each
 * key would still be answered by the same attempt; and as long as the store still has the bytes of
 * what was reused.
 */
#ifndef LILY_STORE_REPEAT_H
#define LILY_STORE_REPEAT_H

#include "base/uuid.h"
#include "store/store.h"

/* A run that ended, and what it reused. In memory and on disk without padding. */
struct repeat_original {
	struct uuid run;
	int64_t event; /* its last one, in the whole store, */
	struct digest
		hash; /* and that one's: a store that was put back may give its number anew */
	uint32_t steps;
	uint32_t first;     /* its artifacts from this number on are what it reused, */
	uint32_t artifacts; /* so many */
	uint32_t n_large;   /* of these: kept as files, which repeat_holds does not look at */
};

/* 1, with what is known of the run once it is durable: run, event, hash, and n_large by first and
 * artifacts. 0 where its chain tells of more than that it began, reused, and succeeded: nobody may
 * leave that out. */
int repeat_describe(
	struct store *store, int64_t run, struct repeat_original *original, struct err *err);

/* 1: nothing of it has changed in the store; 0. All bytes that stand in the database are read. */
int repeat_holds(struct store *store, const struct repeat_original *original, struct err *err);

#endif
