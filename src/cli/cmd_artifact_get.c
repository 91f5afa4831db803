#include "cli/call.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/statuses.h"

#include <stdio.h>
#include <string.h>

enum { OUTPUT };

static const struct option_spec options[] = {
	[OUTPUT] = {.name = "output",
		.letter = 'o',
		.value = "PATH",
		.help = "where to; else its name, in this folder",
		.completion = COMPLETE_FILE},
};

static const struct argument_spec arguments[] = {
	{.name = "ARTIFACT",
		.help = "RUN:N, [RUN/]STEP.OUT or sha256:HEX",
		.completion = COMPLETE_ARTIFACT},
};

static int
get(const struct call *call, struct lily_store *store, struct lily_error *error)
{
	const char *address = call_argument(call, 0);
	const char *path = call_text(call, OUTPUT);
	struct lily_document *document;
	int n = lily_artifact_describe(store, address, &document, error);

	if (n < 0)
		return n;
	if (!path)
		path = field_text(lily_document_root(document), "name");
	n = lily_artifact_restore(store, address, path, error);
	if (n >= 0 && call_wants_json(call))
		call_print_json(lily_document_root(document));
	else if (n >= 0)
		(void)puts(path);
	lily_document_free(document);
	return n;
}

static int
run(struct call *call)
{
	struct lily_error error = {0};
	struct lily_store *store;
	int status = place_open(call, LILY_STORE_READ_ONLY, &store);

	if (status != 0)
		return status;
	if (get(call, store, &error) < 0)
		status = call_fail(call, &error);
	lily_store_close(store);
	return status;
}

static const struct example examples[] = {
	{"lily artifact get report.pdf -o /tmp/report.pdf",
		"the output pdf of the step report"},
	{"lily artifact get 0199a7b2/build.tree -o out", "a directory"},
};

const struct command cmd_artifact_get = {
	.name = "artifact get",
	.summary = "Write a copy of an artifact to a path",
	.description =
		"The path must not exist yet. Directories come as directories. The bytes "
		"are compared with their SHA-256 on the way.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
