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

struct tree_process {
	pid_t pid;
	pid_t parent;
	bool belongs;    /* to the tree */
	int64_t cpu_us;  /* of it and of those that it waited for */
	uint64_t memory; /* resident bytes, also what it shares */
};

/* Every process of the tree, the caller excepted; how many. For free. */
size_t tree_list(enum lane_mode mode, struct tree_process **ret_processes);

#endif
