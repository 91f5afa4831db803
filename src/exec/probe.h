/*
 * probe: starts one lane, asks what it came to be, and ends it.
 */
#ifndef LILY_EXEC_PROBE_H
#define LILY_EXEC_PROBE_H

#include "sandbox/lane.h"

struct probe {
	enum lane_mode mode;
	bool fresh_proc; /* /proc shows a step only its own namespace */
};

/* lane: absolute path of lily-lane. ERR_NOT_FOUND: there is none; ERR_LIMIT: it did not answer. */
int probe_lane(const char *lane, struct probe *ret_probe, struct err *err);

/* Whether something can be laid over the workspace: with a layer in `folder`, an empty folder that is the caller's
 * to remove. ERR_DENIED where it cannot, with why. */
int probe_layer(const char *lane, const char *folder, const char *workspace, struct err *err);

#endif
