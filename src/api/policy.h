/*
 * policy: the policies that a place means, opened for a reading.
 */
#ifndef LILY_API_POLICY_H
#define LILY_API_POLICY_H

#include "lily/policy.h"
#include "run/policies.h"
#include "json/builder.h"

/* For policies_done also where it fails. */
int policy_open(const struct lily_policy_place *place, struct arena *arena,
	struct policies *ret_policies, struct err *err);

/* "file", "line" and "column" of the open object. */
void policy_add_place(struct builder *b, const struct policy_place *place);

/* The clauses of a policy, as "clauses" and "hidden" of the open object. */
void policy_add_clauses(struct builder *b, const struct policies *policies,
	const struct policy *policy, struct arena *arena);

#endif
