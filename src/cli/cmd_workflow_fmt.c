#include "cli/call.h"
#include "cli/output.h"
#include "cli/source.h"
#include "cli/statuses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHECK, WRITE };

static const struct option_spec options[] = {
	[CHECK] = {.name = "check",
		.help = "print the names of files that would change, and end with 3 if there "
			"are"},
	[WRITE] = {.name = "write", .letter = 'w', .help = "change the files themselves"},
};

static const struct argument_spec arguments[] = {
	{.name = "FILE",
		.optional = true,
		.repeats = true,
		.help = "the workflows; may be left out where the folder has one *.lily.yaml",
		.completion = COMPLETE_WORKFLOW},
};

/* Whether the file has exactly these bytes. */
static bool
is_same(const char *path, const char *bytes, size_t n)
{
	FILE *file = fopen(path, "re");
	char block[65536];
	size_t at = 0;
	size_t got;
	bool same = file != NULL;

	while (same && (got = fread(block, 1, sizeof(block), file)) > 0) {
		same = got <= n - at && memcmp(bytes + at, block, got) == 0;
		at += got;
	}
	if (file)
		(void)fclose(file);
	return same && at == n;
}

static int
write_formatted(const struct call *call, const char *path, const char *formatted)
{
	size_t n = strlen(formatted);

	if (!call_has(call, CHECK) && !call_has(call, WRITE))
		return output_write(call, NULL, formatted, n);
	if (is_same(path, formatted, n))
		return STATUS_DONE;
	(void)puts(path);
	if (call_has(call, CHECK))
		return STATUS_INVALID;
	return output_write(call, path, formatted, n);
}

static int
format(const struct call *call, const char *path)
{
	struct lily_workflow *workflow;
	struct lily_error error = {0};
	char *formatted = NULL;
	char *found = NULL;
	int status = source_open(call, path, &workflow, &found);

	if (status != 0)
		return status;
	if (lily_workflow_format(workflow, &formatted, &error) < 0)
		status = call_fail(call, &error);
	else
		status = write_formatted(call, found, formatted);
	lily_free(formatted);
	lily_workflow_close(workflow);
	free(found);
	return status;
}

static int
run(struct call *call)
{
	if (call_has(call, CHECK) && call_has(call, WRITE))
		return call_usage(call, "--check changes nothing; leave out --write");
	return source_each(call, format);
}

static const struct example examples[] = {
	{"lily fmt", "print the workflow in standard layout"},
	{"lily fmt -w *.lily.yaml", "rewrite the files"},
	{"lily fmt --check *.lily.yaml", "for continuous integration"},
};

const struct command cmd_workflow_fmt = {
	.name = "workflow fmt",
	.stands_alone = true,
	.summary = "Bring workflow files into standard layout",
	.description =
		"Changes layout only: the values are the same afterwards and comments stay "
		"where they are. Files are replaced in one step.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
