/*
 * bounds: the policies that the steps and gates of a run are held to, resolved on this machine, for as long as the
 * run is driven.
 *
 * A plan has them as they were written. What user and workspace say beside that, and what is where, is looked at
 * when the run begins or goes on: a step is never held to less than what they say then. Equal ones are one, so
 * that a lane serves all steps that they hold.
 */
#ifndef LILY_RUN_BOUNDS_H
#define LILY_RUN_BOUNDS_H

#include "graph/graph.h"
#include "policy/enforcement.h"
#include "sandbox/lane.h"

struct bounds;
struct gate;

/* Immutable. */
struct bounding {
	struct policy policy;
	struct digest digest; /* of its document (policy/document.h) */
	bool is_degraded;     /* not all of it can be held here, and that will do */
};

struct bounds_request {
	const struct graph
		*graph;        /* NULL: the default alone, of those of whom nothing is said */
	const char *workspace; /* absolute, without links */
	const char *store;     /* likewise */
	const struct policy_machine *
		machine; /* NULL: nothing runs, and what holds is not asked; borrowed until made */
};

/* ERR_POLICY: one of the policies cannot be held here: the clause, what is missing, and the remedy.
 * ERR_INVALID, ERR_NOT_FOUND: it cannot be resolved. */
int bounds_new(
	const struct bounds_request *request, struct bounds **ret_bounds, struct err *err);
void bounds_free(struct bounds *bounds);

/* What holds a step, with its probe and validators, and a gate of it: its own, or else the step's. NULL: nobody
 * asked, as bounds are NULL. */
const struct bounding *bounds_of_step(const struct bounds *bounds, const struct step *step);
const struct bounding *bounds_of_gate(
	const struct bounds *bounds, const struct step *step, const struct gate *gate);

/* What holds those of whom nothing is said; NULL: there are none. */
const struct bounding *bounds_of_rest(const struct bounds *bounds);

/* Of such a step the policy that also opens its own folder, $LILY_STATE, for writing. Lives as long as the
 * bounds. */
const struct policy *bounds_open_state(
	struct bounds *bounds, const struct bounding *bound, const char *state);

/* How lanes hold them here. LANE_MODE_PID_NAMESPACE where there are none. */
enum lane_mode bounds_mode(const struct bounds *bounds);

/* What is not held of those that are degraded, a line each; "" where all are. */
const char *bounds_lacking(const struct bounds *bounds);

#endif
