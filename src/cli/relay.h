/*
 * relay: a new terminal for a program that is not of this session, and what goes to and fro between
 * it and the user's own.
 *
 * The user's is raw in between, so that Ctrl-C and the like are the program's, as are its size and
 * job control.
 */
#ifndef LILY_CLI_RELAY_H
#define LILY_CLI_RELAY_H

#include "cli/signals.h"

#include <lily.h>
#include <termios.h>

struct relay {
	int master;           /* -1: none */
	int slave;            /* for the program; closed by relay_run */
	struct termios saved; /* of the user's terminal */
	bool is_raw;
};

/* false, with errno, where there is none to be had. */
bool relay_open(struct relay *relay);

/* Until the program has ended: its status, as lily_shell_next. A wish to stop ends it: 128 and the
 * signal's number. Without a terminal of its own (relay NULL) it is only waited for. */
int relay_run(struct relay *relay, struct lily_shell *shell, struct signals *signals,
	int *ret_status, struct lily_error *error);

/* The user's terminal is as it was. */
void relay_close(struct relay *relay);

#endif
