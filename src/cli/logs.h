/*
 * logs: printing what attempts wrote, one of them or all of a run, ended or still writing.
 */
#ifndef LILY_CLI_LOGS_H
#define LILY_CLI_LOGS_H

#include "cli/call.h"
#include "cli/target.h"

struct logs_options {
	bool follow;
	bool validators; /* of the target's step: what these wrote instead */
	bool gates;      /* likewise of these */
	bool notify;     /* of a run: what that wrote, and nothing else */
	bool raw;        /* nothing is made safe for a terminal */
	bool has_tail;
	uint64_t tail; /* lines of each log */
	int stream;    /* 1 stdout, 2 stderr, 0 both */
};

/* To standard output. Of a target without a step: every attempt of the run. */
int logs_print(const struct call *call, struct lily_store *store, const struct target *target,
	const struct logs_options *options, struct lily_error *error);

#endif
