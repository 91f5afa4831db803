/*
 * merge: what two policies allow both, as one.
 *
 * A user, a workspace, a workflow, a pack and a scope may each say what is allowed; none of them can give
 * more than another one takes. What the result allows is what each of them does.
 */
#ifndef LILY_POLICY_MERGE_H
#define LILY_POLICY_MERGE_H

#include "base/arena.h"
#include "policy/policy.h"

/* Everything is allowed, as far as a policy can say so: what a clause is of which nobody says anything. */
struct policy policy_anything(struct arena *arena);

/* The name is that of the first. What is said twice keeps the place of whose word holds. */
struct policy policy_merge(struct arena *arena, const struct policy *a, const struct policy *b);

#endif
