/*
 * lily/shell.h: a program in a copy of an attempt.
 *
 *	lily_shell_open(store, "@last", "test", 0, &options, &shell, &error);
 *	… lily_shell_next(shell, &status, &error) whenever lily_shell_fd(shell) can be read, until 1 …
 *	lily_shell_close(shell);
 *
 * It finds what the attempt found: the same variables, its inputs at $LILY_IN, an empty $LILY_OUT,
 * its secrets, its workspace, which is the live one. It runs in a lane, as steps do, in folders of its
 * own; nothing is recorded. $LILY_STATE is empty, and a step's stdin is the file $LILY_IN/.stdin.
 */
#ifndef LILY_SHELL_H
#define LILY_SHELL_H

#include "lily/run.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lily_shell;

struct lily_shell_options {
	const char *const
		*argv;    /* NULL-terminated; the first is looked up in the step's PATH */
	const char *term; /* TERM instead of the step's; NULL: that */
	int stdin_fd, stdout_fd, stderr_fd; /* borrowed until lily_shell_open returns */
	int has_terminal; /* stdin is the side of a new terminal that programs see */
};

/* attempt 0: the newest one of the step; step may be NULL where the attempt is named.
 * LILY_ERROR_NOT_FOUND where there is none; LILY_ERROR_INVALID where it ran no program. */
LILY_API int lily_shell_open(struct lily_store *store, const char *address, const char *step,
	uint32_t attempt, const struct lily_shell_options *options,
	struct lily_shell **ret_shell, struct lily_error *error);

/* Which it is; the program that the attempt ran, NULL-terminated; $LILY_OUT. Valid until it is
 * closed. */
LILY_API const char *lily_shell_step(const struct lily_shell *shell);
LILY_API uint32_t lily_shell_attempt(const struct lily_shell *shell);
LILY_API const char *const *lily_shell_argv(const struct lily_shell *shell);
LILY_API const char *lily_shell_out(const struct lily_shell *shell);

/* 1: what it writes to the workspace is thrown away, as with a step whose `workspace` is private or a
 * transaction; 0: the workspace is the live one. */
LILY_API int lily_shell_is_layered(const struct lily_shell *shell);

/* Can be read when lily_shell_next has something to say. */
LILY_API int lily_shell_fd(const struct lily_shell *shell);

/* 1: it has ended, and all that it started: its exit status, or 128 and the number of the signal; 0:
 * not yet; < 0: it could not be started, or its lane is gone. */
LILY_API int lily_shell_next(
	struct lily_shell *shell, int *ret_status, struct lily_error *error);

/* Ends it, and removes its folders. NULL is fine. */
LILY_API void lily_shell_close(struct lily_shell *shell);

#ifdef __cplusplus
}
#endif

#endif
