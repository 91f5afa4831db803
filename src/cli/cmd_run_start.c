#include "cli/call.h"
#include "cli/drive.h"
#include "cli/errand.h"
#include "cli/follow.h"
#include "cli/statuses.h"

enum { RUN = ERRAND_COUNT, PARALLEL, FAIL_FAST, FRESH, KEEP, QUIET, NO_WAIT };

static const struct option_spec options[] = {
	ERRAND_OPTIONS,
	[RUN] = {.name = "run",
		.letter = 'r',
		.value = "RUN",
		.help = "the run that `lily run new` made (must be given)",
		.completion = COMPLETE_RUN},
	[PARALLEL] = {.name = "parallel",
		.letter = 'j',
		.value = "N",
		.help = "run at most N steps at a time"},
	[FAIL_FAST] = {.name = "fail-fast",
		.help = "start nothing new after the first failure"},
	[FRESH] = {.name = "fresh",
		.help = "run every step, also where an earlier result could be used again"},
	[KEEP] = KEEP_OPTION,
	[QUIET] = {.name = "quiet", .letter = 'q', .help = "tell of failures only"},
	[NO_WAIT] = {.name = "no-wait",
		.help = "where another process drives it, refuse instead of following it; end "
			"where only a person can say how it goes on"},
};

static const struct argument_spec arguments[] = {
	{.name = "FILE", .help = "the workflow", .completion = COMPLETE_WORKFLOW},
	{.name = "STEP",
		.optional = true,
		.repeats = true,
		.help = "only these steps, and what they need",
		.completion = COMPLETE_STEP},
};

struct asked {
	struct errand errand;
	uint64_t parallel;
};

static int
start(const struct call *call, struct lily_store *store, struct signals *signals, void *context)
{
	const struct asked *asked = context;
	struct lily_run_options run_options = {
		.file = asked->errand.file,
		.arguments = asked->errand.arguments,
		.run = call_text(call, RUN),
		.parallel = (unsigned)asked->parallel,
		.fail_fast = call_has(call, FAIL_FAST),
		.quiet = call_has(call, QUIET) && !call_wants_json(call),
		.fresh = call_has(call, FRESH),
		.keep = call_has(call, KEEP),
		.waits_for_people = drive_waits(call) && !call_has(call, NO_WAIT),
	};
	struct drive_options drive_options = {
		.verb = "started", .name = asked->errand.file, .quiet = call_has(call, QUIET)};
	char existing[LILY_RUN_ID_SIZE];
	struct lily_error error = {0};
	struct lily_run *run;

	if (lily_run_start(store, &run_options, &run, existing, &error) < 0)
		return error.code == LILY_ERROR_DENIED && !call_has(call, NO_WAIT)
			? follow_other(call, store, run_options.run, &error, signals)
			: call_fail(call, &error);
	return drive_run(call, store, run, signals, &drive_options);
}

static int
run(struct call *call)
{
	struct asked asked = {0};
	int status;

	if (call_number(call, PARALLEL, 1, 4096, &asked.parallel) < 0)
		return STATUS_USAGE;
	if (!call_text(call, RUN))
		return call_usage(
			call, "which run? --run RUN names one that `lily run new` made");
	status = errand_init(&asked.errand, call);
	if (status == 0)
		status = drive_in_store(call, start, &asked);
	errand_done(&asked.errand);
	return status;
}

static const struct example examples[] = {
	{"run=$(lily run new --work-order order.json)", "make a run and keep its id"},
	{"lily run start build.lily.yaml --run $run", "run a workflow in it"},
};

const struct command cmd_run_start = {
	.name = "run start",
	.stands_alone = true,
	.summary = "Run a workflow in a run that `run new` made",
	.description =
		"Like `lily run FILE`, in a run that has its identity, its work order and "
		"perhaps artifacts already.\n"
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
