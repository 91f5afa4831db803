/* Following a run to its end in the manner of driving it: follow_to_end of follow.h. */
#include "cli/drive.h"
#include "cli/field.h"
#include "cli/follow.h"

#include <poll.h>

#define POLL_MS 100
#define LOOK_US 1000000 /* how often it is asked whether anybody drives the run still */

struct watching {
	const struct call *call;
	struct signals *signals;
	struct follow follow;
	struct progress progress;
	int64_t looked_us;
};

static int
take_events(struct watching *watching, struct lily_error *error)
{
	struct lily_run_event event;
	int n;

	while ((n = follow_next(&watching->follow, &event, error)) > 0)
		progress_event(&watching->progress, &event, &watching->follow.counts);
	if (progress_is_due(&watching->progress)) {
		struct progress_running running;

		follow_running(&watching->follow, &running);
		progress_show(&watching->progress, &running);
	}
	return n;
}

/* 1: go on, 0: the run has ended or nobody drives it, < 0. */
static int
is_alive(struct watching *watching, struct lily_error *error)
{
	int64_t now = progress_now_us();

	if (watching->follow.ended)
		return 0;
	if (now - watching->looked_us < LOOK_US)
		return 1;
	watching->looked_us = now;
	return follow_is_driven(&watching->follow, error);
}

static int
watch_loop(struct watching *watching, struct lily_error *error)
{
	int n;

	while ((n = take_events(watching, error)) >= 0 && (n = is_alive(watching, error)) > 0) {
		struct pollfd poll_fd = {.fd = watching->signals->fd, .events = POLLIN};

		(void)poll(&poll_fd, 1, POLL_MS);
		signals_read(watching->signals);
		if (watching->signals->stops > 0)
			return 1;
		if (watching->signals->suspend) {
			progress_hide(&watching->progress);
			signals_suspend(watching->signals);
		}
	}
	/* What was committed between the last look and the end. */
	return n < 0 ? n : take_events(watching, error);
}

static int
say_interrupted(const struct call *call, const char *run_id)
{
	call_complain(call, "run %.*s was interrupted: nobody drives it", RUN_SHORT, run_id);
	call_hint(call, "`lily resume %.*s` goes on with it", RUN_SHORT, run_id);
	return STATUS_SYSTEM;
}

int
follow_other(const struct call *call, struct lily_store *store, const char *address,
	const struct lily_error *error, struct signals *signals)
{
	if (!call_wants_json(call))
		call_say(call, "%s; following it", error->message);
	return follow_to_end(call, store, address, signals);
}

int
follow_to_end(const struct call *call, struct lily_store *store, const char *address,
	struct signals *signals)
{
	struct watching watching = {.call = call, .signals = signals};
	struct lily_error error = {0};
	int status;
	int n = follow_open(&watching.follow, store, address, 0, &error);

	if (n < 0)
		return call_fail(call, &error);
	progress_begin(&watching.progress, call, progress_choose(call, false),
		&watching.follow.counts);
	n = watch_loop(&watching, &error);
	progress_end(&watching.progress);
	if (n < 0) {
		status = call_fail(call, &error);
	} else if (n > 0) {
		call_say(call, "run %.*s goes on without being looked at", RUN_SHORT,
			watching.follow.run_id);
		status = STATUS_DONE;
	} else if (watching.follow.ended) {
		status = drive_report(call, store, watching.follow.run_id);
	} else {
		status = say_interrupted(call, watching.follow.run_id);
	}
	follow_close(&watching.follow);
	return status;
}
