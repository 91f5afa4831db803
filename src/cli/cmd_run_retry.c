#include "cli/call.h"
#include "cli/drive.h"
#include "cli/errand.h"
#include "cli/field.h"
#include "cli/follow.h"
#include "cli/heap.h"
#include "cli/place.h"
#include "cli/statuses.h"
#include "cli/table.h"
#include "cli/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_OF_IT = ERRAND_COUNT, PARALLEL, FAIL_FAST, KEEP, QUIET, PLAN_ONLY, NO_WAIT };

static const struct option_spec options[] = {
	ERRAND_OPTIONS,
	[FILE_OF_IT] = {.name = "file",
		.letter = 'f',
		.value = "FILE",
		.help = "run this file instead of the run's plan, and keep what it leaves as "
			"it was",
		.completion = COMPLETE_WORKFLOW},
	[PARALLEL] = {.name = "parallel",
		.letter = 'j',
		.value = "N",
		.help = "run at most N steps at a time"},
	[FAIL_FAST] = {.name = "fail-fast",
		.help = "start nothing new after the first failure"},
	[KEEP] = KEEP_OPTION,
	[QUIET] = {.name = "quiet", .letter = 'q', .help = "tell of failures only"},
	[PLAN_ONLY] = {.name = "dry-run",
		.letter = 'n',
		.help = "show what would be kept and what would run, and why"},
	[NO_WAIT] = {.name = "no-wait",
		.help = "where another process drives the run, do not wait for its end"},
};

static const struct argument_spec arguments[] = {
	{.name = "RUN",
		.optional = true,
		.help = "the run; else the newest one",
		.completion = COMPLETE_RUN},
	{.name = "STEP",
		.optional = true,
		.repeats = true,
		.help = "run these again, and what needs them, whatever became of them",
		.completion = COMPLETE_STEP},
};

/* What was asked for. */
struct wish {
	struct target target; /* of the first word */
	struct errand errand;
	const char **steps; /* heap */
	struct lily_retry_options how;
};

static void
wish_done(struct wish *wish)
{
	target_done(&wish->target);
	errand_done(&wish->errand);
	free(wish->steps);
}

/* The first word may be a run, a run with a step, or the first of the steps. */
static int
read_words(struct wish *wish, const struct call *call)
{
	const char *first = call_argument(call, 0);

	if (!target_parse(&wish->target, first) || wish->target.attempt)
		return call_usage(call, "\"%s\" names neither a run nor a step", first);
	wish->steps = heap_new(call->n_arguments + 1, sizeof(*wish->steps));
	if (wish->target.step)
		wish->steps[wish->how.n_steps++] = wish->target.step;
	for (size_t i = 1; i < call->n_arguments; i++)
		wish->steps[wish->how.n_steps++] = call->arguments[i];
	wish->how.steps = wish->steps;
	return 0;
}

static int
read_wish(struct wish *wish, const struct call *call)
{
	uint64_t parallel = 0;
	int status;

	*wish = (struct wish){.how = {.file = call_text(call, FILE_OF_IT),
				      .fail_fast = call_has(call, FAIL_FAST),
				      .keep = call_has(call, KEEP)}};
	if (call_number(call, PARALLEL, 1, 4096, &parallel) < 0)
		return STATUS_USAGE;
	wish->how.parallel = (unsigned)parallel;
	if (!wish->how.file &&
		(call_count(call, ERRAND_PARAM) || call_count(call, ERRAND_INPUT) ||
			call_text(call, ERRAND_PARAMS_FILE)))
		return call_usage(call,
			"a retry without --file runs the plan as it is: --param, --params and "
			"--input go with --file");
	status = read_words(wish, call);
	if (status == 0)
		status = errand_read_values(&wish->errand, call);
	wish->how.arguments = wish->errand.arguments;
	return status;
}

/* "failed", "argv, env", "needs build": why a step runs. */
static void
add_reason(struct text *text, const struct lily_value *step)
{
	if (field_is(step, "action", "keep")) {
		text_add_string(text, "done by ");
		field_add_run(text, field_text(step, "run_id"));
		text_format(text, "@%lld", (long long)field_integer(step, "attempt", 0));
		return;
	}
	if (field_has(step, "needs")) {
		text_add_string(text, "needs ");
		field_add(text, step, "needs");
		return;
	}
	field_add(text, step, "reason");
	if (field_has(step, "what")) {
		text_add_string(text, ": ");
		field_add(text, step, "what");
	}
	if (lily_value_boolean(lily_value_get(step, "keeps_items"), 0))
		text_add_string(text, "; items that were done are kept");
}

