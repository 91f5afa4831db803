#include "cli/call.h"
#include "cli/contents.h"
#include "cli/field.h"
#include "cli/output.h"
#include "cli/source.h"
#include "cli/statuses.h"
#include "cli/text.h"

#include <stdio.h>
#include <string.h>

#define SCHEMA_MAX ((size_t)64 << 20)

enum { OUTPUT, FILE_OPTION };

static const struct option_spec options[] = {
	[OUTPUT] = {.name = "output",
		.letter = 'o',
		.value = "PATH",
		.help = "write to this file instead of standard output",
		.completion = COMPLETE_FILE},
	[FILE_OPTION] = {.name = "file",
		.letter = 'f',
		.value = "FILE",
		.help = "one that this workflow file declares",
		.completion = COMPLETE_WORKFLOW},
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
copy(const struct call *call, const char *path)
{
	AUTO_TEXT struct text bytes = TEXT_INIT;
	int status = contents_read(call, path, SCHEMA_MAX, &bytes);

	return status
		? status
		: output_write(call, call_text(call, OUTPUT), text_string(&bytes), bytes.size);
}

/* The file of a schema as it is now; it was checked a moment ago. */
static int
show_own(const struct call *call, const char *name)
{
	struct lily_workflow *workflow;
	struct lily_error error = {0};
	struct lily_document *document = NULL;
	struct slip slip = {.word = name};
	int status = source_open(call, call_text(call, FILE_OPTION), &workflow, NULL);

	if (status != 0)
		return status;
	if (lily_workflow_schemas(workflow, &document, &error) < 0) {
		lily_workflow_close(workflow);
		return source_fail(call, &error);
	}
	status = -1;
	for (size_t i = 0; status < 0 && i < lily_value_count(lily_document_root(document));
		i++) {
		const struct lily_value *schema =
			lily_value_at(lily_document_root(document), i);

		slip_try(&slip, field_text(schema, "id"));
		if (field_is(schema, "id", name))
			status = copy(call, field_text(schema, "file"));
	}
	if (status < 0) {
		status = STATUS_INVALID;
		call_complain(
			call, "%s declares no schema %s", call_text(call, FILE_OPTION), name);
		if (slip.best)
			call_hint(call, "did you mean %s?", slip.best);
	}
	lily_document_free(document);
	lily_workflow_close(workflow);
	return status;
}

static int
run(struct call *call)
{
	const char *name = call_argument(call, 0);
	struct lily_error error = {0};
	const char *text;
	int status;

	if (call_has(call, FILE_OPTION))
		return show_own(call, name);
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
	{"lily schema show review.v1 --file flow.lily.yaml", "one that this file declares"},
};

const struct command cmd_schema_show = {
	.name = "schema show",
	.summary = "Print a schema: part of lily, or of a workflow file",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
