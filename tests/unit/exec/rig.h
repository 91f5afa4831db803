/*
 * rig: a local executor with real lanes in a directory of its own, and steps run on it.
 */
#ifndef TESTS_EXEC_RIG_H
#define TESTS_EXEC_RIG_H

#include "exec/local.h"
#include "exec/log.h"

struct rig {
	char path[64]; /* of the run's directory */
	int directory;
	struct loop *loop;
	struct executor *executor;
	uint32_t next_number;
	int lanes[64]; /* pids that were noted */
	size_t n_lanes;
	bool refuse_notes;
	const struct redactor *redactor; /* of the step that runs */
};

struct rig_options {
	unsigned slots; /* 0: 1 */
	enum lane_mode mode;
	uint64_t log_head;
	uint64_t log_tail;
	int64_t guard_us;
	const char *lane_program; /* NULL: the one that was built */
	const char *base;         /* NULL: /tmp */
	const char *spare_path;   /* NULL: none */
	bool keep;
	const char *workspace;       /* of policies */
	const struct policy *policy; /* of lanes at their start */
};

void rig_open(struct rig *rig, const struct rig_options *options);
void rig_close(struct rig *rig);

/* One step, by parts that may be left out. */
struct rig_step {
	const char *script; /* for sh -c; or */
	char *const *argv;
	char *const *environ; /* NULL: PATH only */
	const char *cwd;      /* NULL: / */
	const char *below;
	bool in_scratch; /* instead of cwd */
	int stdin_fd;    /* 0: none */
	const struct secret_file *secret_files;
	size_t n_secret_files;
	const struct redactor *redactor;
	const char *stdout_name;
	const struct policy *policy;
	const struct wall_layer *layer;
	int64_t timeout_us;
	int64_t grace_us; /* 0: two seconds; < 0: none */
};

struct rig_result {
	uint32_t number;
	struct attempt_place place;
	struct attempt_end end;
	struct attempt_log log;
	struct buf out; /* stdout as far as the log has it */
	struct buf err;
	struct buf notes; /* one a line */
	bool has_started_event;
	int32_t pid;
	double seconds;
	struct buf handle;
};

/* Places and submits; returns the number. */
uint32_t rig_submit(
	struct rig *rig, const struct rig_step *step, struct rig_result *ret_result);

/* Turns the loop until an event comes: 1, or 0 after so many milliseconds. */
int rig_wait(struct rig *rig, int timeout_ms, struct executor_event *ret_event);

/* Waits for the end of a submitted step and collects it. */
void rig_finish(struct rig *rig, struct rig_result *result);

/* Gives back the place and frees the result. */
void rig_release(struct rig *rig, struct rig_result *result);

/* All of it; release remains. */
void rig_run(struct rig *rig, const struct rig_step *step, struct rig_result *ret_result);

/* Runs sh -c script, checks that it exits 0 and prints exactly this. */
void rig_expect(struct rig *rig, const char *script, const char *out);

/* Runs the tests as they are and, where root does, once more as an ordinary user in a process of
 * its own: lanes are built differently then. Returns what main returns. */
struct CMUnitTest;
int rig_main(const char *name, const struct CMUnitTest *tests, size_t n_tests);

/* Whether lanes get a PID namespace here: false in a container that refuses them. */
bool rig_has_namespaces(void);

/* How many processes have this text in their command line, the caller excepted. */
unsigned rig_count_processes(const char *text);

#endif
