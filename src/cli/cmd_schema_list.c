#include "cli/call.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/statuses.h"
#include "cli/table.h"

static void
print(const struct call *call, const struct lily_value *list)
{
	static const char *const headings[] = {"ID", "TITLE"};
	static const bool right[] = {false, false};
	AUTO_TEXT struct text text = TEXT_INIT;
	struct table table;

	table_init(&table, headings, right, COUNT(headings));
	for (size_t i = 0; i < lily_value_count(list); i++) {
		const struct lily_value *schema = lily_value_at(list, i);

		table_add(&table, PAINT_BOLD, field_text(schema, "id"));
		table_add(&table, PAINT_NONE, field_text(schema, "title"));
	}
	table_print(&table, &call->out, &text);
	table_done(&table);
	place_print(&text);
}

static int
run(struct call *call)
{
	struct lily_document *document;
	struct lily_error error = {0};

	if (lily_schemas_list(&document, &error) < 0)
		return call_fail(call, &error);
	if (call_wants_json(call))
		call_print_json(lily_document_root(document));
	else
		print(call, lily_document_root(document));
	lily_document_free(document);
	return STATUS_DONE;
}

static const struct example examples[] = {
	{"lily schema list",
		"of what lily writes and prints, of the workflow file, of the drafts"},
};

const struct command cmd_schema_list = {
	.name = "schema list",
	.summary = "List the schemas that are part of lily",
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
