/*
 * tree: all processes that descend from a lane.
 *
 * As PID 1 of its namespace the kernel does the finding: kill(-1). As a subreaper the lane finds
 * them itself, by the parents that /proc shows; orphans come to it, so that nobody is out of
 * reach, but a process that forks while the list is read needs another round.
 */
#ifndef LILY_SANDBOX_TREE_H
#define LILY_SANDBOX_TREE_H

#include "sandbox/lane.h"

/* Signals every process of the tree, the caller excepted. */
void tree_signal(enum lane_mode mode, int signal);

#endif
