#include "cli/call.h"
#include "cli/output.h"
#include "cli/statuses.h"

#include <string.h>

enum { OUTPUT };

static const struct option_spec options[] = {
	[OUTPUT] = {.name = "output",
		.letter = 'o',
		.value = "PATH",
		.help = "write to this file instead of standard output",
		.completion = COMPLETE_FILE},
};

static const struct argument_spec arguments[] = {
	{.name = "SCHEMA",
		.help = "its id (`lily schema list`) or URI",
		.completion = COMPLETE_SCHEMA},
};

static void
suggest(const struct call *call, const char *name)
{
	struct lily_document *document;
	struct slip slip = {.word = name};
	const struct lily_value *list;

	if (lily_schemas_list(&document, NULL) < 0)
		return;
	list = lily_document_root(document);
	for (size_t i = 0; i < lily_value_count(list); i++)
		slip_try(&slip,
			lily_value_text(lily_value_get(lily_value_at(list, i), "id"), NULL));
	if (slip.best)
		call_hint(call, "did you mean %s?", slip.best);
	else
		call_hint(call, "`lily schema list` has them all");
	lily_document_free(document);
}

static int
run(struct call *call)
{
	const char *name = call_argument(call, 0);
	struct lily_error error = {0};
	const char *text;
	int status;

	if (lily_schemas_text(name, &text, &error) >= 0)
		return output_write(call, call_text(call, OUTPUT), text, strlen(text));
	status = call_fail(call, &error);
	suggest(call, name);
	return status;
}

static const struct example examples[] = {
	{"lily schema show workflow -o workflow.schema.json",
		"the schema of the workflow file, for an editor"},
	{"lily schema show run_event.v1", "what an event of a run is"},
};

const struct command cmd_schema_show = {
	.name = "schema show",
	.summary = "Print a schema that is part of lily",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
