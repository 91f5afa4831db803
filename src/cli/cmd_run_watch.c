#include "cli/call.h"
#include "cli/follow.h"
#include "cli/place.h"
#include "cli/statuses.h"
#include "cli/watch.h"

static const struct argument_spec arguments[] = {
	{.name = "RUN",
		.optional = true,
		.help = "the run; else the newest one",
		.completion = COMPLETE_RUN},
};

static int
run(struct call *call)
{
	const char *address = call_argument(call, 0);
	struct lily_store *store;
	struct signals signals;
	int status;

	signals_open(&signals);
	status = place_open(call, LILY_STORE_READ_ONLY, &store);
	if (status == 0) {
		if (call->out.moves && !call_wants_json(call))
			status = watch_run(call, store, address, &signals);
		else
			status = follow_to_end(call, store, address, &signals);
		lily_store_close(store);
	}
	signals_close(&signals);
	return status;
}

static const struct example examples[] = {
	{"lily watch", "the newest run, as it goes on; q leaves"},
};

const struct command cmd_run_watch = {
	.name = "run watch",
	.stands_alone = true,
	.summary = "Watch a run that another process drives",
	.description =
		"Shows the steps and how they go on until the run ends; q or Ctrl-C leaves, "
		"and the run goes on. The items of a foreach stand in its line; i shows "
		"each, and folds them again. Without a terminal one line for each step that "
		"ended. "
		"Ends with the status of the run. Looking never changes a run.",
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_driving,
	.function = run,
};
