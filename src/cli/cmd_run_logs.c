#include "cli/call.h"
#include "cli/logs.h"
#include "cli/place.h"
#include "cli/statuses.h"
#include "cli/target.h"

#include <stdlib.h>
#include <string.h>

enum { FOLLOW, STEP, ATTEMPT, TAIL, STREAM, VALIDATORS, GATES, NOTIFY, RAW };

static const struct option_spec options[] = {
	[FOLLOW] = {.name = "follow", .letter = 'f', .help = "go on while it is written"},
	[STEP] = {.name = "step",
		.value = "STEP",
		.help = "of this step (as RUN/STEP)",
		.completion = COMPLETE_RUN_STEP},
	[ATTEMPT] = {.name = "attempt",
		.value = "N",
		.help = "of the attempt with this number in its run (as @N); else the newest "
			"of "
			"a step"},
	[TAIL] = {.name = "tail",
		.letter = 'n',
		.value = "N",
		.help = "only the last N lines of each log"},
	[STREAM] = {.name = "stream",
		.value = "NAME",
		.choices = "stdout stderr",
		.help = "only what was written to this one"},
	[VALIDATORS] = {.name = "validators",
		.help = "what the validators wrote that judged the outputs of the attempt"},
	[GATES] = {.name = "gates", .help = "what the gates of the step printed about it"},
	[NOTIFY] = {.name = "notify",
		.help = "only what the program of `notify` wrote, of a whole run"},
	[RAW] = {.name = "raw", .help = "bytes as they were written, also to a terminal"},
};

static const struct argument_spec arguments[] = {
	{.name = "RUN[/STEP]",
		.optional = true,
		.help = "the run or step; else the newest run",
		.completion = COMPLETE_RUN_STEP},
};

static int
read_target(const struct call *call, struct target *target)
{
	const char *step = call_text(call, STEP);
	uint64_t attempt = 0;

	if (!target_parse(target, call_argument(call, 0)))
		return call_usage(
			call, "%s names no attempt: @N takes a number", call_argument(call, 0));
	if (step && target->step)
		return call_usage(call, "two steps are named: %s and %s", target->step, step);
	if (step)
		target->step = strdup(step);
	if (call_number(call, ATTEMPT, 1, 999999999, &attempt) < 0)
		return STATUS_USAGE;
	if (attempt > 0)
		target->attempt = (uint32_t)attempt;
	return 0;
}

static int
run(struct call *call)
{
	struct logs_options logs = {.follow = call_has(call, FOLLOW),
		.validators = call_has(call, VALIDATORS),
		.gates = call_has(call, GATES),
		.notify = call_has(call, NOTIFY),
		.raw = call_has(call, RAW)};
	const char *stream = call_text(call, STREAM);
	struct target target;
	struct lily_error error = {0};
	struct lily_store *store;
	int status;

	if (call_number(call, TAIL, 0, 100000000, &logs.tail) < 0)
		return STATUS_USAGE;
	logs.has_tail = call_has(call, TAIL);
	if (stream)
		logs.stream = strcmp(stream, "stdout") == 0 ? 1 : 2;
	if ((logs.validators || logs.gates) && logs.follow)
		return call_usage(call,
			"what validators and gates wrote is there when the attempt has ended: "
			"leave --follow out");
	if (logs.validators && logs.gates)
		return call_usage(call, "either --validators or --gates");
	status = read_target(call, &target);
	if (status == 0 && logs.notify &&
		(logs.follow || logs.validators || logs.gates || target.step ||
			target.attempt)) {
		target_done(&target);
		return call_usage(call,
			"--notify is about a whole run that came to its end: leave --follow, "
			"--validators and steps out");
	}
	if (status == 0)
		status = place_open(call, LILY_STORE_READ_ONLY, &store);
	if (status == 0) {
		if (target_find_step(&target, store, &error) < 0 ||
			logs_print(call, store, &target, &logs, &error) < 0)
			status = call_fail(call, &error);
		lily_store_close(store);
	}
	target_done(&target);
	return status;
}

static const struct example examples[] = {
	{"lily logs", "what the newest run's steps wrote, each line behind its step's name"},
	{"lily logs test", "one step of the newest run"},
	{"lily logs 0199a7b2/test -f", "a step of that run, while it writes"},
	{"lily logs test --validators", "what judged the outputs of that step wrote"},
	{"lily logs test --gates", "what its gates printed"},
	{"lily logs --notify", "what `notify` wrote about the newest run"},
	{"lily logs @7 --tail 50", "the end of what attempt 7 wrote"},
};

const struct command cmd_run_logs = {
	.name = "run logs",
	.stands_alone = true,
	.summary = "Print what steps wrote to standard output and error",
	.description =
		"In the order in which it was captured, both streams together. Of a whole run "
		"every "
		"attempt's log is printed, each line behind the name of its step. On a "
		"terminal "
		"control characters are shown as \\x1b and the like; elsewhere bytes are "
		"unchanged. What the validators of schemas write is kept beside the log of "
		"the attempt whose outputs they judge, in a log of its own each; it is shown "
		"with --validators, each line behind OUTPUT.validator-N; what its gates print "
		"with --gates, "
		"behind GATE.log. What the program of "
		"`notify` wrote comes last, behind notify (EVENT). With --json one "
		"object a line: step, attempt, stream, time, text; "
		"or "
		"gap, the number of bytes that were not kept; validator, of such a log; notify "
		"(what it told of) instead of step and attempt.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
