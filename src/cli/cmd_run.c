#include "cli/call.h"
#include "cli/drive.h"
#include "cli/errand.h"
#include "cli/field.h"
#include "cli/follow.h"
#include "cli/plan.h"
#include "cli/statuses.h"

#include <string.h>

enum {
	WORK_ORDER = ERRAND_COUNT,
	KEY,
	PARALLEL,
	FAIL_FAST,
	FRESH,
	KEEP,
	QUIET,
	NO_WAIT,
	PLAN_ONLY
};

static const struct option_spec options[] = {
	ERRAND_OPTIONS,
	[WORK_ORDER] = {.name = "work-order",
		.value = "FILE",
		.help = "attach the file that says what is asked; steps read it as "
			"inputs.work_order",
		.completion = COMPLETE_FILE},
	[KEY] = {.name = "key",
		.value = "KEY",
		.help = "the same key means the same run: what has it already is gone on with, "
			"or only reported, instead of being run again"},
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
		.help = "at a terminal, too: end where only a person can say how it goes on"},
	[PLAN_ONLY] = {.name = "dry-run",
		.letter = 'n',
		.help = "show what would be done, and do nothing"},
};

static const struct argument_spec arguments[] = {
	{.name = "FILE",
		.optional = true,
		.help = "the workflow; may be left out where the folder has one *.lily.yaml",
		.completion = COMPLETE_WORKFLOW},
	{.name = "STEP",
		.optional = true,
		.repeats = true,
		.help = "only these steps, and what they need",
		.completion = COMPLETE_STEP},
};

static int
begin(const struct call *call, struct lily_store *store, const struct lily_run_options *how,
	struct signals *signals, char existing[LILY_RUN_ID_SIZE])
{
	struct drive_options drive_options = {
		.verb = "started", .name = how->file, .quiet = call_has(call, QUIET)};
	struct lily_error error = {0};
	struct lily_run *run;
	int n = lily_run_start(store, how, &run, existing, &error);

	if (n < 0)
		return call_fail(call, &error);
	return n > 0 ? -1 : drive_run(call, store, run, signals, &drive_options);
}

/* A key that a run has already: what it means for that run depends on how far it is. One that has
 * no plan yet (made by `run new`, or cut off as it began) is begun. */
static int
meet_existing(const struct call *call, struct lily_store *store,
	const struct lily_run_options *how, struct signals *signals, const char *run_id)
{
	struct lily_run_options in_it = *how;
	char again[LILY_RUN_ID_SIZE] = "";
	struct lily_document *document;
	struct lily_error error = {0};
	AUTO_TEXT struct text state = TEXT_INIT;

	if (lily_run_describe(store, run_id, NULL, 0, &document, &error) < 0)
		return call_fail(call, &error);
	field_add(&state, lily_document_root(document), "status");
	lily_document_free(document);
	if (!call_wants_json(call))
		call_say(call, "run %.*s has this key already: %s", RUN_SHORT, run_id,
			text_string(&state));
	if (strcmp(text_string(&state), "running") == 0)
		return follow_to_end(call, store, run_id, signals);
	if (strcmp(text_string(&state), "interrupted") == 0)
		return drive_on(call, store, run_id, signals,
			&(struct drive_on){.quiet = call_has(call, QUIET),
				.fail_fast = call_has(call, FAIL_FAST),
				.keep = call_has(call, KEEP)});
	if (strcmp(text_string(&state), "created") != 0)
		return drive_report(call, store, run_id);
	in_it.key = NULL;
	in_it.work_order = NULL;
	in_it.run = run_id;
	return begin(call, store, &in_it, signals, again);
}

struct asked {
	struct errand errand;
	uint64_t parallel;
};

static int
start(const struct call *call, struct lily_store *store, struct signals *signals, void *context)
{
	const struct asked *asked = context;
	struct lily_run_options options_of_run = {
		.file = asked->errand.file,
		.arguments = asked->errand.arguments,
		.work_order = call_text(call, WORK_ORDER),
		.key = call_text(call, KEY),
		.parallel = (unsigned)asked->parallel,
		.fail_fast = call_has(call, FAIL_FAST),
		.quiet = call_has(call, QUIET) && !call_wants_json(call),
		.fresh = call_has(call, FRESH),
		.keep = call_has(call, KEEP),
		.waits_for_people = drive_waits(call) && !call_has(call, NO_WAIT),
	};
	char existing[LILY_RUN_ID_SIZE] = "";
	int status = begin(call, store, &options_of_run, signals, existing);

	if (status < 0)
		status = meet_existing(call, store, &options_of_run, signals, existing);
	return status;
}

static int
run(struct call *call)
{
	struct asked asked = {0};
	int status;

	if (call_number(call, PARALLEL, 1, 4096, &asked.parallel) < 0)
		return STATUS_USAGE;
	status = errand_init(&asked.errand, call);
	if (status == 0)
		status = call_has(call, PLAN_ONLY)
			? plan_show(call, &asked.errand, call_has(call, FRESH))
			: drive_in_store(call, start, &asked);
	errand_done(&asked.errand);
	return status;
}

static const struct example examples[] = {
	{"lily run", "run the one workflow file of this folder"},
	{"lily run build.lily.yaml test -p target=arm64", "only `test` and what it needs"},
	{"lily run -n", "the plan: what would be done, in which order"},
	{"lily run nightly.lily.yaml --key $(date +%F)",
		"at most one run a day, gone on with "
		"if it was cut off"},
	{"lily run ./new", "a file that is called like a verb"},
};

const struct command cmd_run = {
	.name = "run",
	.summary = "Run a workflow",
	.description = "Reads and checks the workflow, and runs its steps, as many at a time "
		       "as it allows, "
		       "in the workspace: the nearest parent folder with a .lily, else the "
		       "current one. "
		       "Nothing is recorded where the file has errors.\n"
		       "\n"
		       "What was done is kept in the store as it happens. Whatever ends lily, "
		       "`lily resume` "
		       "goes on: steps that succeeded are not run again. Ctrl-C cancels the "
		       "run and ends "
		       "its steps; a second one kills them and leaves at once, and `lily "
		       "cancel` ends the run.\n"
		       "\n"
		       "After a failure steps that do not need the failed one still run. "
		       "Progress and last "
		       "words go to standard error, the outputs of the workflow to standard "
		       "output; with "
		       "--json standard output has one JSON object a line: run.started, what "
		       "happened to "
		       "each step, and run.ended with the description of the run.\n"
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
