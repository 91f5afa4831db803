/*
 * attempt_end: how an attempt ended, and what it said, as an executor tells it.
 */
#ifndef LILY_EXEC_ATTEMPT_END_H
#define LILY_EXEC_ATTEMPT_END_H

#include "exec/relay.h"
#include "policy/walls.h"

enum attempt_state {
	ATTEMPT_QUEUED,
	ATTEMPT_RUNNING,
	ATTEMPT_EXITED,
	ATTEMPT_LOST,
	ATTEMPT_UNKNOWN
};

/* How it ended. */
struct attempt_end {
	enum attempt_state state; /* ATTEMPT_EXITED or ATTEMPT_LOST */
	bool started;             /* false: exec failed, start_error says why */
	int exit_code;            /* -1 where a signal ended it */
	int signal;               /* 0 where none did */
	bool timed_out;
	bool cancelled;
	bool out_of_memory;
	int64_t started_at_us; /* UTC */
	int64_t ended_at_us;
	int64_t cpu_us;      /* user + system, of the whole tree */
	int64_t max_rss_kib; /* of its largest process */
	struct err start_error;
	enum wall_bound exceeded; /* for which its tree was killed, or found out afterwards */
	struct wall_bounds bounds;
	/* What went to the hosts of its policy and came from them, until release; NULL: it names none. */
	const struct reach *reach;
	const struct relay_count *connections; /* as many as that has */
	const struct walls_absent
		*made; /* denied or protected, and new (policy/walls.h); or NULL */
	int view; /* with a layer, once it was there: the workspace as the attempt left it, a directory
		   * that is the executor's until release. Else -1 */
};

/* Captured stdout and stderr, valid until release. Either bytes in memory or a file. Format: see
 * exec/log.h. */
struct attempt_log {
	struct str bytes;
	int fd;               /* -1: bytes */
	uint64_t stdout_size; /* of the whole stream, also of what was not kept */
	uint64_t stderr_size;
	struct str stdout_secret; /* the name of a secret that stdout held; else empty */
};

#endif
