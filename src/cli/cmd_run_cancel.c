#include "cli/call.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/statuses.h"

#include <stdio.h>
#include <time.h>

#define LOOK_MS 50

enum { REASON, NO_WAIT };

static const struct option_spec options[] = {
	[REASON] = {.name = "reason", .value = "TEXT", .help = "why; it is recorded"},
	[NO_WAIT] = {.name = "no-wait", .help = "ask, and do not wait until the run has ended"},
};

static const struct argument_spec arguments[] = {
	{.name = "RUN",
		.optional = true,
		.help = "the run; else the newest one",
		.completion = COMPLETE_RUN},
};

/* Fixes the run's full id, so that @last means the same run for as long as this waits. */
static int
find(struct lily_store *store, const char *address, char ret_id[LILY_RUN_ID_SIZE],
	struct lily_error *error)
{
	struct lily_document *document;
	int n = lily_run_describe(store, address, NULL, 0, &document, error);

	if (n < 0)
		return n;
	(void)snprintf(ret_id, LILY_RUN_ID_SIZE, "%s",
		field_text(lily_document_root(document), "run_id"));
	lily_document_free(document);
	return 0;
}

/* 1 while it is running, 0 once it has ended or is interrupted, < 0. */
static int
is_running(struct lily_store *store, const char *id, struct lily_error *error)
{
	struct lily_document *document;
	int n = lily_run_describe(store, id, NULL, 0, &document, error);

	if (n < 0)
		return n;
	n = field_is(lily_document_root(document), "status", "running");
	lily_document_free(document);
	return n;
}

static int
cancel(const struct call *call, struct lily_store *store, struct lily_error *error)
{
	static const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
	char id[LILY_RUN_ID_SIZE];
	int n = find(store, call_argument(call, 0), id, error);

	if (n >= 0)
		n = lily_run_cancel(store, id, call_text(call, REASON), error);
	while (n >= 0 && !call_has(call, NO_WAIT) && (n = is_running(store, id, error)) > 0)
		(void)nanosleep(&pause, NULL);
	if (n < 0)
		return n;
	call_say(call,
		call_has(call, NO_WAIT) ? "run %.*s is being cancelled"
					: "run %.*s is cancelled",
		RUN_SHORT, id);
	return 0;
}

static int
run(struct call *call)
{
	struct lily_error error = {0};
	struct lily_store *store;
	int status = place_open(call, 0, &store);

	if (status != 0)
		return status;
	if (cancel(call, store, &error) < 0)
		status = call_fail(call, &error);
	lily_store_close(store);
	return status;
}

static const struct example examples[] = {
	{"lily cancel", "cancel the newest run"},
	{"lily cancel 0199a7b2 --reason 'wrong input'", "cancel that run, and say why"},
};

const struct command cmd_run_cancel = {
	.name = "run cancel",
	.stands_alone = true,
	.summary = "Cancel a run",
	.description =
		"Asks the process that drives the run to end it: running steps get TERM, "
		"then KILL, and nothing new starts. Where nobody drives it, it is ended "
		"here. A cancelled run cannot be resumed.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
