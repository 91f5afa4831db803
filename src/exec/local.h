/*
 * local: the executor of this machine. Each slot has a lane (sandbox/lane.h), which runs one
 * attempt after the other, and one set of directories, slots/<number>/{home,tmp,in,out,memory} in
 * the run's directory.
 *
 * An attempt gets the variables of its spec, and HOME and TMPDIR (unless the spec has them),
 * LILY_IN and LILY_OUT (always ours). Each attempt finds the directories empty and its own,
 * whatever the one before did; clearing is the lane's work, off the loop. Only what we put into
 * memory, where nobody else can, we take out again.
 *
 * Where attempts are kept each has directories of its own instead, attempts/<n>/ in the run's, which
 * stay as it left them, its inputs as files of them. Its lane ends with it. What is numbered with
 * EXECUTOR_ASIDE is kept by nobody.
 *
 * A lane is confined by one policy (exec/confinement.h). An attempt whose policy is not that of its slot's
 * lane waits for another lane in the same directories. Where the walls of a policy cannot be built, or do
 * not hold, the attempt ends before it starts, with ERR_POLICY, and never runs under weaker ones. With
 * LANE_MODE_SUBREAPER policies are held by Landlock and seccomp alone (S1).
 *
 * An attempt with a layer has a lane of its own, which is dead, and its mount gone, before EXITED: what it left
 * is read through `view` of its end, and from the layer itself. A layer serves one attempt.
 *
 * The handle is {"lane":{"boot":…,"pid":…,"pidns":…,"start":…}}: the lane's process as the
 * caller's PID namespace sees it. What ended without being collected is lost, so after a crash
 * lookup says ATTEMPT_LOST once the lane is proven dead, ATTEMPT_UNKNOWN while it lives or when
 * it cannot be seen from here, and ATTEMPT_RUNNING for an attempt of this very executor.
 *
 * prepare gives 0 while every slot is taken or being cleared; a turn of the loop later it may
 * give 1. submit never answers SUBMIT_BUSY or SUBMIT_UNKNOWN. All functions belong to the thread that started the loop, which must be the thread
 * that outlives all others (a lane ends with it).
 */
#ifndef LILY_EXEC_LOCAL_H
#define LILY_EXEC_LOCAL_H

#include "base/loop.h"
#include "exec/executor.h"
#include "sandbox/lane.h"

/* Writes down that a lane lives, before it gets its first step. An error keeps it from any. */
typedef int local_note_fn(void *context, int pid, struct err *err);

/* Writes down what came of a connection of an attempt (exec/relay.h). */
typedef int local_connection_fn(void *context, uint32_t number, const struct reach *reach,
	const struct relay_report *report, struct err *err);

/* Connections of one attempt that are written down one by one; all are counted. */
#define LOCAL_CONNECTIONS_MAX 100

struct local_options {
	struct loop *loop;        /* outlives the executor */
	unsigned slots;           /* 1 to LOCAL_SLOTS_MAX */
	const char *lane_program; /* absolute path of lily-lane; copied, like run_path */
	int run_directory;        /* of the run; borrowed */
	const char *run_path;     /* its absolute path */
	const char *
		spare_path; /* absolute; keeps directories from run to run (exec/spare.h); or NULL */
	bool keep;          /* the directories of attempts; nothing is spared then */
	enum lane_mode mode; /* the best to try; LANE_MODE_PID_NAMESPACE but for tests */
	/* What lanes are confined by that are started before it is known for which attempt; an attempt under
	 * another policy gets a lane of its own in the place of that. NULL: not confined. */
	const struct policy *policy;
	const char *workspace; /* absolute, without links; where no policy is used also NULL */
	local_note_fn *note_lane;             /* may be NULL */
	local_connection_fn *note_connection; /* may be NULL */
	void *note_context;                   /* of both */
	uint64_t open_files;                  /* the soft limit for steps; 0: as here */
	uint64_t log_head; /* bytes kept of each stream, 0: the defaults of exec/capture.h */
	uint64_t log_tail;
	int64_t guard_us; /* how late a lane may be with a deadline before it is given up, 0: 10 s */
};

#define LOCAL_SLOTS_MAX 1024

/* Descriptors that a slot takes at most, those of its attempt included. */
#define LOCAL_SLOT_FILES 16

/* Starts nothing yet. ERR_INVALID, ERR_SYS. */
int executor_local_new(
	const struct local_options *options, struct executor **ret_executor, struct err *err);

/* What the lanes came to be: false while none was started. *ret_fresh_proc: whether /proc shows a
 * step only its own namespace; known once a lane reported. */
bool executor_local_mode(
	const struct executor *executor, enum lane_mode *ret_mode, bool *ret_fresh_proc);

#endif
