/*
 * baseline: what an earlier run left, with which a gate of this one is compared.
 *
 * Which that is stands in the plan (run/previous.h); what a gate looked up of it is named in its result.
 */
#ifndef LILY_RUN_BASELINE_H
#define LILY_RUN_BASELINE_H

#include "run/trial.h"

/* Puts what the gate is compared with into its report; it need not be there. */
void baseline_list(struct trial *trial);

/* What the gate measured then: 1, or 0 where there is nothing. ERR_NOT_FOUND and ERR_CORRUPT where it has
 * been there and cannot be had any more. */
int baseline_measures(struct trial *trial, struct measures *ret_measures, struct err *err);

/* " (no earlier run …)": why there is nothing to compare with, in the trial's arena. */
const char *baseline_lack(struct trial *trial, const struct gate_before *before);

#endif
