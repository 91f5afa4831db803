/*
 * protocol: what lily and lily-lane say to each other over a SEQPACKET socket.
 *
 *	lily → lane    STEP (runs it), CANCEL (ends it early), CLEAR (empties the directories)
 *	lane → lily    READY (once, first), STARTED (the step still runs after 5 ms), EXITED (the
 *	               step's tree is dead), CLEARED, FAILED (the lane cannot go on and ends)
 *
 * One message is one request or report. Both programs come from one build; LANE_VERSION on the
 * lane's command line catches a mixed installation. The socket is the lifeline too: its end means
 * that lily is gone, whereupon the lane kills everything and ends.
 *
 * A STEP is the header, then `size` bytes of NUL-terminated strings: program, cwd, the folder
 * below it to start in (or empty), n_argv arguments, n_environ variables. Up to LANE_INLINE_MAX they follow the header in the message;
 * past that they are in a sealed memfd. Descriptors (SCM_RIGHTS): stdout, stderr, [stdin, with
 * LANE_HAS_STDIN], [memfd].
 *
 * A lane with walls (sandbox/walls.h) finds them in the descriptor after its socket; it carries them out
 * before READY, or FAILED says which of them it could not.
 *
 * READY may bring descriptors too, of which its flags tell: where the lane could mount a memory file system
 * on `memory`, of which steps have a read-only view, the directory as lily may write it; where its walls have
 * a layer, the folder below it as steps see it; and then, for each listener of its walls, the socket on
 * which it listens.
 *
 * Only fixed-size integers in host order: both ends are one machine.
 */
#ifndef LILY_SANDBOX_PROTOCOL_H
#define LILY_SANDBOX_PROTOCOL_H

#include "sandbox/walls.h"

#define LANE_VERSION "7"
#define LANE_INLINE_MAX ((size_t)32 << 10)
#define LANE_STRINGS_MAX ((size_t)32 << 20) /* the kernel's own limit is near 6 MiB */

/* The descriptor that the lane starts with; 0, 1 and 2 are /dev/null. */
#define LANE_FD_SOCKET 3
#define LANE_FD_WALLS 4 /* of a lane that has them: a sealed memfd */

/* The last argument of such a lane. */
#define LANE_WALLS_WORD "walls"

/* Every directory of a slot, in this order in the masks below. */
#define LANE_DIRECTORIES(X) \
	X(HOME, "home")     \
	X(TMP, "tmp")       \
	X(IN, "in")         \
	X(OUT, "out")       \
	X(MEMORY, "memory")

enum lane_directory {
#define X(name, text) LANE_##name,
	LANE_DIRECTORIES(X)
#undef X
		LANE_DIRECTORY_COUNT
};

#define LANE_MODE_NAMESPACE_WORD "pid-namespace"
#define LANE_MODE_SUBREAPER_WORD "subreaper"

/* Descriptors that come with READY, at most. */
#define LANE_READY_FDS_MAX (2 + WALLS_LISTENERS_MAX)

/* What the file system on `memory` holds at most. */
#define LANE_MEMORY_BYTES ((size_t)8 << 20)
#define LANE_MEMORY_FILES 4096

enum lane_request_type { LANE_STEP = 1, LANE_CANCEL, LANE_CLEAR };

enum lane_request_flag {
	LANE_HAS_STDIN = 1 << 0,
	LANE_HAS_TERMINAL = 1 << 1, /* stdin is one, which the step is to control */
};

struct lane_request {
	uint32_t type;
	uint32_t number; /* of the attempt: a late CANCEL must not hit the next one */
	uint32_t n_argv;
	uint32_t n_environ;
	uint64_t flags;
	uint64_t size;
	int64_t timeout_us; /* 0: none */
	int64_t grace_us;
};

enum lane_report_type {
	LANE_READY = 1,
	LANE_STARTED,
	LANE_EXITED,
	LANE_CLEARED,
	LANE_FAILED,
};

/* `dirty` where the slot itself is not usable any more. */
#define LANE_DIRTY_BROKEN UINT32_MAX

/* Where a step that did not start failed, with the errno in `error`. */
#define LANE_STAGES(X)                          \
	X(NONE, "nothing")                      \
	X(SPAWN, "start a process")             \
	X(CWD, "enter the folder")              \
	X(EXEC, "execute the program")          \
	X(LIMITS, "set limits")                 \
	X(USER, "become the workspace's owner") \
	X(CAPABILITIES, "give up capabilities") \
	X(LANDLOCK, "apply Landlock rules")

enum lane_stage {
#define X(name, text) LANE_STAGE_##name,
	LANE_STAGES(X)
#undef X
		LANE_STAGE_COUNT
};

const char *lane_stage_name(enum lane_stage stage);

enum lane_report_flag {
	LANE_FRESH_PROC = 1 << 0, /* READY: /proc shows this PID namespace */
	LANE_TIMED_OUT = 1 << 1,  /* EXITED: its time ran out before its first process ended */
	LANE_CANCEL_TAKEN = 1 << 2, /* EXITED: a CANCEL came before its first process ended */
	LANE_OUT_OF_MEMORY =
		1 << 3, /* EXITED: killed while the kernel's OOM killer was at work */
	LANE_BRINGS_MEMORY = 1 << 4, /* READY: a descriptor, in this order */
	LANE_BRINGS_VIEW = 1 << 5,
};

struct lane_report {
	uint32_t type;
	uint32_t number;
	uint32_t flags;
	uint32_t stage;
	int32_t error;  /* errno: EXITED with a stage, CLEARED (0: done), FAILED */
	int32_t status; /* EXITED: of the first process, as wait(2) gives it */
	uint32_t dirty; /* EXITED: mask of 1 << enum lane_directory that are not as they were */
	uint32_t exceeded;   /* EXITED: enum wall_bound that it went past, and was killed for */
	uint32_t reserved;   /* 0 */
	uint32_t replaced;   /* EXITED, CLEARED: mask of those that are another directory now */
	int64_t started_us;  /* UTC */
	int64_t ended_us;    /* UTC, when all were dead */
	int64_t cpu_us;      /* user + system of all processes */
	int64_t max_rss_kib; /* of the largest */
};

/* Behind a FAILED: why, for people, not ended by NUL. */
#define LANE_TEXT_MAX 1024

#endif
