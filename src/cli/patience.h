/*
 * patience: what a command says and does while its run waits for another one with the same key.
 */
#ifndef LILY_CLI_PATIENCE_H
#define LILY_CLI_PATIENCE_H

#include "cli/call.h"
#include "cli/signals.h"

struct patience {
	const struct call *call;
	struct signals *signals;
	char said[LILY_RUN_ID_SIZE]; /* of whom was told last */
	bool has_said;
	bool gave_up;
};

/* From here on what waits is told of, and Ctrl-C ends it. */
void patience_begin(struct patience *patience, const struct call *call,
	struct lily_store *store, struct signals *signals);

/* What the command ends with: 7 where waiting was given up, else status. */
int patience_status(const struct patience *patience, int status);

#endif
