#include "cli/call.h"
#include "cli/place.h"
#include "cli/statuses.h"

enum { STATUS };

static const struct option_spec options[] = {
	[STATUS] = {.name = "status",
		.value = "STATUS",
		.choices = "succeeded failed",
		.help = "how it ended (succeeded where not given)"},
};

static const struct argument_spec arguments[] = {
	{.name = "RUN",
		.optional = true,
		.help = "the run; else the newest one",
		.completion = COMPLETE_RUN},
};

static int
run(struct call *call)
{
	const char *ended = call_text(call, STATUS);
	struct lily_error error = {0};
	struct lily_store *store;
	int status = place_open(call, 0, &store);

	if (status != 0)
		return status;
	if (lily_run_finish(
		    store, call_argument(call, 0), ended ? ended : "succeeded", &error) < 0)
		status = call_fail(call, &error);
	lily_store_close(store);
	return status;
}

static const struct example examples[] = {
	{"lily run finish 0199a7b2 --status failed", "end that run as failed"},
};

const struct command cmd_run_finish = {
	.name = "run finish",
	.stands_alone = true,
	.summary = "End a run that `run new` made and that has no workflow",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
