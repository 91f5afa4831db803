/*
 * secret_program: a program of the user's that prints a secret, such as a password manager.
 *
 * It is no step: lily starts it as the user would, with the caller's environment, in the folder that
 * lily was started in, outside of any lane; what it says on stderr goes where lily's own does. A
 * program with a slash in its name is one of the workspace, unless it is absolute.
 */
#ifndef LILY_RUN_SECRET_PROGRAM_H
#define LILY_RUN_SECRET_PROGRAM_H

#include "base/buf.h"
#include "graph/step_surroundings.h"

#define SECRET_PROGRAM_MS 60000

/* Appends what it prints. ERR_INVALID where it does not end with 0, ERR_LIMIT where it takes longer
 * than SECRET_PROGRAM_MS or prints more than b takes; then it is killed. Blocks; heeds recall_check. */
int secret_program_run(const struct secret_source *source, const char *workspace, struct buf *b,
	struct err *err);

#endif
