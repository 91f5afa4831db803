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
	return reply_say(call, LILY_VERDICT_ACCEPT, NULL);
}

static const struct example examples[] = {
	{"lily approve publish --reason 'read it'",
		"step publish of the newest run may go on, and the run does"},
	{"lily approve 0199a7b2/publish --request 3f9c01",
		"only if that is still what is asked"},
};

const struct command cmd_approve = {
	.name = "approve",
	.summary = "Say yes to what a step asks",
	.description =
		"What is asked is shown first, with the digests of everything that the yes is "
		"bound to: where any of that is another by the time the step starts, it is "
		"asked again. Of what a step made, the yes is for exactly that; of a failure "
		"that a rule puts to a person, it says `continue`. Who said it, when, how and "
		"why is recorded. Then the run goes on. It cannot be said from inside a step.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_driving,
	.function = run,
};
