/*
 * reading: one policy on its way from values, for the files of this folder that read it.
 */
#ifndef LILY_POLICY_READING_H
#define LILY_POLICY_READING_H

#include "policy/declared.h"
#include "json/key_table.h"

struct policy_reading {
	struct findings *findings;
	struct arena *arena;
	struct place place;
	struct declared_policy *policy;
};

/* "net": a word or a list of hosts. */
void policy_read_net(struct policy_reading *r, const struct value *v);

/* "max_diff" and "limits". */
void policy_read_max_diff(struct policy_reading *r, const struct value *v);
void policy_read_limits(struct policy_reading *r, const struct value *v);

#endif