static void
print_plan(const struct call *call, const struct lily_value *plan)
{
	const struct lily_value *steps = lily_value_get(plan, "steps");
	AUTO_TEXT struct text text = TEXT_INIT;
	AUTO_TEXT struct text cell = TEXT_INIT;
	struct table table;

	text_add_string(&text, "run ");
	field_add_run(&text, field_text(plan, "run_id"));
	text_format(&text, "%s: %lld kept, %lld to run\n",
		lily_value_boolean(lily_value_get(plan, "in_place"), 0)
			? " goes on"
			: " is done again by a new one",
		(long long)field_integer(plan, "kept", 0),
		(long long)field_integer(plan, "runs", 0));
	table_init(&table, NULL, NULL, 3);
	for (size_t i = 0; i < lily_value_count(steps); i++) {
		const struct lily_value *step = lily_value_at(steps, i);
		bool keep = field_is(step, "action", "keep");

		table_add(&table, keep ? PAINT_DIM : PAINT_BOLD, field_text(step, "action"));
		table_add(&table, PAINT_NONE, field_text(step, "step"));
		add_reason(&cell, step);
		table_take(&table, PAINT_DIM, &cell);
	}
	table_print(&table, &call->out, &text);
	table_done(&table);
	place_print(&text);
}

static int
show_plan(const struct call *call, struct lily_store *store, const struct wish *wish)
{
	struct lily_document *document;
	struct lily_error error = {0};

	if (lily_run_retry_plan(store, wish->target.run, &wish->how, &document, &error) < 0)
		return call_fail(call, &error);
	if (call_wants_json(call))
		call_print_json(lily_document_root(document));
	else
		print_plan(call, lily_document_root(document));
	lily_document_free(document);
	return STATUS_DONE;
}

static int
retry(const struct call *call, struct lily_store *store, const struct wish *wish,
	struct signals *signals)
{
	struct drive_options drive_options = {
		.verb = "retried", .name = wish->how.file, .quiet = call_has(call, QUIET)};
	char elsewhere[LILY_RUN_ID_SIZE];
	struct lily_error error = {0};
	struct lily_run *run;
	int n = lily_run_retry(store, wish->target.run, &wish->how, &run, elsewhere, &error);

	if (n < 0)
		return call_fail(call, &error);
	if (n == 0)
		return drive_run(call, store, run, signals, &drive_options);
	if (!call_wants_json(call))
		call_say(call, "run %.*s is driven by another process, which does it again",
			RUN_SHORT, elsewhere);
	return call_has(call, NO_WAIT) ? STATUS_DONE
				       : follow_to_end(call, store, elsewhere, signals);
}

static int
act(const struct call *call, struct lily_store *store, struct signals *signals, void *context)
{
	return call_has(call, PLAN_ONLY) ? show_plan(call, store, context)
					 : retry(call, store, context, signals);
}

static int
run(struct call *call)
{
	struct wish wish;
	int status = read_wish(&wish, call);

	if (status == 0)
		status = drive_in_store(call, act, &wish);
	wish_done(&wish);
	return status;
}

static const struct example examples[] = {
	{"lily retry", "what failed in the newest run"},
	{"lily retry 0199a7b2 test", "test, and all that needs it, once more"},
	{"lily retry @last/build/debian", "that item of build, and what needs it"},
	{"lily retry --file fix.lily.yaml -n", "what an edited file would keep, and why"},
};

const struct command cmd_run_retry = {
	.name = "run retry",
	.stands_alone = true,
	.summary = "Do again what failed in a run",
	.description =
		"A run that has not ended goes on with what failed and what that kept from "
		"running: here, or where it is driven, and then this follows it to its end. "
		"Names choose among what failed: a step, a foreach with its items that failed, "
		"or one item (RUN/STEP/ITEM). What failed in a foreach or a sub-workflow that "
		"succeeded all the same stays as it is.\n"
		"\n"
		"Of a run that has ended a new run is made, linked to it, which adopts every "
		"step that succeeded with its outputs and does the rest. Steps that are named "
		"run again whatever became of them, with all that needs them. Of a foreach "
		"that "
		"runs because items failed, or were named (RUN/STEP/ITEM), the others are "
		"kept; one that is named itself runs as a whole.\n"
		"\n"
		"With --file the new run executes that file. It keeps every success whose step "
		"is as it was: command, environment, inputs, outputs and what it needs; its "
		"timeout and retries do not count. Files of the workspace that a step took in "
		"must be unchanged. Params and inputs that the run was given count on.\n"
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
