/*
 * machine: what a machine offers to hold a policy with.
 */
#ifndef LILY_POLICY_MACHINE_H
#define LILY_POLICY_MACHINE_H

#include "base/attr.h"

#include <stdbool.h>

/* Names and what to do where one is missing are in enforcement.c. */
/* UNBUILT no machine has: what demands it is a part of policies that lily does not have yet. */
#define POLICY_FEATURES(X)                                         \
	X(UNBUILT, "a part that this build of lily does not have") \
	X(USER_NAMESPACES, "user namespaces")                      \
	X(MOUNT_NAMESPACES, "mount namespaces")                    \
	X(PID_NAMESPACES, "PID namespaces")                        \
	X(NET_NAMESPACES, "network namespaces")                    \
	X(OVERLAY, "overlay file systems")                         \
	X(SECCOMP, "seccomp filters")                              \
	X(CGROUP, "a cgroup v2 of one's own")                      \
	X(TRANSACTION, "a transaction")                            \
	X(LANDLOCK, "Landlock")

enum policy_feature {
#define X(name, text) FEATURE_##name,
	POLICY_FEATURES(X)
#undef X
		FEATURE_COUNT
};

/* The strongest that the steps of a lane are held by. */
enum policy_tier {
	TIER_S0, /* nothing: what happened is looked for afterwards */
	TIER_S1, /* Landlock and seccomp */
	TIER_S2, /* namespaces besides */
	TIER_S3, /* and an overlay over the workspace */
	TIER_COUNT
};

struct policy_machine {
	/* Bits by enum policy_feature; TRANSACTION is the step's: its workspace is an overlay that is
	 * applied or thrown away. */
	uint32_t features;
	uint32_t landlock; /* ABI; 0: none */
	bool is_root;      /* lily's user: who needs no user namespace for the others */
	bool accepts_s1;   /* somebody said that S1 is to do here */
	bool is_container; /* which keeps the kernel's features from lily, mostly */
};

#define FEATURE_BIT(feature) (UINT32_C(1) << (feature))

#endif
