/*
 * step_retry: how an attempt can fail, and after which failures another one follows.
 */
#ifndef LILY_GRAPH_STEP_RETRY_H
#define LILY_GRAPH_STEP_RETRY_H

#include "base/attr.h"

#include <stdbool.h>
#include <stdint.h>

/* Outcomes of an attempt that a retry can be limited to. */
enum failure_class {
	FAILURE_EXIT,
	FAILURE_SIGNAL,
	FAILURE_TIMEOUT,
	FAILURE_SCHEMA, /* an input or output is missing, not of its type or not valid */
	FAILURE_LOST,
	FAILURE_OOM,
	FAILURE_GATE,     /* a required gate did not pass */
	FAILURE_CONFLICT, /* the workspace is not what its transaction began with */
	FAILURE_SECRET,   /* an output holds the value of a secret: never retried */
	FAILURE_BUDGET,   /* the run's time was spent while it ran: never retried */
	FAILURE_START, /* the program could not be started, an input not be read: never retried */
	FAILURE_ITEMS,    /* too many items of a foreach failed: they were retried themselves */
	FAILURE_LIMIT,    /* a bound was met: never retried */
	FAILURE_STEPS,    /* steps of a sub-workflow failed: likewise */
	FAILURE_REJECTED, /* a person said no, or nothing in time: never retried */
	FAILURE_LABEL,    /* an input lacks a label: never retried */
	FAILURE_POLICY,   /* the walls of its policy could not be built: never retried */
	FAILURE_VIOLATION, /* what its policy denies came to be: never retried */
};

struct retry_rule {
	uint32_t attempts;         /* the first counts */
	uint32_t classes;          /* bits by enum failure_class */
	const int32_t *exit_codes; /* exit:N, beside the classes */
	uint32_t n_exit_codes;
	int64_t backoff_us;
	double factor;
	int64_t max_backoff_us;
	bool full_jitter;
};

const char *failure_class_name(enum failure_class class);

#endif
