/*
 * step_surroundings: where a step of a graph starts and what it finds there, as step.h has the rest.
 */
#ifndef LILY_GRAPH_STEP_SURROUNDINGS_H
#define LILY_GRAPH_STEP_SURROUNDINGS_H

#include "graph/step.h"

/* Where lily finds the value of a secret. */
enum secret_origin { SECRET_FROM_ENV, SECRET_FROM_FILE, SECRET_FROM_EXEC };

struct secret_source {
	struct str name;
	enum secret_origin origin;
	struct str from;        /* the variable, or the path as it was written */
	const struct str *argv; /* SECRET_FROM_EXEC; each ends with a NUL behind the view */
	uint32_t n_argv;
};

struct step_secret {
	struct str name;
	uint32_t secret; /* index in the graph's secrets */
	bool as_file;    /* at $LILY_SECRETS/NAME, else the variable NAME */
};

/* What a step has of the workspace, as a plan names it. */
#define WORKSPACES(X)                                                                   \
	X(LIVE, "live")       /* the workspace itself */                                \
	X(NONE, "none")       /* an empty folder instead, and it does not know where */ \
	X(PRIVATE, "private") /* what it writes there is thrown away */                 \
	X(TRANSACTION, "transaction") /* what it writes there comes true if all passes */

enum step_workspace {
#define X(name, text) WORKSPACE_##name,
	WORKSPACES(X)
#undef X
};

/* Of a step that does more than start in the root of the workspace. */
struct step_surroundings {
	bool has_cwd;
	struct template cwd; /* relative to the workspace */
	enum step_workspace workspace;
	bool takes_stdin;                  /* its input "stdin" is its standard input */
	bool keeps_state;                  /* a folder that outlives its attempts */
	const struct step_secret *secrets; /* by name */
	uint32_t n_secrets;
};

static inline enum step_workspace
step_workspace(const struct step *step)
{
	return step->surroundings ? step->surroundings->workspace : WORKSPACE_LIVE;
}

/* Whether what it writes goes to a layer over the workspace. */
static inline bool
step_has_layer(const struct step *step)
{
	return step_workspace(step) == WORKSPACE_PRIVATE ||
		step_workspace(step) == WORKSPACE_TRANSACTION;
}

#endif
