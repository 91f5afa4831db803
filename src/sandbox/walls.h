/*
 * walls: what a lane puts between its steps and the rest of the machine, as data.
 *
 * A layer over the workspace, a list of operations on mounts, in order, then what each step is bound by:
 * Landlock rules, a seccomp filter, resource limits, another user. lily makes the list (policy/walls.h) and hands it to
 * lily-lane in a sealed memfd at its start; the lane carries it out once, and refuses to run anything
 * if a single operation fails.
 *
 * Encoded: struct walls_header, then n_mounts of struct walls_mount, n_rules of struct walls_rule,
 * n_limits of struct walls_limit, n_listeners of struct walls_listener, n_filter of struct sock_filter,
 * then strings_size bytes of NUL-terminated paths and names that the others point into by offset. Fixed-size integers in host order: both
 * ends are one machine and come from one build. It is valid if and only if walls_decode takes it.
 */
#ifndef LILY_SANDBOX_WALLS_H
#define LILY_SANDBOX_WALLS_H

#include "base/arena.h"
#include "base/buf.h"

#include <linux/filter.h>

/* What is done to mounts. "Before": as it was when the lane began, taken before the first operation,
 * so that a mask over it does not matter. Paths hold no link, which is checked once more. */
#define WALL_KINDS(X)                                                                         \
	X(SEAL, "seal")           /* everything from here down becomes read-only */           \
	X(HIDE, "hide")           /* an empty directory, or an empty file, lies over it */    \
	X(SHOW, "show")           /* it is there as before, read-only */                      \
	X(OPEN, "open")           /* it is there as before, and may be written */             \
	X(PIN, "pin")             /* bound on itself, so that it cannot be renamed */         \
	X(LOCK, "lock")           /* bound on itself, read-only */                            \
	X(MEMORY, "memory")       /* a memory file system that steps may write */             \
	X(PROCESSES, "proc")      /* a new /proc, of which only processes can be written */   \
	X(DEVICES, "devices")     /* an empty /dev with what programs cannot do without */    \
	X(DEVICE, "device")       /* one more device, as before */                            \
	X(QUEUES, "queues")       /* message queues, POSIX's */                               \
	X(SLOT, "slot")           /* the lane's own slot as before: its path is the lane's */ \
	X(TEMPORARY, "temporary") /* the slot's tmp lies over it */                           \
	X(NAMES, "names")         /* a file of the listeners' names lies over it (hosts(5)) */

enum wall_kind {
#define X(name, text) WALL_##name,
	WALL_KINDS(X)
#undef X
		WALL_KIND_COUNT
};

const char *wall_kind_name(enum wall_kind kind);

enum wall_flag {
	WALL_IF_THERE = 1 << 0, /* nothing is done where the path does not exist */
};

struct wall_mount {
	enum wall_kind kind;
	uint32_t flags;
	const char *path; /* absolute, without "." and ".."; of a SLOT "/" */
	uint64_t size;    /* of a MEMORY, in bytes */
};

/* Landlock: what is below the path may be done this to (sandbox/landlock.h). */
struct wall_rule {
	uint64_t access;
	const char *
		path; /* one that is not there, or a link, is passed over: nothing is allowed */
};

struct wall_limit {
	uint32_t resource; /* RLIMIT_… */
	uint64_t value;    /* soft and hard */
};

/* What all processes of a step may use together, which the lane looks at (sandbox/meter.h); 0: any. */
struct wall_bounds {
	uint64_t processes;
	uint64_t cpu_us;
	uint64_t memory; /* bytes */
};

enum wall_bound {
	WALL_BOUND_NONE,
	WALL_BOUND_PROCESSES,
	WALL_BOUND_CPU,
	WALL_BOUND_MEMORY,
	WALL_BOUND_COUNT
};

/* What lies over a folder, so that what steps write below it goes elsewhere (sandbox/layer.h). */
struct wall_layer {
	const char *path;  /* the folder; NULL: nothing lies over any */
	const char *upper; /* where what is written goes: an empty folder */
	const char *work;  /* the kernel's own, on the same file system */
	const char *over;  /* another layer, as steps left it, between the two; NULL: none */
};

/* A port of the lane's network namespace that the lane listens on; lily accepts there
 * (lane_take_listeners). The address is given to the loopback device if it is not one of its own. */
struct wall_listener {
	const char *name; /* what leads to the address in a file of NAMES; NULL: nothing does */
	uint32_t family;  /* AF_INET, AF_INET6 */
	uint8_t address[16]; /* in network order; of AF_INET the first four */
	uint16_t port;
};

enum walls_flag {
	WALLS_LOOPBACK = 1 << 0, /* the network namespace's own */
	WALLS_USER = 1 << 1,     /* steps run as uid and gid; only where the lane is root */
	WALLS_NO_NEW_PROGRAMS = 1 << 2, /* nothing in the slot can be executed (Landlock) */
	WALLS_BARE = 1 << 3,            /* nothing but the layer: its steps are not confined */
};

struct walls {
	uint64_t namespaces; /* CLONE_NEW… beside those that every lane has */
	uint32_t flags;
	uint32_t uid;
	uint32_t gid;
	struct wall_layer layer; /* before all mounts, which find it there */
	struct wall_mount *mounts;
	size_t n_mounts;
	struct wall_rule *rules;
	size_t n_rules;
	uint64_t handled_fs; /* accesses that only rules allow; 0: no ruleset for files */
	uint64_t handled_net;
	uint64_t scoped;
	struct wall_limit *limits;
	size_t n_limits;
	struct wall_bounds bounds;
	struct wall_listener *listeners; /* with CLONE_NEWNET and WALLS_LOOPBACK only */
	size_t n_listeners;
	struct sock_filter *filter;
	size_t n_filter; /* 0: none */
};

#define WALLS_MOUNTS_MAX 4096
#define WALLS_RULES_MAX 4096
#define WALLS_LIMITS_MAX 16
#define WALLS_LISTENERS_MAX 240 /* one message takes SCM_MAX_FD = 253 descriptors */
#define WALLS_FILTER_MAX 4096   /* BPF_MAXINSNS */
#define WALLS_SIZE_MAX ((size_t)4 << 20)

/* Whether it could be a name of a host: letters, digits, '-', '.' and '_', and not too long. */
bool wall_is_host_name(const char *name);

/* The size of the list in bytes is the memory that is needed; ERR_LIMIT where it has too much. */
int walls_encode(const struct walls *walls, struct buf *ret_bytes, struct err *err);

/* ERR_INVALID: not what walls_encode writes. Paths point into bytes, arrays lie in the arena. */
int walls_decode(const void *bytes, size_t n, struct arena *arena, struct walls *ret_walls,
	struct err *err);

#endif
