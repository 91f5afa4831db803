#include "cli/call.h"
#include "cli/errand.h"
#include "cli/plan.h"
#include "cli/statuses.h"

static const struct option_spec options[] = {
	ERRAND_OPTIONS,
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
run(struct call *call)
{
	struct errand errand;
	int status = errand_init(&errand, call);

	if (status == 0)
		status = plan_show(call, &errand, 0);
	errand_done(&errand);
	return status;
}

static const struct example examples[] = {
	{"lily plan", "what `lily run` would do"},
	{"lily plan build.lily.yaml test -p target=arm64 --json", "as a plan.v1 document"},
};

const struct command cmd_workflow_plan = {
	.name = "workflow plan",
	.stands_alone = true,
	.summary = "Show what a run would do, and do nothing",
	.description =
		"Like `lily run -n`: reads, checks and plans with these parameters and "
		"inputs, and shows the steps in their order. With --json the plan that a "
		"run would execute.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
