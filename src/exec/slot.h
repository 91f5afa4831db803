/*
 * slot: one place of the local executor (exec/local.h), for its own files only: a lane, four
 * directories and at most one attempt.
 *
 *	FREE → PLACED (prepare) → RUNNING (submit) → ENDED → [CLEARING] → FREE (release)
 *
 * A lane with a layer runs one attempt and is ended with it, so that nothing is mounted over the workspace when
 * EXITED is told. A lane may end in any state. It is gone once its socket has ended; only when its pidfd says so
 * too is its tree dead, and an attempt that it ran LOST (I4). A slot without a lane gets a new one,
 * and new directories, when it is next prepared.
 */
#ifndef LILY_EXEC_SLOT_H
#define LILY_EXEC_SLOT_H

#include "exec/capture.h"
#include "exec/confinement.h"
#include "exec/local.h"
#include "exec/program.h"

/* Lanes in a row that never got ready: then none will. */
#define LOCAL_FAILED_STARTS_MAX 3

enum slot_state { SLOT_FREE, SLOT_PLACED, SLOT_RUNNING, SLOT_ENDED, SLOT_CLEARING };

struct slot {
	struct local *local;
	enum slot_state state;
	char *path; /* absolute */
	char *in_path;
	char *out_path;
	char *memory_path;
	int directory; /* -1 before the first lane */
	int in_dir;
	int out_dir;
	int memory_dir; /* of the newest lane that reported; -1: it has none */

	struct lane *lane;   /* NULL: none */
	struct watch *watch; /* of its socket; once that ended, of its pidfd */
	const struct confinement *confinement; /* of the lane; NULL: none */
	const struct confinement *wanted;      /* of the next lane, and of the attempt */
	struct confinement *layered; /* of an attempt with a layer, and its lane's; NULL */
	int view;                    /* with it, once the lane reported; else -1 */
	bool was_layered; /* the last attempt was: no lane is started before it is known for what */
	struct err lane_failure;   /* why the last lane went */
	struct relay *relay;       /* to the hosts of its policy; NULL: it names none */
	struct lane_report exited; /* of an attempt whose relay is being drained */
	bool has_exited;
	unsigned n_connections; /* of the attempt, written down */
	char *handle;
	bool lane_ready;
	bool lane_gone; /* its socket ended: only its death is waited for */
	bool worn_out;  /* lane and directories are not to be used again */
	bool in_memory; /* the attempt's inputs are in memory_dir */
	bool is_spare;  /* its directories may be there already, clean */
	bool was_used;  /* a lane was started in them */
	bool is_kept;   /* they are those of an attempt, and stay */

	uint32_t number; /* of the attempt */
	int pipes[2];    /* stdout, stderr: our ends */
	struct watch *pipe_watch[2];
	struct timer *live;  /* the log becomes a file */
	struct timer *guard; /* the lane did not keep to the deadline */
	struct capture *capture;
	struct attempt_end end;
	struct err capture_error;
	uint32_t dirty; /* directories, as the lane said */

	int stdin_fd;                           /* a copy of the caller's; -1: none */
	const struct secret_file *secret_files; /* the caller's */
	size_t n_secret_files;
	bool secrets_in_memory; /* of the lane; else in in_dir */

	/* What was sent, for the case that a remembered program is not there any more. */
	struct buf strings;
	struct lane_step step;
	char *program;
	char *cwd;
	char *below;  /* of cwd; NULL: cwd itself */
	char *folder; /* both joined; NULL: cwd */
	char *name;   /* argv[0] where it was looked up, else NULL */
	char *search_path;
	bool from_memory;
};

struct local {
	struct executor executor;
	struct local_options options;
	char *lane_program;
	char *run_path;
	char *slots_path;
	char boot_id[40];
	uint64_t pid_namespace;
	struct slot *slots;
	int spare;          /* -1: no set of directories is taken or given */
	bool left_aside;    /* something is beside the slots */
	struct timer *wake; /* makes the loop turn for an event that nothing else tells it of */
	struct program_cache programs;
	struct confinements confinements;
	struct executor_event *events; /* a queue; each attempt has two at most */
	size_t first_event;
	size_t n_events;
	unsigned failed_starts; /* lanes in a row that never got ready */
	struct err last_failure;
	struct err failure; /* set: local_next gives it */
	bool has_mode;
	enum lane_mode mode;
	bool fresh_proc;
};

void slot_init(struct slot *slot, struct local *local, unsigned index);
void slot_done(struct slot *slot);

/* Where attempts are kept: the slot's directories are those of this attempt from now on. It has no
 * lane. */
void slot_move(struct slot *slot, unsigned index, uint32_t number);

/* Whether an attempt can be placed without a new lane, or with one. */
bool slot_is_open(const struct slot *slot);

/* Gives the slot a lane where it has none. `reset`: directories made anew. */
enum slot_reset { SLOT_KEEP, SLOT_RESET };
int slot_start_lane(struct slot *slot, enum slot_reset reset, struct err *err);

/* New directories for the next attempt, and no lane yet. */
int slot_make_directories(struct slot *slot, struct err *err);

/* Lets go of what a layered attempt was confined by, and of a lane that still is. */
int slot_forget_layer(struct slot *slot, int timeout_ms, struct err *err);

/* Waits so long for a lane that was just started to report, with the memory of the one before
 * carried over where the attempt's inputs are there. */
int slot_await_lane(struct slot *slot, int timeout_ms, struct err *err);

/* The directories are clean, and so they stay: waits so long for a lane that is clearing them, then
 * for its end. */
bool slot_settle(struct slot *slot, int clear_ms, int end_ms);

/* Waits so long for the end of a lane that was killed; true once it is dead, and gone. */
bool slot_bury_lane(struct slot *slot, int timeout_ms);

/* Ends a lane that is confined otherwise than wanted, and waits so long for that. */
int slot_drop_lane(struct slot *slot, int timeout_ms, struct err *err);

/* Ends the attempt's stay: clears what needs it. */
void slot_release(struct slot *slot);

/* local.c */
void local_post(struct local *local, const struct executor_event *event);

#endif
