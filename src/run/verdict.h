/*
 * verdict: what the end of an attempt means: its failure class, and whether and when the step is
 * tried again. Pure.
 */
#ifndef LILY_RUN_VERDICT_H
#define LILY_RUN_VERDICT_H

#include "base/uuid.h"
#include "exec/executor.h"
#include "graph/graph.h"

/* Whether the program did its part: started, in time, exit 0. */
bool verdict_is_good(const struct attempt_end *end);

/* The exit status of a program that ended by itself, else -1. */
int verdict_exit(const struct attempt_end *end);

/* Why an attempt that is not good failed; the message is one line for people. */
enum failure_class verdict_of(const struct attempt_end *end,
	const struct step_settings *settings, char ret_message[static ERR_MESSAGE_SIZE]);

/* Whether the rule allows another attempt after this one, the try_number-th of its visit. */
bool verdict_may_retry(const struct retry_rule *rule, enum failure_class class,
	const struct attempt_end *end, uint32_t try_number);

/* Microseconds until the next attempt: backoff × factor^(try_number - 1), at most max_backoff; with
 * full jitter uniform between 0 and that, drawn from the run, the step and the try_number: a run
 * that is resumed computes the same. */
int64_t verdict_backoff(const struct retry_rule *rule, const struct uuid *run, struct str step,
	uint32_t try_number);

#endif
