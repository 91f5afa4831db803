/*
 * output: writing a result where the call wants it.
 */
#ifndef LILY_CLI_OUTPUT_H
#define LILY_CLI_OUTPUT_H

#include "cli/call.h"

/* To standard output where path is NULL or "-", else to the file, which is replaced in one step
 * and keeps its permissions. 0, or the status after saying why not. */
int output_write(const struct call *call, const char *path, const char *bytes, size_t n);

/* Prints what can be read from fd; on a terminal control characters are made visible, unless raw. The
 * status; `what` names it in messages. */
int output_copy(const struct call *call, int fd, const char *what, bool raw);

#endif
