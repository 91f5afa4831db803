/*
 * lane: lily's end of a lily-lane process, which runs steps one after the other and owns their
 * process trees.
 *
 * A lane is PID 1 of a PID namespace of its own (for an ordinary user inside a user namespace
 * that maps nobody but that user): when it dies the kernel kills all that it ran, and when it has
 * no child left its tree is proven dead. Where namespaces are refused it is a subreaper instead:
 * it still finds and ends every descendant, but a lane that is itself killed with SIGKILL leaves
 * them; lane_mode says which it is.
 *
 *	lane_start → lane_run → lane_next… EXITED → [lane_clear → lane_next… CLEARED] → lane_run …
 *
 * Start lanes from the main thread only: they get SIGKILL when the thread that started them ends.
 *
 * The lane works in one directory, the slot, which holds home, tmp, in, out and memory, all mode
 * 0700. After a step the lane says which of them changed; lane_clear makes them empty and their own
 * again, whatever the step did to them. `memory` is for small inputs: a memory file system that
 * lily writes, and of which steps have a read-only view; it is lily's to empty.
 */
#ifndef LILY_SANDBOX_LANE_H
#define LILY_SANDBOX_LANE_H

#include "base/buf.h"
#include "sandbox/protocol.h"
#include "sandbox/walls.h"

#include <sys/types.h>

enum lane_mode {
	LANE_MODE_PID_NAMESPACE, /* PID 1 of a PID namespace, own mount namespace */
	LANE_MODE_SUBREAPER,
};

/* "pid-namespace", "subreaper". */
const char *lane_mode_name(enum lane_mode mode);

struct lane_spec {
	const char *program; /* absolute path of lily-lane */
	const char *path; /* absolute, of the slot, with lane_directories_make's directories */
	enum lane_mode mode; /* the best to try; a subreaper where namespaces are refused */
	uint64_t open_files; /* the soft limit for steps; 0: as here */
	/* What the lane is to build; NULL: nothing, its steps are not confined. Then `mode` is not the best
	 * to try but what it has to be, and walls with mounts or namespaces need a PID namespace. */
	const struct lane_walls *walls;
};

/* One step; strings end with NUL. */
struct lane_step {
	uint32_t number;
	const char *program; /* absolute, or relative to cwd; no PATH search */
	const char *cwd;     /* absolute */
	const char *
		below; /* cwd/below is where it starts, no link leading out of cwd; NULL: cwd */
	struct str strings; /* arguments, then variables, each with its NUL */
	uint32_t n_argv;
	uint32_t n_environ;
	int stdout_fd; /* borrowed */
	int stderr_fd;
	bool has_stdin;     /* else it is empty */
	int stdin_fd;       /* borrowed; for reading */
	bool has_terminal;  /* which it is, nobody's yet: the step's session gets it */
	int64_t timeout_us; /* 0: none */
	int64_t grace_us;
};

struct lane;

/* A list of walls as lanes take it, made once and for any number of them. */
struct lane_walls;
int lane_walls_new(const struct walls *walls, struct lane_walls **ret_walls, struct err *err);
void lane_walls_free(struct lane_walls *walls);

/* Whether two are the same list. */
bool lane_walls_equal(const struct lane_walls *a, const struct lane_walls *b);

/* Makes home, tmp, in, out and memory below the directory. */
int lane_directories_make(int directory, struct err *err);

/* Whether they are there as they were made, empty, and nothing else is. */
bool lane_directories_are_clean(int directory);

/* Whether a lane would get a PID and a mount namespace: the program is started in them, and ends at once. */
bool lane_gets_namespaces(const char *program);

/* Starts a lane; it reports READY or FAILED later. ERR_NOT_FOUND: there is no such program. */
int lane_start(const struct lane_spec *spec, struct lane **ret_lane, struct err *err);

pid_t lane_pid(const struct lane *lane);
enum lane_mode lane_mode(const struct lane *lane);

/* Readable when lane_next has something to say, and after lane_next said that the lane is gone:
 * the descriptor to watch, and the one that tells its end. Both stay the lane's. */
int lane_socket(const struct lane *lane);
int lane_pidfd(const struct lane *lane);

/* The directory `memory` as lily writes it, which came with READY, or -1 where it could not be
 * mounted (a subreaper mounts nothing). Once: it is the caller's then, and outlives the lane. */
int lane_take_memory(struct lane *lane);

/* Likewise the folder that a layer lies over, with it, or -1 where its walls have none. It can be read also
 * when the lane is gone; until it is closed the layer stays mounted. */
int lane_take_view(struct lane *lane);

/* The sockets that it listens on, in the order of its walls' listeners, which came with READY; how many.
 * Once: descriptors and array (free) are the caller's then. They outlive the lane, but nobody can connect to
 * them any more once its tree is dead. */
size_t lane_take_listeners(struct lane *lane, int **ret_sockets);

/* Hands over one step. ERR_LIMIT: its strings are larger than LANE_STRINGS_MAX. ERR_SYS: the lane
 * is gone or does not take messages. */
int lane_run(struct lane *lane, const struct lane_step *step, struct err *err);

/* Begins to end the step of this number: TERM, grace, KILL; EXITED still comes. */
int lane_cancel(struct lane *lane, uint32_t number, struct err *err);

/* Asks for empty directories; CLEARED follows. Only between steps. */
int lane_clear(struct lane *lane, struct err *err);

/* The next report: 1; 0: none now; < 0: the lane is gone or talks nonsense. Then kill it and wait
 * for lane_pidfd: its tree may still be dying. ERR_DENIED: its walls could not be built, or do not hold;
 * the message says which. */
int lane_next(struct lane *lane, struct lane_report *ret_report, struct err *err);

/* Ends lane and tree, without waiting. */
void lane_kill(struct lane *lane);

/* Waits at most timeout_ms (0: only looks) for its end and reaps it: 1 dead, 0 not yet. */
int lane_reap(struct lane *lane, int timeout_ms);

/* Kills it if need be, waits for its end, frees. NULL is fine. */
void lane_free(struct lane *lane);

#endif
