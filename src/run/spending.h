/*
 * spending: what a run has used up of what it may (graph/budget.h). Pure.
 *
 * An attempt is paid for before it starts, a retry before it is waited for; what was paid is known
 * from the record, so that a run that is resumed goes on counting: an attempt that its process did
 * not survive was made. The wall counts the time for which processes drive the run (BOOTTIME), not
 * the time between them: a run that waits for a person, or is left overnight, spends nothing.
 */
#ifndef LILY_RUN_SPENDING_H
#define LILY_RUN_SPENDING_H

#include "base/err.h"
#include "graph/budget.h"

#include <stdbool.h>
#include <stddef.h>

struct spending {
	const struct budget *budget;
	uint64_t attempts;
	uint64_t transitions;
	int64_t wall_end_us; /* BOOTTIME; INT64_MAX: no bound */
	unsigned exhausted;  /* bits 1 << enum bound: those that were hit, as recorded */
};

/* A run that begins now. */
void spending_init(struct spending *spending, const struct budget *budget, int64_t now_us);

/* Processes before have driven it for so long. */
void spending_add_driven(struct spending *spending, int64_t driven_us);

/* The bound that another attempt, or another retry, would break; BOUNDS where it would none. */
enum bound spending_of_attempt(const struct spending *spending);
enum bound spending_of_retry(const struct spending *spending);

/* Whether steps may not start any more. */
bool spending_is_over(const struct spending *spending);

int64_t spending_limit(const struct spending *spending, enum bound bound);

/* One line for people. */
void spending_describe(const struct spending *spending, enum bound bound,
	char ret_reason[static ERR_MESSAGE_SIZE]);

#endif
