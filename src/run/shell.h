/*
 * shell: a program in a copy of an attempt (run/replica.h), with the streams that the caller gives.
 *
 *	shell_open → shell_next until 1 → shell_close
 *
 * It runs in a lane, as steps do, in folders of its own that go with it. Nothing is recorded.
 */
#ifndef LILY_RUN_SHELL_H
#define LILY_RUN_SHELL_H

#include "run/replica.h"
#include "sandbox/lane.h"

struct shell;

struct shell_options {
	const char *workspace; /* absolute */
	const char *lane;      /* absolute path of lily-lane */
	const char *folder;    /* absolute: where its folders are made */
	const char *const
		*argv;    /* NULL-terminated; the first is looked up in the PATH of the step */
	const char *term; /* a TERM instead of the step's, or NULL */
	int stdin_fd;     /* borrowed until shell_open returns */
	int stdout_fd;
	int stderr_fd;
	bool has_terminal; /* stdin is one, which it is to control */
};

/* Starts it. Errors as replica_make. */
int shell_open(struct store *store, const struct run_row *run,
	const struct attempt_row *attempt, const struct shell_options *options,
	struct shell **ret_shell, struct err *err);

/* How the attempt's own program was started. */
const struct replica *shell_replica(const struct shell *shell);
const char *shell_out(struct shell *shell); /* $LILY_OUT */

/* Whether what it writes to the workspace is thrown away. */
bool shell_is_layered(const struct shell *shell);

/* Readable when shell_next has something to say. */
int shell_socket(const struct shell *shell);

/* 1: it has ended, and all that it started; its exit status, or 128 and the signal's number. 0: not
 * yet. An error: it could not be started. */
int shell_next(struct shell *shell, int *ret_status, struct err *err);

/* Ends it, removes its folders. NULL is fine. */
void shell_close(struct shell *shell);

#endif
