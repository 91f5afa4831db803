/*
 * policies: those that hold in a workspace, of whoever has a say: its user, itself, and a workflow.
 *
 *	${XDG_CONFIG_HOME:-~/.config}/lily/policy.yaml   of the user
 *	WORKSPACE/lily-policy.yaml                       of the workspace
 *	`policies` of a workflow file                    of the workflow
 *
 * The folder policy opens no file of its own accord; this one does.
 */
#ifndef LILY_RUN_POLICIES_H
#define LILY_RUN_POLICIES_H

#include "graph/workflow.h"
#include "policy/file.h"
#include "policy/resolve.h"

#define POLICIES_FILE_OF_WORKSPACE "lily-policy.yaml"

/* One file as it was read. */
struct policies_file {
	const char *path; /* NULL: there is none */
	struct source source;
	struct buf text;
	const struct value *root;
	struct findings findings;
};

struct policies {
	struct arena *arena;
	struct policy_surroundings surroundings;
	struct policies_file files[POLICY_ORIGIN_COUNT];
	struct policy_origins origins;
	struct policy_uses uses; /* of the workflow */
};

struct policies_request {
	const char *workspace; /* absolute, without links */
	const char *store;     /* likewise; NULL: none yet */
	const char *workflow;  /* a file; NULL: none */
};

/* By the environment of the caller (HOME, PATH, XDG_CONFIG_HOME). A file that cannot be read at all is an
 * error; what is wrong in one stays with its findings. For policies_done also then. */
int policies_open(const struct policies_request *request, struct arena *arena,
	struct policies *ret_policies, struct err *err);
void policies_done(struct policies *policies);

/* ERR_INVALID with the first findings of any file. */
int policies_refuse(const struct policies *policies, struct err *err);

/* Reads a file by itself, as of an origin, in the place of the one that is there. */
int policies_read(struct policies *policies, enum policy_origin origin, const char *path,
	struct err *err);

/* Takes a workflow that was read already; its source and root are borrowed. */
void policies_take(
	struct policies *policies, const struct source *source, const struct value *root);

/* ERR_INVALID with what is wrong with the policies of a workflow and its parts, and with what names them, or
 * with those of workspace and user; 0 at once where it has none. `workflow` of the request does not matter. */
int policies_refuse_workflow(const struct policies_request *request,
	const struct workflow *workflow, struct err *err);

/* What a use means: the policy of that name, or that which it holds. `whose`: for messages, "step "fix"".
 * NULL: default. Errors as policy_resolve, with a place. */
int policies_resolve_use(const struct policies *policies, const struct value *use,
	struct str whose, struct policy *ret_policy, struct err *err);

/* Finds what is wrong with the words of a file's policies and with what its uses say. */
void policies_check(struct policies *policies, enum policy_origin origin);

#endif
