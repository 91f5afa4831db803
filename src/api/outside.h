/*
 * outside: what only a person outside of runs can say, and no step for him.
 */
#ifndef LILY_API_OUTSIDE_H
#define LILY_API_OUTSIDE_H

#include "api/handle.h"

/* ERR_DENIED: this process is part of a step, or nobody can tell whether it is. */
int outside_need(const struct lily_store *store, struct err *err);

#endif
