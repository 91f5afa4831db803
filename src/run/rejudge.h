/*
 * rejudge: the plan of a run that judges what another one made, and does no step.
 *
 * It is the plan of that other run, whose steps are adopted as far as they were done and skipped else, with
 * the gates that are to judge behind them: each as a step judge.STEP.GATE, or judge.run.GATE, that does nothing
 * but be judged, with the very definition that it had and a number "of" the step that it is about. What that
 * other run returned, told and decided by rules is not there.
 */
#ifndef LILY_RUN_REJUDGE_H
#define LILY_RUN_REJUDGE_H

#include "run/parent.h"

struct rejudge_gate {
	struct str name; /* STEP.GATE, run.GATE */
	uint32_t step;   /* of the plan, */
	uint32_t gate;   /* and which of its gates */
	bool required;
	bool is_judged;
	const char *why_not; /* for people; NULL: nothing stands against it */
};

/* The gates of the run's plan, or those of the names; one that is required and whose step has left nothing is
 * judged, in vain, others are left out and say why. In the arena. ERR_NOT_FOUND: a name that no gate has;
 * ERR_INVALID: a named one cannot be judged so, or none can. */
int rejudge_choose(const struct parent *parent, const struct str *names, size_t n_names,
	struct arena *arena, struct rejudge_gate **ret_gates, size_t *ret_n, struct err *err);

/* Stores the plan. */
int rejudge_plan(struct store *store, const struct parent *parent,
	const struct rejudge_gate *gates, size_t n, struct digest *ret_plan, struct err *err);

#endif
