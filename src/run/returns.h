/*
 * returns: what a run that succeeded hands out: the `outputs` of its workflow.
 *
 * One that is nothing but an output of a step or an input is that artifact; any other is a value,
 * which becomes an artifact with the run's last event. What is absent is left out.
 */
#ifndef LILY_RUN_RETURNS_H
#define LILY_RUN_RETURNS_H

#include "run/record.h"
#include "run/values.h"

/* Appends to ret_outputs, which has room for all; new artifacts are numbered from *next_artifact on.
 * ERR_INVALID and ERR_LIMIT, with the output's name, where one cannot be worked out: then the run has
 * failed; anything else is the store's. */
int returns_collect(const struct values *values, uint32_t *next_artifact,
	struct record_artifact *ret_outputs, size_t *ret_n, struct err *err);

#endif
