/*
 * default: what lily says of a step of which nobody says anything, as data.
 *
 * Writable is the workspace, but for what git would run or heed and for what lily itself goes by;
 * readable is all but the home, other places where private things lie, and the store; of the home the
 * toolchains that PATH names are shown, without their credentials. No network, no sockets.
 */
#ifndef LILY_POLICY_DEFAULT_H
#define LILY_POLICY_DEFAULT_H

#include "policy/declared.h"

extern const struct declared_policy policy_default;

/* Of git's files, NAME in every git directory ("at any depth"); of lily's, paths in the workspace. */
extern const char *const policy_git_files[];
extern const size_t policy_git_files_count;
extern const char *const policy_own_files[];
extern const size_t policy_own_files_count;

/* Hidden beside the home and the store. */
extern const char *const policy_hidden[];
extern const size_t policy_hidden_count;

/* What a list under `read` that does not have "/" allows all the same: without it nothing starts. */
extern const char *const policy_system[];
extern const size_t policy_system_count;

/* A toolchain: where PATH has `folder` or something below it, all of `shown` is, but for `hidden`;
 * relative to the home, ended by NULL. */
struct toolchain {
	const char *folder;
	const char *shown[6];
	const char *hidden[3];
};
extern const struct toolchain policy_toolchains[];
extern const size_t policy_toolchains_count;

#endif
