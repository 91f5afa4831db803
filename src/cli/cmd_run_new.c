#include "cli/call.h"
#include "cli/place.h"
#include "cli/statuses.h"

#include <stdio.h>

enum { WORK_ORDER, KEY };

static const struct option_spec options[] = {
	[WORK_ORDER] = {.name = "work-order",
		.value = "FILE",
		.help = "attach the file that says what is asked",
		.completion = COMPLETE_FILE},
	[KEY] = {.name = "key", .value = "KEY", .help = "the same key gives the same run"},
};

static int
run(struct call *call)
{
	struct lily_error error = {0};
	char id[LILY_RUN_ID_SIZE];
	struct lily_store *store;
	int status = place_open(call, 0, &store);
	int n;

	if (status != 0)
		return status;
	n = lily_run_create(
		store, call_text(call, WORK_ORDER), call_text(call, KEY), id, &error);
	lily_store_close(store);
	if (n < 0)
		return call_fail(call, &error);
	if (call_wants_json(call))
		(void)printf(
			"{\"run_id\":\"%s\",\"existed\":%s}\n", id, n > 0 ? "true" : "false");
	else
		(void)puts(id);
	return STATUS_DONE;
}

static const struct example examples[] = {
	{"run=$(lily run new --work-order order.json)", "make a run and keep its id"},
	{"lily artifact put notes.md --run $run", "give it an artifact"},
	{"lily run finish $run", "end it, where no workflow is run in it"},
};

const struct command cmd_run_new = {
	.name = "run new",
	.stands_alone = true,
	.summary = "Make a run without starting anything, and print its id",
	.description =
		"The run has an identity, a manifest and, if given, a work order. A workflow "
		"is run in it by `lily run start`; or artifacts are put into it by "
		"`lily artifact put` and it is ended by `lily run finish`.",
	.options = options,
	.n_options = COUNT(options),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
