/*
 * plan: what a run would do, for people.
 */
#ifndef LILY_CLI_PLAN_H
#define LILY_CLI_PLAN_H

#include "cli/errand.h"

/* Makes the plan and prints it, as text or with --json as plan.v1. Returns the status. */
int plan_show(const struct call *call, const struct errand *errand, int fresh);

#endif
