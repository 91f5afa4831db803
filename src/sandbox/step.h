/*
 * step: one step in a lane, from vfork until nothing of it lives.
 *
 *	running → [lingering] → [ending: TERM and CONT to all, grace] → [killing: KILL to all] →
 *	all reaped
 *
 * Ending begins when the time is up, a CANCEL comes, or the first process ended and left others
 * behind that do not end by themselves within a moment (as the `tee` of a shell's `>(tee log)`
 * does). Deadlines are kept here and not by lily, in BOOTTIME, so that neither a busy lily nor
 * a suspended machine stretches them.
 */
#ifndef LILY_SANDBOX_STEP_H
#define LILY_SANDBOX_STEP_H

#include "sandbox/enclosure.h"
#include "sandbox/lane.h"

/* What the lane was asked to run; pointers into the request, valid while the step starts. */
struct step_order {
	struct lane_request request;
	const char *program;
	const char *cwd;
	const char *below; /* of cwd; empty: cwd itself */
	char *const *argv;
	char *const *environ;
	int stdout_fd;
	int stderr_fd;
	int stdin_fd; /* -1: the lane's own, which is empty */
};

/* The lane's own side, made once. */
struct step_host {
	enum lane_mode mode;
	int socket;
	int timer;                         /* timerfd of CLOCK_BOOTTIME, non-blocking */
	const struct enclosure *enclosure; /* NULL: steps are not confined */
};

/* Prepares signals: all blocked, SIGCHLD to be waited for. */
int step_host_init(struct step_host *host, enum lane_mode mode, int socket, struct err *err);

/* Starts it and returns the pid of its first process, or 0 and an EXITED with stage and error. */
pid_t step_start(const struct step_host *host, const struct step_order *order,
	struct lane_report *ret_report);

/* Waits until its tree is dead and fills in the report; sends STARTED in between. */
void step_finish(const struct step_host *host, const struct lane_request *request, pid_t first,
	struct lane_report *report);

/* Ends everything that the lane ever started, then the lane. */
void step_abandon(const struct step_host *host) ATTR_NORETURN;

#endif
