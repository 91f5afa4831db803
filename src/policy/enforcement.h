/*
 * enforcement: how surely a machine holds a policy, known before anything runs.
 *
 * A policy makes demands: what its clauses forbid. A table says for each demand by which mechanism each
 * tier meets it, and what that mechanism needs. The cheapest tier is taken that meets all demands of
 * boundary clauses; where there is none, the policy is refused, or, where best effort will do, held as far
 * as that goes and its runs are degraded. Resource clauses may be detected, unless they are strict.
 */
#ifndef LILY_POLICY_ENFORCEMENT_H
#define LILY_POLICY_ENFORCEMENT_H

#include "base/arena.h"
#include "base/err.h"
#include "policy/machine.h"
#include "policy/policy.h"

enum policy_hold {
	HOLD_NONE,     /* unenforced */
	HOLD_DETECTED, /* seen, when it has happened */
	HOLD_ENFORCED,
};

const char *policy_hold_name(enum policy_hold hold);
const char *policy_tier_name(enum policy_tier tier);
const char *policy_feature_name(enum policy_feature feature);

/* One thing that a policy forbids. */
struct policy_demand {
	enum policy_clause clause;
	const char *what; /* "no file is written but those of `write`" */
	bool is_boundary; /* has to be enforced */
	enum policy_hold hold;
	const char *mechanism; /* by which it is held, or NULL */
	/* Where it should be held better: the cheapest tier that would, what is missing for that, and what
	 * to do about it. Empty, NULL where nothing is. */
	const char *missing;
	const char *remedy;
	bool may_be_accepted; /* not held, where S1 is accepted: it is the machine that lacks something */
	bool is_excused; /* and that it is */
};

struct policy_enforcement {
	enum policy_tier tier;
	const struct policy_demand *demands; /* in the order of clauses */
	size_t n_demands;
	bool is_refused;
	bool is_degraded; /* not refused, though a demand is not met */
};

/* A boundary has to be enforced, another one at least detected. */
bool policy_demand_is_met(const struct policy_demand *demand);

/* All text is static or in the arena. */
void policy_enforce(const struct policy *policy, const struct policy_machine *machine,
	struct arena *arena, struct policy_enforcement *ret_enforcement);

/* 0; ERR_POLICY where it is refused: the first clause that cannot be held, what is missing, and the
 * remedy. */
int policy_enforcement_check(const struct policy *policy,
	const struct policy_enforcement *enforcement, struct err *err);

#endif
