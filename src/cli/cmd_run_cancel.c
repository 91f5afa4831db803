#include "cli/call.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/statuses.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LOOK_MS 50
#define STATUS_SIZE 32

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
read_status(struct lily_store *store, const char *id, char ret_status[STATUS_SIZE],
	struct lily_error *error)
{
	struct lily_document *document;
	int n = lily_run_describe(store, id, NULL, 0, &document, error);

	if (n < 0)
		return n;
	(void)snprintf(ret_status, STATUS_SIZE, "%s",
		field_text(lily_document_root(document), "status"));
	lily_document_free(document);
	return strcmp(ret_status, "running") == 0;
}

/* It may have come to its end before the wish was heard, or lost its process. */
static void
say_end(const struct call *call, const char *id, const char *status)
{
	if (strcmp(status, "cancelled") == 0)
		call_say(call, "run %.*s is cancelled", RUN_SHORT, id);
	else if (strcmp(status, "interrupted") == 0)
		call_say(call,
			"run %.*s lost its process before it could be cancelled; `lily cancel "
			"%.*s` ends it now",
			RUN_SHORT, id, RUN_SHORT, id);
	else
		call_say(call, "run %.*s has %s; there was nothing left to cancel", RUN_SHORT,
			id, status);
}

static int
cancel(const struct call *call, struct lily_store *store, struct lily_error *error)
{
	static const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
	char id[LILY_RUN_ID_SIZE];
	char status[STATUS_SIZE];
	int n = find(store, call_argument(call, 0), id, error);

	if (n >= 0)
		n = lily_run_cancel(store, id, call_text(call, REASON), error);
	if (n >= 0 && call_has(call, NO_WAIT))
		call_say(call, "run %.*s is being cancelled", RUN_SHORT, id);
	if (n < 0 || call_has(call, NO_WAIT))
		return n;
	while ((n = read_status(store, id, status, error)) > 0)
		(void)nanosleep(&pause, NULL);
	if (n == 0)
		say_end(call, id, status);
	return n;
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
