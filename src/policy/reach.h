/*
 * reach: the hosts of a policy's `net`, as what a lane listens on in their place and where lily connects
 * for it.
 *
 * In the lane's network namespace a name gets an address of its own in 127.0.0.0/8, a literal address
 * is given to the loopback device, and so programs find each host by its name or address and port, and
 * nothing else. A host with `listen` is there and has no name.
 */
#ifndef LILY_POLICY_REACH_H
#define LILY_POLICY_REACH_H

#include "policy/policy.h"
#include "sandbox/walls.h"

struct reach_target {
	const char *host; /* a name or a literal address */
	uint16_t port;
	bool is_literal; /* an address was written, and may be a private one; `localhost` is one */
};

struct reach {
	struct wall_listener *listeners;
	const struct reach_target *targets; /* as many, in the same order */
	size_t n;
};

/* In the arena. ERR_INVALID: two of them would listen in one place. */
int reach_plan(const struct policy *policy, struct arena *arena, struct reach *ret_reach,
	struct err *err);

/* Whether any of them is found by its name. */
bool reach_has_names(const struct reach *reach);

#endif
