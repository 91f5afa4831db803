/*
 * drive: doing a run to its end while people watch: events, signals, progress, last words.
 */
#ifndef LILY_CLI_DRIVE_H
#define LILY_CLI_DRIVE_H

#include "cli/call.h"
#include "cli/signals.h"

struct drive_options {
	const char *verb; /* "run", "resumed": how the first line calls it */
	const char *name; /* what is run, for the first line; may be NULL */
	bool quiet;
};

/* Drives the run, says how it went, closes it; returns the exit status. signals were opened before
 * the run began, so that none is lost. */
int drive_run(const struct call *call, struct lily_store *store, struct lily_run *run,
	struct signals *signals, const struct drive_options *options);

/* What a command that drives runs does in its store, with its signals caught before the run begins; the
 * exit status, also where waiting for another run was given up (patience.h). */
typedef int drive_fn(const struct call *call, struct lily_store *store, struct signals *signals,
	void *context);
int drive_in_store(struct call *call, drive_fn *function, void *context);

/* Says how a run went that has ended (after driving, or because it had ended before). */
int drive_report(const struct call *call, struct lily_store *store, const char *run_id);

#endif
