/*
 * decide: facts in, decision out.
 *
 * The rules are asked in their order; the first whose conditions hold and whose action is possible
 * decides. A rule never lifts a bound: one that would (no attempt is left, the run has used something
 * up, it has been applied as often as `times` says) is passed over, and the next is asked. Where none
 * decides:
 *
 *	succeeded, reused, adopted, skipped  continue
 *	failed   retry, where an attempt is left and the step's `retry` tries again after such a failure;
 *	         else continue where the failure is tolerated, else fail
 *	blocked, cancelled                   fail
 *	unknown                              escalate
 *
 * `fail`: it stands. What needs the step does not run, what does not need it goes on, and the run will
 * have failed. There is no state and no clock, and nothing is allocated outside the arena.
 */
#ifndef LILY_ROUTE_DECIDE_H
#define LILY_ROUTE_DECIDE_H

#include "route/facts.h"
#include "route/rule.h"

/* Why a rule does not decide. First its conditions, in the order in which they are looked at. */
enum route_obstacle {
	OBSTACLE_NONE,
	OBSTACLE_STEP,
	OBSTACLE_STATUS,
	OBSTACLE_ERROR,
	OBSTACLE_EXIT,
	OBSTACLE_NO_GATE, /* nothing is known of it */
	OBSTACLE_GATE_STATUS,
	OBSTACLE_METRIC,
	OBSTACLE_VIOLATION,
	OBSTACLE_LABEL_MISSING,
	OBSTACLE_EXHAUSTED,
	OBSTACLE_NO_VISITS, /* likewise */
	OBSTACLE_VISITS,
	/* Its action is not possible: */
	OBSTACLE_TIMES,
	OBSTACLE_NOT_FAILED,
	OBSTACLE_RUN_EXHAUSTED,
	OBSTACLE_NO_ATTEMPTS,
	OBSTACLE_NEVER_RETRIED, /* such a failure never is */
	OBSTACLE_NOT_REPEATABLE,
	OBSTACLE_GATE,  /* nothing gets past a gate that is required */
	OBSTACLE_ASKED, /* a person has said no, or nothing in time: none is asked once more */
};

struct route_decision {
	enum route_action action;
	uint32_t rule; /* RULE_NONE: none decided */
	uint32_t
		n_asked; /* the first rules; the last one is the one that decides, if any does */
	const enum route_obstacle *obstacles; /* of each that was asked */
};

void route_decide(const struct rules *rules, const struct route_facts *facts,
	struct arena *arena, struct route_decision *ret_decision);

/* Whether a failed step will not be tried again unless a rule says so. */
bool route_is_exhausted(const struct route_facts *facts);

/* What a person who is asked about a step that failed may decide, by the same bounds: bits by
 * enum route_action, of continue, retry, skip and abort. */
unsigned route_possible(const struct route_facts *facts);

/* "the status is failed, not succeeded": one line without its end. */
void route_explain(const struct rule *rule, const struct route_facts *facts,
	enum route_obstacle obstacle, struct buf *b);

/* The decision as it goes into an event: {"step", "rule": id or null, "action", ["to"], ["feedback"],
 * ["again"], ["words"], "facts": those that it was decided by}. From these facts the same rules decide
 * the same. */
const struct value *route_record(const struct rules *rules, const struct route_facts *facts,
	const struct route_decision *decision, struct arena *arena);

#endif
