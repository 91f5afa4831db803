#include "cli/call.h"
#include "cli/errand.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/source.h"
#include "cli/statuses.h"
#include "cli/table.h"

#include <stdlib.h>

static const struct argument_spec arguments[] = {
	{.name = "FILE",
		.optional = true,
		.help = "a workflow file, whose schemas come first; else the one *.lily.yaml "
			"here, if "
			"there is one",
		.completion = COMPLETE_WORKFLOW},
};

static void
add_rows(struct table *table, const struct lily_value *list)
{
	for (size_t i = 0; i < lily_value_count(list); i++) {
		const struct lily_value *schema = lily_value_at(list, i);
		const char *file = field_text(schema, "file");
		AUTO_TEXT struct text digest = TEXT_INIT;

		table_add(table, PAINT_BOLD, field_text(schema, "id"));
		text_format(&digest, "%.12s", field_text(schema, "sha256"));
		table_take(table, PAINT_DIM, &digest);
		table_add(table, PAINT_NONE, field_has(schema, "file") ? file : "lily");
		table_add(table, PAINT_NONE, field_text(schema, "title"));
	}
}

static void
print(const struct call *call, const struct lily_value *own, const struct lily_value *builtin)
{
	static const char *const headings[] = {"ID", "SHA-256", "FROM", "TITLE"};
	static const bool right[] = {false, false, false, false};
	AUTO_TEXT struct text text = TEXT_INIT;
	struct table table;

	table_init(&table, headings, right, COUNT(headings));
	add_rows(&table, own);
	add_rows(&table, builtin);
	table_print(&table, &call->out, &text);
	table_done(&table);
	place_print(&text);
}

static void
add_json(struct text *text, const struct lily_value *list)
{
	for (size_t i = 0; i < lily_value_count(list); i++) {
		char *json = lily_value_to_json(lily_value_at(list, i), LILY_JSON_COMPACT);

		text_add_string(text, text->size > 1 ? "," : "");
		text_add_string(text, json);
		lily_free(json);
	}
}

/* Those of the file, or of the folder's one; *ret_own is NULL where there is none. Of a file that nobody
 * named what is wrong is only said. */
static int
read_own(const struct call *call, struct lily_document **ret_own)
{
	const char *path = call_argument(call, 0);
	struct lily_workflow *workflow;
	struct lily_error error = {0};
	char *found = NULL;
	size_t count = 0;
	int n;

	*ret_own = NULL;
	if (!path) {
		found = errand_find_file(&count);
		path = found;
	}
	if (!path)
		return 0;
	n = lily_workflow_open(path, &workflow, &error);
	if (n >= 0) {
		n = lily_workflow_schemas(workflow, ret_own, &error);
		lily_workflow_close(workflow);
	}
	if (n < 0 && found)
		call_warn(call, "the schemas of %s are left out: %s", found, error.message);
	free(found);
	return n < 0 && call_argument(call, 0) ? source_fail(call, &error) : 0;
}

static int
run(struct call *call)
{
	struct lily_document *own = NULL;
	struct lily_document *builtin;
	struct lily_error error = {0};
	const struct lily_value *list;
	int status = read_own(call, &own);

	if (status != 0)
		return status;
	list = own ? lily_document_root(own) : NULL;
	if (lily_schemas_list(&builtin, &error) < 0) {
		lily_document_free(own);
		return call_fail(call, &error);
	}
	if (call_wants_json(call)) {
		AUTO_TEXT struct text text = TEXT_INIT;

		text_add_char(&text, '[');
		add_json(&text, list);
		add_json(&text, lily_document_root(builtin));
		text_add_string(&text, "]\n");
		place_print(&text);
	} else {
		print(call, list, lily_document_root(builtin));
	}
	lily_document_free(builtin);
	lily_document_free(own);
	return STATUS_DONE;
}

static const struct example examples[] = {
	{"lily schema list",
		"of the workflow here, of what lily writes and prints, of the workflow file, "
		"of the "
		"drafts"},
	{"lily schema list flows/review.lily.yaml", "with those of that file"},
};

const struct command cmd_schema_list = {
	.name = "schema list",
	.summary = "List the schemas of a workflow file, and those that are part of lily",
	.description = "Of each its id, its digest, and where it is from. The digest is that "
		       "of what the id "
		       "means: where a schema refers to files beside it, of these together; "
		       "with --json "
		       "they are listed, too.",
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
