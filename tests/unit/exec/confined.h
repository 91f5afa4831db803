/*
 * confined: a workspace, a home and a store to be kept apart, and the policy that keeps them so, made by
 * hand as policy/resolve makes the default one.
 */
#ifndef TESTS_EXEC_CONFINED_H
#define TESTS_EXEC_CONFINED_H

#include "rig.h"

#define CONFINED_PATHS_MAX 16

struct confined {
	struct rig rig;
	char path[64]; /* of all three */
	char workspace[96];
	char home[96];
	char store[96];
	struct policy_path write[CONFINED_PATHS_MAX];
	struct policy_path hidden[CONFINED_PATHS_MAX];
	struct policy_path protect[CONFINED_PATHS_MAX];
	struct policy_path deny[CONFINED_PATHS_MAX];
	struct policy_path devices[CONFINED_PATHS_MAX];
	char names[CONFINED_PATHS_MAX][128]; /* what the others point at */
	struct policy policy;
	bool is_bare; /* steps run under no policy */
	struct wall_layer
		layer; /* over the workspace, for the steps to come; path NULL: none */
	char layer_paths[3][128];
};

/* A new layer for the next steps, on top of the one before where that is to be kept. */
enum confined_below { CONFINED_ALONE, CONFINED_ON_THE_LAST };
void confined_lay(struct confined *c, enum confined_below below);

/* With a git repository in the workspace (made by hand), "outside" beside it, and secrets at home. */
void confined_open(struct confined *c, enum lane_mode mode);
void confined_close(struct confined *c);

/* The result of sh -c script in the workspace under the policy; rig_release remains. Variables WS, HOME_,
 * STORE and OUTSIDE name the places. */
void confined_run(struct confined *c, const char *script, struct rig_result *ret_result);

/* Fails unless the script exits 0, printing what it said. */
void confined_expect(struct confined *c, const char *script);

/* Fails unless it exits with something else, or is killed. */
void confined_refuse(struct confined *c, const char *script);

#endif
