/*
 * lily/policy.h: what steps may do, as the policies of a workspace and its workflows say it. Nothing is run
 * and nothing is stored.
 */
#ifndef LILY_POLICY_H
#define LILY_POLICY_H

#include "lily/document.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where policies are looked for; zero: those of the current folder's workspace and of the user. */
struct lily_policy_place {
	const char *workspace; /* a folder in it; NULL: the current one */
	const char *store;     /* NULL: the workspace's own */
	const char *workflow;  /* a file that has policies, too; NULL: none */
	const char *lane;      /* path of the lily-lane program; NULL: where it was installed */
};

/* What is wrong with the policies of a file, a workflow or a file of policies:
 * {"kind": "workflow" "policies", "policies": [names], "uses": n, "errors", "warnings", "findings":
 * [{"level", "file", "line", "column", "message", "text"}]}. Of place, `workflow` does not matter.
 *
 * An error is only what keeps the file from being read at all. */
LILY_API int lily_policy_check(const struct lily_policy_place *place, const char *path,
	struct lily_document **ret_document, struct lily_error *error);

struct lily_policy_question {
	const char *name;           /* of a policy; NULL: default */
	const char *step;           /* instead: STEP or STEP.GATE of the workflow */
	const char *const *targets; /* paths, as seen from the workspace, or HOST:PORT */
	size_t n_targets;
};

/* The policy as it holds, where each line of it comes from, and how surely this machine can hold it:
 *
 * {"policy", "unconfined", "step": or null,
 *  "origins": [{"origin": "workflow" "workspace" "user", "file"}],
 *  "clauses": [{"clause", "value": words that say it where it is no list, or null, PLACE,
 *    "entries": [{"path", "name": as people write it, "yields", "anywhere", PLACE}]}],
 *  "hidden": [path], "tier": "S0" to "S3", "refused", "degraded", "refusal": text or null,
 *  "demands": [{"clause", "what", "boundary", "state": "enforced" "detected" "unenforced", "mechanism",
 *    "missing", "remedy"}],
 *  "machine": {"root", "landlock": ABI, "features": [names]},
 *  "targets": [{"target", "path" or null, "answers": [{"access": "read" "write" "execute" "connect",
 *    "allowed", "clause", "because": "named" "unnamed" "hidden" "guarded" "unlimited", "by", PLACE}]}]}
 *
 * PLACE is "file", "line", "column", null where lily itself says so. A lane is started and ended.
 * LILY_ERROR_INVALID: the policies have mistakes; LILY_ERROR_NOT_FOUND: there is no such policy or step. */
LILY_API int lily_policy_explain(const struct lily_policy_place *place,
	const struct lily_policy_question *question, struct lily_document **ret_document,
	struct lily_error *error);

#ifdef __cplusplus
}
#endif

#endif
