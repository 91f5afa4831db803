/*
 * file: a file of policies, as a user or a workspace keeps one, and the policies of a workflow file.
 *
 *	lily: 1
 *	policies:
 *	  default: { deny: [ ~/.ssh ], limits: { memory: 8Gi } }
 *
 * A workflow has `policies` among its other keys, and names them where it says `policy`.
 */
#ifndef LILY_POLICY_FILE_H
#define LILY_POLICY_FILE_H

#include "policy/declared.h"

/* A place that names or holds a policy: of a step, of a gate, of `notify`, or of all steps that name
 * none. */
struct policy_use {
	struct str step; /* GROUP/NAME; empty: of the workflow */
	struct str gate; /* empty: of the step itself */
	const struct value *value;
};

struct policy_uses {
	const struct policy_use *items;
	size_t n;
};

/* Whether the document is a workflow rather than a file of policies. */
bool policy_file_is_workflow(const struct value *root);

/* The policies of either; what is wrong with them, or with the form of a file of them, becomes findings. */
void policy_file_read(struct findings *findings, struct arena *arena,
	const struct source *source, const struct value *root,
	struct declared_policies *ret_policies);

/* What `policy` stands for in a workflow, in the order of the file; values of other shapes than the
 * format has are passed over, being somebody else's finding. Nothing recurses. */
void policy_file_uses(
	struct arena *arena, const struct value *root, struct policy_uses *ret_uses);

/* Whether a workflow has a step (or group) of that full name. */
bool policy_file_has_step(const struct value *root, struct str step);

/* The policy of the step, as the file has it: its own, or else that of `defaults`; NULL: default. Of a
 * gate: its own or NULL. */
const struct value *policy_uses_find(
	const struct policy_uses *uses, struct str step, struct str gate);

#endif
