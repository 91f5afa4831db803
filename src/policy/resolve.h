/*
 * resolve: from what was declared to what holds.
 *
 * Each origin has at most one file of policies: the workflow, the workspace (lily-policy.yaml), the user
 * (${XDG_CONFIG_HOME:-~/.config}/lily/policy.yaml). A name means the first policy that has it in this
 * order, and what it does not say is lily's default; then workspace and user, unless it is theirs, bound it,
 * each by its policy of the same name or else its default, and only in the keys that are given there: who
 * says nothing of the network takes nothing away (docs/decisions/0040).
 */
#ifndef LILY_POLICY_RESOLVE_H
#define LILY_POLICY_RESOLVE_H

#include "policy/declared.h"
#include "policy/location.h"

enum policy_origin {
	POLICY_OF_WORKFLOW,
	POLICY_OF_WORKSPACE,
	POLICY_OF_USER,
	POLICY_ORIGIN_COUNT
};

struct policy_origins {
	struct declared_policies of[POLICY_ORIGIN_COUNT];
};

/* The policy of that name, in the arena; "default" and "none" always exist. ERR_NOT_FOUND: nobody
 * declares it; ERR_INVALID, with file:line:col: a path of it cannot be a wall. */
int policy_resolve(const struct policy_origins *origins, struct str name,
	const struct policy_surroundings *surroundings, struct arena *arena,
	struct policy *ret_policy, struct err *err);

/* Likewise, one that has no name: what a step says itself, in the file of that origin. */
int policy_resolve_declared(const struct policy_origins *origins, enum policy_origin origin,
	const struct declared_policy *declared, const struct policy_surroundings *surroundings,
	struct arena *arena, struct policy *ret_policy, struct err *err);

/* Finds what of a policy's own words cannot be resolved: all of it, for whoever checks a file. */
void policy_check_words(struct findings *findings, const struct declared_policy *declared,
	const struct policy_surroundings *surroundings);

#endif
