/*
 * transaction: what an attempt changed in a layer over the workspace, and making it true there.
 *
 *	transaction_new → its tree is dead, the layer lies over nothing → transaction_read (on the pool) →
 *	transaction_keep → its gates judge → transaction_commit → transaction_free
 *
 * The set of its changes, write_set.v1, and the content of both sides are in the store before anything of it is
 * made true; then apply.intent is, and the workspace is changed; apply.done and attempt.accepted follow. What is
 * cut off in between is taken back when the run is resumed: the workspace is as before the attempt, or as after
 * it. Where a path is not what the step saw there, nothing is changed, and the attempt fails (class conflict).
 *
 * Private to try*.c.
 */
#ifndef LILY_RUN_TRANSACTION_H
#define LILY_RUN_TRANSACTION_H

#include "run/try.h"
#include "workspace/write_set.h"

struct transaction;

/* Of this attempt, which writes to that layer; the layer's paths outlive it. */
struct transaction *transaction_new(const struct try *try, const struct wall_layer *layer);
void transaction_free(struct transaction *transaction);

/* Its layer's folder, for those who look at what it made. */
const char *transaction_upper(const struct transaction *transaction);

/* Reads the layer; on any thread. */
void transaction_read(struct transaction *transaction);

/* Puts what was read into the store. 0; ERR_LIMIT, ERR_INVALID: it changed too much, or cannot be told. */
int transaction_keep(struct transaction *transaction, struct err *err);

/* Why it may not be made true, whatever else is found: a change that its policy forbids, or of no kind that can
 * be kept. In the arena; NULL: it may. */
const char *transaction_refusal(const struct transaction *transaction,
	const struct policy *policy, struct arena *arena);

/* Why nothing of it can be made true: what somebody else did meanwhile. In the arena; NULL: nothing. */
const char *transaction_conflict(const struct transaction *transaction, struct arena *arena);

/* The artifact that says what it changed, with a number; false where it changed nothing. */
bool transaction_artifact(
	const struct transaction *transaction, struct record_artifact *ret_artifact);

/* Makes it true. 1; 0: nothing was changed, *ret_conflict says why (in the arena). Errors leave what the
 * resumption of the run takes back. */
int transaction_commit(struct transaction *transaction, struct arena *arena,
	const char **ret_conflict, struct err *err);

/* Of a run that is resumed: what was cut off is taken back. */
int transaction_mend(struct engine *engine, int64_t run, struct err *err);

#endif
