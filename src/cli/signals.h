/*
 * signals: what the user tells a long command, read from a descriptor between two events instead of
 * handled in the middle of one.
 *
 * While it is open SIGINT, SIGTERM and SIGHUP count as a wish to stop (a second one as an order),
 * SIGTSTP as a wish to be suspended; SIGPIPE is ignored, so that a closed pipe does not end a run.
 * Signals that were ignored before (nohup) stay ignored. It is opened before the store: threads
 * take over which signals are blocked where they are made, and one that blocks none would end the
 * program.
 */
#ifndef LILY_CLI_SIGNALS_H
#define LILY_CLI_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

struct signals {
	int fd;
	sigset_t before;
	unsigned stops; /* how often stopping was asked for */
	bool suspend;   /* suspending was asked for */
	bool resized;   /* the terminal has another size */
};

void signals_open(struct signals *signals);
void signals_close(struct signals *signals);

/* Takes in what has arrived. */
void signals_read(struct signals *signals);

/* Stops this process as the terminal wished; returns when it goes on. */
void signals_suspend(struct signals *signals);

#endif
