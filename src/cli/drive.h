/*
 * drive: doing a run to its end while people watch: events, signals, progress, last words.
 */
#ifndef LILY_CLI_DRIVE_H
#define LILY_CLI_DRIVE_H

#include "cli/call.h"
#include "cli/signals.h"

/* The option of commands that drive a run, and what their descriptions say of it. */
#define KEEP_OPTION                                                                          \
	{                                                                                    \
		.name = "keep",                                                              \
		.help = "keep the folders of all attempts as they leave them, to be looked " \
			"at; rm -rf removes them"                                            \
	}
#define KEEP_DESCRIPTION                                                                    \
	"With --keep the folders that each attempt is given (in, out, home, tmp) stay as "  \
	"it left them, in runs/RUN/attempts/N of the store. The last words about a "        \
	"failure, `lily show` and `lily logs` say where that is. A step may have left "     \
	"secrets in them. They take room until you remove them: rm -rf is all there is to " \
	"it, and no command of lily needs them."

struct drive_options {
	const char *verb; /* "run", "resumed": how the first line calls it */
	const char *name; /* what is run, for the first line; may be NULL */
	bool quiet;
};

/* Drives the run, says how it went, closes it; returns the exit status. signals were opened before
 * the run began, so that none is lost. */
int drive_run(const struct call *call, struct lily_store *store, struct lily_run *run,
	struct signals *signals, const struct drive_options *options);

/* Goes on with a run that nobody drives, to its end; the exit status. */
struct drive_on {
	bool quiet;
	bool fail_fast;
	bool keep;
};
int drive_on(const struct call *call, struct lily_store *store, const char *run_id,
	struct signals *signals, const struct drive_on *how);

/* Whether a run is to wait for people itself: there is one at the terminal. */
bool drive_waits(const struct call *call);

/* What a command that drives runs does in its store, with its signals caught before the run begins; the
 * exit status, also where waiting for another run was given up (patience.h). */
typedef int drive_fn(const struct call *call, struct lily_store *store, struct signals *signals,
	void *context);
int drive_in_store(struct call *call, drive_fn *function, void *context);

/* Says how a run went that has ended (after driving, or because it had ended before). */
int drive_report(const struct call *call, struct lily_store *store, const char *run_id);

#endif
