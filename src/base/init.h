/*
 * init: being the first process of a container.
 *
 * PID 1 gets the children of processes that end before them, and no signal that it has no handler
 * for (pid_namespaces(7)). It therefore does nothing but start the program again as its child, take
 * in whoever ends, and hand signals on; it ends as its child does.
 */
#ifndef LILY_BASE_INIT_H
#define LILY_BASE_INIT_H

#include "base/err.h"

/* For a process that is PID 1, before it has threads: runs the program that it is with argv as its
 * child. *ret_status is the child's exit status, 128 + the signal that killed it. ERR_NOT_FOUND where
 * there is no /proc to find the program by. */
int init_run(char *const argv[], int *ret_status, struct err *err);

#endif
