/*
 * inside: whether this process is a part of a step.
 *
 * Every process of a step descends from its lane: whatever is orphaned in it becomes the lane's child
 * (pid_namespaces(7), PR_SET_CHILD_SUBREAPER), so the lane is found above it.
 */
#ifndef LILY_SANDBOX_INSIDE_H
#define LILY_SANDBOX_INSIDE_H

#include "base/err.h"

#include <stdbool.h>

/* Whether a process above this one runs the program `lane` (an absolute path): 1, 0. What cannot be found
 * out, since /proc does not show it, is an error. */
int inside_lane(const char *lane, struct err *err);

/* Whether there may be processes above this one that /proc does not show here: it is in a PID namespace that is
 * not the machine's first, as every process in a container is, and one that a step has made for itself. */
bool inside_namespace(void);

#endif
