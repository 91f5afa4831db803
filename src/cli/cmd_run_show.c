#include "cli/call.h"
#include "cli/place.h"
#include "cli/show.h"
#include "cli/statuses.h"
#include "cli/target.h"

enum { STEPS, ITEMS };

static const struct option_spec options[] = {
	[STEPS] = {.name = "steps", .help = "list every step (with --json: step_list)"},
	[ITEMS] = {.name = "items",
		.help = "likewise, with every item of a foreach: on a terminal these are "
			"counted in its line"},
};

static const struct argument_spec arguments[] = {
	{.name = "RUN[/STEP]",
		.optional = true,
		.help = "the run or step; else the newest run",
		.completion = COMPLETE_RUN_STEP},
};

static int
show(const struct call *call, struct lily_store *store, const struct target *target,
	struct lily_error *error)
{
	struct lily_document *document;
	unsigned listed = (call_has(call, STEPS) ? SHOW_STEPS : 0) |
		(call_has(call, ITEMS) ? SHOW_ITEMS : 0);
	bool steps = listed || target->step || !call_wants_json(call);
	int n = lily_run_describe(store, target->run, target->step, steps ? LILY_SHOW_STEPS : 0,
		&document, error);

	if (n < 0)
		return n;
	if (call_wants_json(call))
		call_print_json(lily_document_root(document));
	else if (target->step)
		show_step(call, lily_document_root(document), target->attempt);
	else
		show_run(call, lily_document_root(document), listed);
	lily_document_free(document);
	return 0;
}

static int
run(struct call *call)
{
	struct target target;
	struct lily_error error = {0};
	struct lily_store *store;
	int status = STATUS_DONE;

	if (!target_parse(&target, call_argument(call, 0)))
		return call_usage(
			call, "%s names no attempt: @N takes a number", call_argument(call, 0));
	status = place_open(call, LILY_STORE_READ_ONLY, &store);
	if (status == 0) {
		if (target_find_step(&target, store, &error) < 0 ||
			show(call, store, &target, &error) < 0)
			status = call_fail(call, &error);
		lily_store_close(store);
	}
	target_done(&target);
	return status;
}

static const struct example examples[] = {
	{"lily show", "the newest run on one screen"},
	{"lily show 0199a7b2 --steps", "with all its steps"},
	{"lily show 0199a7b2 --items", "and with every item of its foreach steps"},
	{"lily show 0199a7b2/test", "one step: its attempts, what it took in and made"},
};

const struct command cmd_run_show = {
	.name = "run show",
	.stands_alone = true,
	.summary = "Show how a run went, failures first",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
