#include "cli/call.h"
#include "cli/complete.h"
#include "cli/place.h"

static const struct argument_spec arguments[] = {
	{.name = "WORD", .optional = true, .repeats = true, .help = "the words behind lily"},
};

static int
run(struct call *call)
{
	AUTO_TEXT struct text answer = TEXT_INIT;

	complete_words(&answer, call->arguments, call->n_arguments);
	place_print(&answer);
	return STATUS_DONE;
}

const struct command cmd_complete = {
	.name = "__complete",
	.hidden = true,
	.takes_words = true,
	.summary = "What a shell may offer for the last word",
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.function = run,
};
