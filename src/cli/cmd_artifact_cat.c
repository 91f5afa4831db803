#include "cli/call.h"
#include "cli/output.h"
#include "cli/place.h"
#include "cli/statuses.h"

#include <unistd.h>

enum { RAW };

static const struct option_spec options[] = {
	[RAW] = {.name = "raw", .help = "bytes as they are, also to a terminal"},
};

static const struct argument_spec arguments[] = {
	{.name = "ARTIFACT",
		.repeats = true,
		.help = "RUN:N, [RUN/]STEP.OUT or sha256:HEX",
		.completion = COMPLETE_ARTIFACT},
};

static int
cat(const struct call *call, struct lily_store *store, const char *address)
{
	struct lily_error error = {0};
	int status;
	int fd;

	if (lily_artifact_open(store, address, &fd, &error) < 0)
		return call_fail(call, &error);
	status = output_copy(call, fd, address, call_has(call, RAW));
	(void)close(fd);
	return status;
}

static int
run(struct call *call)
{
	struct lily_store *store;
	int status = place_open(call, LILY_STORE_READ_ONLY, &store);

	if (status != 0)
		return status;
	for (size_t i = 0; status == 0 && i < call->n_arguments; i++)
		status = cat(call, store, call->arguments[i]);
	lily_store_close(store);
	return status;
}

static const struct example examples[] = {
	{"lily artifact cat report.text",
		"the output text of the step report in the newest run"},
	{"lily artifact cat 0199a7b2:4 | jq .", "an artifact by its id"},
};

const struct command cmd_artifact_cat = {
	.name = "artifact cat",
	.summary = "Print artifacts",
	.description =
		"On a terminal control characters are shown as \\x1b and the like; elsewhere "
		"bytes are unchanged. Of a directory its list of entries is printed.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
