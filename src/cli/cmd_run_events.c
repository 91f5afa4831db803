#include "cli/call.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/statuses.h"
#include "cli/target.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOK_MS 50

enum { FOLLOW, AFTER, ALL };

static const struct option_spec options[] = {
	[FOLLOW] = {.name = "follow",
		.letter = 'f',
		.help = "go on with new events until the run ends (with --all: for ever)"},
	[AFTER] = {.name = "after", .value = "ID", .help = "only events with a larger id"},
	[ALL] = {.name = "all", .letter = 'a', .help = "events of every run"},
};

static const struct argument_spec arguments[] = {
	{.name = "RUN",
		.optional = true,
		.help = "the run; else the newest one",
		.completion = COMPLETE_RUN},
};

static void
print_json(const struct lily_event *event)
{
	AUTO_TEXT struct text line = TEXT_INIT;

	text_format(&line,
		"{\"id\":%" PRId64 ",\"run_id\":\"%s\",\"seq\":%" PRIu64
		",\"type\":\"%s\",\"time\":\"",
		event->id, event->run_id, event->seq, event->type);
	text_add_time(&line, event->time_us);
	text_format(&line, "\",\"hash\":\"%s\",\"payload\":", event->hash);
	if (event->payload_size > 0)
		text_add(&line, event->payload, event->payload_size);
	else
		text_add_string(&line, "null");
	text_add_string(&line, "}\n");
	place_print(&line);
}

/* "12  14:05:09  attempt.accepted   {…}": the payload as it is, made safe. */
static void
print_line(const struct call *call, const struct lily_event *event)
{
	AUTO_TEXT struct text line = TEXT_INIT;
	AUTO_TEXT struct text time = TEXT_INIT;

	text_add_local_time(&time, event->time_us);
	text_format(&line, "%6" PRId64 "  %s%s%s  ", event->id, term_on(&call->out, PAINT_DIM),
		text_string(&time), term_off(&call->out));
	if (call_has(call, ALL)) {
		field_add_run(&line, event->run_id);
		text_add_string(&line, "  ");
	}
	text_format(&line, "%s%-19s%s  ", term_on(&call->out, PAINT_BOLD), event->type,
		term_off(&call->out));
	text_add_safe(&line, event->payload, event->payload_size, TEXT_LINE);
	text_add_char(&line, '\n');
	place_print(&line);
}

/* Whether a run that is followed can still get events. */
static int
may_go_on(struct lily_store *store, const char *run, struct lily_error *error)
{
	struct lily_document *document;
	int n = lily_run_describe(store, run, NULL, 0, &document, error);

	if (n < 0)
		return n;
	n = field_is(lily_document_root(document), "status", "running") ||
		field_is(lily_document_root(document), "status", "created");
	lily_document_free(document);
	return n;
}

static int
print_events(const struct call *call, struct lily_events *events, struct lily_error *error)
{
	struct lily_event event;
	int n = 0;

	while (!ferror(stdout) && (n = lily_events_next(events, &event, error)) > 0) {
		if (call_wants_json(call))
			print_json(&event);
		else
			print_line(call, &event);
	}
	(void)fflush(stdout);
	return ferror(stdout) ? 0 : n;
}

static int
read_events(const struct call *call, struct lily_store *store, const char *run,
	struct lily_error *error)
{
	static const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
	struct lily_events *events;
	uint64_t after = 0;
	int n;

	(void)call_number(call, AFTER, 0, INT64_MAX / 10, &after);
	n = lily_events_open(store, run, (int64_t)after, &events, error);
	if (n < 0)
		return n;
	for (;;) {
		/* Asked before the events are read: what ends in between is read once more. */
		int more = call_has(call, FOLLOW);

		if (more && run)
			more = may_go_on(store, run, error);
		n = more < 0 ? more : print_events(call, events, error);
		if (n < 0 || !more || ferror(stdout))
			break;
		(void)nanosleep(&pause, NULL);
	}
	lily_events_close(events);
	return n;
}

static int
run(struct call *call)
{
	const char *address = call_argument(call, 0);
	struct lily_error error = {0};
	struct lily_store *store;
	uint64_t after;
	int status;

	if (call_number(call, AFTER, 0, INT64_MAX / 10, &after) < 0)
		return STATUS_USAGE;
	if (call_has(call, ALL) && address)
		return call_usage(call, "--all means every run; leave out %s", address);
	status = place_open(call, LILY_STORE_READ_ONLY, &store);
	if (status != 0)
		return status;
	if (!address)
		address = "@last";
	if (read_events(call, store, call_has(call, ALL) ? NULL : address, &error) < 0)
		status = call_fail(call, &error);
	lily_store_close(store);
	return status;
}

static const struct example examples[] = {
	{"lily events", "what happened in the newest run"},
	{"lily events -f --json", "one JSON object a line, while the run goes on"},
	{"lily events --all --after 1200 --json", "what is new in the store since event 1200"},
};

const struct command cmd_run_events = {
	.name = "run events",
	.stands_alone = true,
	.summary = "Print the events of a run",
	.description =
		"A run is a chain of events; all else is read from them. Their ids grow "
		"through the whole store and serve as a cursor; seq counts within the run.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
