#include "cli/reply.h"
#include "cli/statuses.h"

static const struct option_spec options[] = {
	REPLY_OPTIONS,
};

static const struct argument_spec arguments[] = {
	{.name = "[RUN/]STEP",
		.help = "the step that asks; of the newest run, where none is named",
		.completion = COMPLETE_RUN_STEP},
};

static int
run(struct call *call)
{
	return reply_say(call, LILY_VERDICT_REJECT, NULL);
}

static const struct example examples[] = {
	{"lily reject publish --reason 'the figures are wrong'",
		"step publish of the newest run fails with class rejected"},
	{"lily reject 0199a7b2/publish --no-wait",
		"it is recorded; who drives the run takes it in"},
};

const struct command cmd_reject = {
	.name = "reject",
	.summary = "Say no to what a step asks",
	.description =
		"The step fails with class rejected and is not tried again; what needs it is "
		"blocked, and the run goes on with everything else. A failure that a rule puts "
		"to a person stands. Who said it, when, how and why is recorded.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_driving,
	.function = run,
};
