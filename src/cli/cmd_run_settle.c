#include "cli/call.h"
#include "cli/drive.h"
#include "cli/field.h"
#include "cli/follow.h"
#include "cli/statuses.h"
#include "cli/target.h"

#include <stdio.h>
#include <string.h>

enum { IS_DONE, NOT_DONE, REASON, NO_WAIT, QUIET };

static const struct option_spec options[] = {
	[IS_DONE] = {.name = "done", .help = "its effect has happened: it is not run again"},
	[NOT_DONE] = {.name = "not-done", .help = "it has not happened: the step is run"},
	[REASON] = {.name = "reason", .value = "TEXT", .help = "how you know; it is recorded"},
	[NO_WAIT] = {.name = "no-wait", .help = "say it, and do not go on with the run"},
	[QUIET] = {.name = "quiet", .letter = 'q', .help = "tell of failures only"},
};

static const struct argument_spec arguments[] = {
	{.name = "[RUN/]STEP",
		.help = "the step that is unknown; of the newest run, where none is named",
		.completion = COMPLETE_RUN_STEP},
};

/* The run's full id, and whether a process drives it. */
static int
find(struct lily_store *store, const char *address, char ret_id[LILY_RUN_ID_SIZE],
	bool *ret_driven, struct lily_error *error)
{
	struct lily_document *document;
	int n = lily_run_describe(store, address, NULL, 0, &document, error);

	if (n < 0)
		return n;
	(void)snprintf(ret_id, LILY_RUN_ID_SIZE, "%s",
		field_text(lily_document_root(document), "run_id"));
	*ret_driven =
		strcmp(field_text(lily_document_root(document), "status"), "running") == 0;
	lily_document_free(document);
	return 0;
}

static int
settle(const struct call *call, struct lily_store *store, struct signals *signals,
	void *context)
{
	const struct target *target = context;
	struct lily_error error = {0};
	char id[LILY_RUN_ID_SIZE];
	bool driven;
	int n = find(store, target->run, id, &driven, &error);

	if (n >= 0)
		n = lily_run_settle(store, id, target->step, call_has(call, IS_DONE),
			call_text(call, REASON), &error);
	if (n < 0)
		return call_fail(call, &error);
	call_say(call, "step %s of run %.*s: it is %s that it has happened", target->step,
		RUN_SHORT, id, call_has(call, IS_DONE) ? "recorded" : "recorded as not so");
	if (call_has(call, NO_WAIT))
		return 0;
	return driven ? follow_to_end(call, store, id, signals)
		      : drive_on(call, store, id, signals,
				&(struct drive_on){.quiet = call_has(call, QUIET)});
}

static int
run(struct call *call)
{
	struct target target;
	int status = 0;

	if (!target_parse(&target, call_argument(call, 0)) || !target.step)
		status = call_usage(call, "%s names no step: write STEP or RUN/STEP",
			call_argument(call, 0));
	else if (call_has(call, IS_DONE) == call_has(call, NOT_DONE))
		status = call_usage(call, "say --done or --not-done");
	if (status == 0)
		status = drive_in_store(call, settle, &target);
	target_done(&target);
	return status;
}

static const struct example examples[] = {
	{"lily settle push --done --reason 'it is on the server'",
		"step push of the newest run has done its work; the run goes on"},
	{"lily settle 0199a7b2/push --not-done", "it has not; it is run"},
};

const struct command cmd_run_settle = {
	.name = "run settle",
	.stands_alone = true,
	.summary = "Say whether the effect of a step has happened",
	.description = "A step whose effects are \"once\" is unknown when its attempt was cut "
		       "off, and its "
		       "probe, if it has one, could not tell what became of it. It is neither "
		       "run again "
		       "nor taken to have succeeded until somebody says what happened. Who "
		       "says it, and "
		       "why, is recorded. Then the run goes on.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_driving,
	.function = run,
};
