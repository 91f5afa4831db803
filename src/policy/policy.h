/*
 * policy: what a step may do, resolved: defaults filled in, `extends` followed, origins merged, every
 * path absolute. Data only: policy/resolve makes it from values, policy/walls makes of it what a lane
 * is to build.
 *
 * Everything lies in the arena that it was made in and is immutable.
 */
#ifndef LILY_POLICY_POLICY_H
#define LILY_POLICY_POLICY_H

#include "base/str.h"

/* A clause is a key of a policy; findings, violations and explanations name it by this. */
#define POLICY_CLAUSES(X)       \
	X(WRITE, "write")       \
	X(READ, "read")         \
	X(DENY, "deny")         \
	X(PROTECT, "protect")   \
	X(TOOLS, "tools")       \
	X(NET, "net")           \
	X(ENV, "env")           \
	X(DEVICES, "devices")   \
	X(SOCKETS, "sockets")   \
	X(MAX_DIFF, "max_diff") \
	X(LIMITS, "limits")     \
	X(OTHERS, "others") /* other processes are left alone: implied, never written */

enum policy_clause {
#define X(name, text) POLICY_##name,
	POLICY_CLAUSES(X)
#undef X
		POLICY_CLAUSE_COUNT
};

const char *policy_clause_name(enum policy_clause clause);

/* Where a word of a policy was written; file is empty for what lily itself says. */
struct policy_place {
	struct str file;
	uint32_t line;
	uint32_t column;
};

struct policy_path {
	const char *
		path; /* absolute, by component: no "." or "..", no link, no slash at the end */
	/* "DIR/.git/NAME" is NAME of every git directory in DIR: of DIR/a/b/.git, and of what git keeps for
	 * others in one, DIR/.git/modules/m and DIR/.git/worktrees/w. Of `protect` only. */
	bool is_pattern;
	bool is_found; /* of `read`: nobody wrote it, PATH names it; another PATH is no other policy */
	bool yields; /* of `protect`: not where an entry of `write` stands at or below it */
	struct policy_place place;
};

struct policy_paths {
	const struct policy_path *items;
	size_t n;
};

enum policy_net {
	POLICY_NET_DENY,
	POLICY_NET_LOOPBACK,
	POLICY_NET_ALLOW,
	POLICY_NET_HOSTS, /* those of `hosts` and no other */
};

struct policy_host {
	struct str host; /* a name or a literal address */
	uint16_t port;
	struct str listen; /* "address:port" for raw TCP; empty: one of lily's choice */
	struct policy_place place;
};

struct policy_names {
	const struct str *items;
	size_t n;
};

/* 0: not limited. */
struct policy_limits {
	uint64_t processes;
	uint64_t cpu_us;
	uint64_t open_files;
	uint64_t file_size;
	uint64_t output;
	uint64_t disk;
	uint64_t memory;
	uint64_t memory_per_process;
	bool is_strict;
};

/* UINT64_MAX: not limited; 0 is a limit. */
struct policy_diff {
	uint64_t files;
	uint64_t lines;
	uint64_t bytes;
	uint64_t file_bytes;
};

#define POLICY_DIFF_ANY ((struct policy_diff){UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX})

struct policy {
	struct str name;
	struct policy_place
		places[POLICY_CLAUSE_COUNT]; /* of the key that says it; file empty: lily */
	bool is_none;                        /* unconfined; nothing below holds */
	/* An entry opens what is below it, up to the next path of `hidden`; one at or below such a path opens
	 * that, too. What may be written may be read. */
	struct policy_paths write;
	struct policy_paths read; /* where reads_all is false, with the folders of the system */
	bool reads_all; /* as if `read` had "/": all but `hidden`, of which `read` shows some again */
	struct policy_paths
		hidden; /* home, store, /tmp, …; what a lane has of its own there is not meant */
	struct policy_paths deny;
	struct policy_paths protect;
	struct policy_paths tools;
	bool any_tools;
	enum policy_net net;
	const struct policy_host *hosts;
	size_t n_hosts;
	struct policy_names env;
	bool any_env;
	struct policy_paths devices;
	struct policy_paths sockets;
	struct policy_diff max_diff;
	struct policy_limits limits;
	bool is_best_effort; /* what cannot be enforced is recorded, not refused */
	bool traces_exec;
};

#endif
