/*
 * allows: what a policy says of one path or host.
 *
 * Of strings alone: nothing is looked at, so that the answer for a path with links in it is that for these
 * words. Whoever asks about a file resolves it first (policy/location.h).
 */
#ifndef LILY_POLICY_ALLOWS_H
#define LILY_POLICY_ALLOWS_H

#include "policy/policy.h"

enum policy_access { POLICY_TO_READ, POLICY_TO_WRITE, POLICY_TO_EXECUTE };

enum policy_because {
	POLICY_NAMED,     /* an entry of the clause, `by`, says so */
	POLICY_NOT_NAMED, /* no entry of the clause does */
	POLICY_HIDDEN,    /* `by` lies in a place that is hidden */
	POLICY_GUARDED,   /* git or lily goes by it: `by` */
	POLICY_UNLIMITED, /* the clause lets everything in */
};

struct policy_answer {
	bool is_allowed;
	enum policy_clause clause; /* that decided */
	enum policy_because because;
	struct str by; /* a path, or a host; empty where there is none */
	struct policy_place
		place; /* of the entry, or of the clause's key; file empty: lily itself */
};

/* path: absolute, by component. A program may be executed where it may be read, too. */
struct policy_answer policy_allows(
	const struct policy *policy, enum policy_access access, const char *path);

/* address: a host by name or literal address. */
struct policy_answer policy_allows_host(
	const struct policy *policy, struct str address, uint16_t port);

#endif
