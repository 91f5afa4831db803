#include "cli/call.h"
#include "cli/drive.h"
#include "cli/field.h"
#include "cli/follow.h"
#include "cli/statuses.h"

enum { PARALLEL, FAIL_FAST, KEEP, QUIET, NO_WAIT };

static const struct option_spec options[] = {
	[PARALLEL] = {.name = "parallel",
		.letter = 'j',
		.value = "N",
		.help = "run at most N steps at a time"},
	[FAIL_FAST] = {.name = "fail-fast",
		.help = "start nothing new after the first failure"},
	[KEEP] = KEEP_OPTION,
	[QUIET] = {.name = "quiet", .letter = 'q', .help = "tell of failures only"},
	[NO_WAIT] = {.name = "no-wait",
		.help = "where another process drives it, refuse instead of following it; end "
			"where only a person can say how it goes on"},
};

static const struct argument_spec arguments[] = {
	{.name = "RUN",
		.optional = true,
		.help = "the run; else the newest one that was interrupted",
		.completion = COMPLETE_RUN},
};

/* What can be done about a run that could not be resumed. */
static void
advise(const struct call *call, struct lily_store *store, const struct lily_error *error)
{
	struct lily_document *document;
	const struct lily_value *run;

	if (error->code == LILY_ERROR_DENIED)
		call_hint(call, "`lily watch` shows how it goes on");
	if (error->code != LILY_ERROR_INVALID || !call_argument(call, 0) ||
		lily_run_describe(store, call_argument(call, 0), NULL, 0, &document, NULL) < 0)
		return;
	run = lily_document_root(document);
	if (field_has(run, "ended_at") && field_has(run, "source")) {
		AUTO_TEXT struct text file = TEXT_INIT;

		field_add(&file, run, "source");
		if (!field_is(run, "status", "succeeded")) {
			call_hint(call, "`lily retry %.*s` does again what it did not do",
				RUN_SHORT, field_text(run, "run_id"));
		}
		call_hint(call, "`lily run %s` runs it again, from the beginning",
			text_string(&file));
	}
	lily_document_free(document);
}

static int
resume(const struct call *call, struct lily_store *store, struct signals *signals,
	void *context)
{
	const uint64_t *parallel = context;
	struct lily_resume_options resume_options = {.parallel = (unsigned)*parallel,
		.fail_fast = call_has(call, FAIL_FAST),
		.keep = call_has(call, KEEP),
		.waits_for_people = drive_waits(call) && !call_has(call, NO_WAIT)};
	struct drive_options drive_options = {
		.verb = "resumed", .quiet = call_has(call, QUIET)};
	struct lily_error error = {0};
	struct lily_run *run;

	if (lily_run_resume(store, call_argument(call, 0), &resume_options, &run, &error) >= 0)
		return drive_run(call, store, run, signals, &drive_options);
	if (error.code == LILY_ERROR_DENIED && !call_has(call, NO_WAIT))
		return follow_other(call, store, call_argument(call, 0), &error, signals);
	(void)call_fail(call, &error);
	advise(call, store, &error);
	return status_of_error(&error);
}

static int
run(struct call *call)
{
	uint64_t parallel = 0;

	if (call_number(call, PARALLEL, 1, 4096, &parallel) < 0)
		return STATUS_USAGE;
	return drive_in_store(call, resume, &parallel);
}

static const struct example examples[] = {
	{"lily resume", "go on with what was interrupted last"},
	{"lily resume 0199a7b2", "with that run"},
};

const struct command cmd_run_resume = {
	.name = "run resume",
	.stands_alone = true,
	.summary = "Go on with a run that was interrupted",
	.description =
		"Takes over a run whose lily was killed, lost power or was left behind: makes "
		"sure "
		"that none of its processes lives, runs what had begun again, and goes on. "
		"Steps "
		"that succeeded are kept. The run executes the plan it began with; editing the "
		"file does not change it. A run that has ended cannot be resumed: `lily retry` "
		"does again what failed in it.\n"
		"\n"
		"Only one process can drive a run. Where another one does already, this says "
		"which, follows the run to its end and ends with its status; --no-wait refuses "
		"instead.\n"
		"\n" KEEP_DESCRIPTION,
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_driving,
	.function = run,
};
