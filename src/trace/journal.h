/*
 * journal: where the captured output of an attempt is: an object once the attempt has ended, a
 * file of its run while it runs (exec/log.h is the format of both).
 */
#ifndef LILY_TRACE_JOURNAL_H
#define LILY_TRACE_JOURNAL_H

#include "store/artifact.h"

/* 1 and a descriptor of the caller's to read the records from; 0 where there is nothing (yet): the
 * attempt said nothing, or so little that it is still in the memory of the process that drives the
 * run. */
int journal_open(struct store *store, const struct uuid *run, const struct attempt_row *attempt,
	int *ret_fd, struct err *err);

/* The logs of the validators that judged what it made, in their order, or of its gates; there once it has
 * ended. */
int journal_gates(struct store *store, int64_t run, const struct attempt_row *attempt,
	struct arena *arena, struct artifact_row **ret_rows, size_t *ret_n, struct err *err);
int journal_validators(struct store *store, int64_t run, const struct attempt_row *attempt,
	struct arena *arena, struct artifact_row **ret_rows, size_t *ret_n, struct err *err);

/* What the program of `notify` wrote, each time that it wrote anything, in order; named by what it was told
 * of. */
int journal_notifications(struct store *store, int64_t run, struct arena *arena,
	struct artifact_row **ret_rows, size_t *ret_n, struct err *err);

/* Whether the attempt is over, so that its journal does not grow any more. */
bool journal_is_complete(const struct run_row *run, const struct attempt_row *attempt);

#endif
