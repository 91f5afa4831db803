/*
 * bounds_env: the variables that a step is handed over, beside what its policy lists under `env`.
 */
#ifndef LILY_RUN_BOUNDS_ENV_H
#define LILY_RUN_BOUNDS_ENV_H

#include "graph/graph.h"
#include "policy/policy.h"

/* Whether those that the step names by env, pass_env and secrets are listed; PATH and what lily sets itself
 * need not be. ERR_POLICY: the first that is not. */
int bounds_check_env(const struct policy *policy, const struct step *step, struct err *err);

#endif
