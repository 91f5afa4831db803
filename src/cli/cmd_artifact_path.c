#include "cli/call.h"
#include "cli/place.h"
#include "cli/statuses.h"

#include <stdio.h>
#include <string.h>

static const struct argument_spec arguments[] = {
	{.name = "ARTIFACT",
		.help = "RUN:N, [RUN/]STEP.OUT or sha256:HEX",
		.completion = COMPLETE_ARTIFACT},
};

static int
run(struct call *call)
{
	struct lily_error error = {0};
	struct lily_store *store;
	char *path = NULL;
	int status = place_open(call, 0, &store);

	if (status != 0)
		return status;
	if (lily_artifact_path(store, call_argument(call, 0), &path, &error) < 0) {
		status = call_fail(call, &error);
	} else if (call_wants_json(call)) {
		AUTO_TEXT struct text line = TEXT_INIT;

		text_add_string(&line, "{\"path\":");
		text_add_json(&line, path, strlen(path));
		text_add_string(&line, "}\n");
		place_print(&line);
	} else {
		(void)puts(path);
	}
	lily_free(path);
	lily_store_close(store);
	return status;
}

static const struct example examples[] = {
	{"python3 -m json.tool $(lily artifact path report.figures)", "read it where it lies"},
};

const struct command cmd_artifact_path = {
	.name = "artifact path",
	.summary = "Print the path of a read-only file with an artifact's bytes",
	.description =
		"The file lies in the store and must not be changed. Not for directories: "
		"`lily artifact get` copies those.",
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
