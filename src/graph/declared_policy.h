/*
 * declared_policy: the policies that a file names or holds, for those who know what they mean.
 *
 * To this folder a policy is a value: run/ reads it and finds what is wrong with it. What the plan has of one
 * stands by itself, whatever becomes of the file.
 */
#ifndef LILY_GRAPH_DECLARED_POLICY_H
#define LILY_GRAPH_DECLARED_POLICY_H

#include "graph/declaration.h"

struct planner;

/* Finds what would be taken for an expression in `policies`, or in what `policy` is. */
void policy_check(struct workflow *w, const struct place *place, const struct value *v);

/* The policies that hold for what says `own` (NULL: nothing) in the file that is being written, innermost
 * first: its own, then those of the steps that use the file: 1; 0, and nothing is written, where nobody says
 * any:
 *
 *	[{"policies": {NAME: policy, …}, "policy": NAME or policy}, …]
 *
 * with those of the file that it extends, directly or not. */
int planner_write_policy(
	struct planner *p, const struct value *own, struct buf *b, struct err *err);

#endif
