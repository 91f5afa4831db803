#include "cli/call.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/statuses.h"
#include "cli/table.h"

enum { STEP, NAME, REJECTED, ALL, LIMIT };

static const struct option_spec options[] = {
	[STEP] = {.name = "step",
		.value = "STEP",
		.help = "only what this step made",
		.completion = COMPLETE_RUN_STEP},
	[NAME] = {.name = "name", .value = "NAME", .help = "only those with this name"},
	[REJECTED] = {.name = "rejected", .help = "also what was not accepted"},
	[ALL] = {.name = "all", .letter = 'a', .help = "of every run"},
	[LIMIT] = {.name = "limit", .letter = 'l', .value = "N", .help = "at most N"},
};

static const struct argument_spec arguments[] = {
	{.name = "RUN",
		.optional = true,
		.help = "the run; else the newest one",
		.completion = COMPLETE_RUN},
};

static void
add_artifact(struct table *table, const struct lily_value *artifact)
{
	AUTO_TEXT struct text cell = TEXT_INIT;

	field_add_artifact(&cell, field_text(artifact, "artifact_id"));
	table_take(table, PAINT_NONE, &cell);
	table_add(table, PAINT_NONE, field_text(artifact, "role"));
	table_add(table, PAINT_NONE, field_text(artifact, "storage_kind"));
	text_add_size(&cell, (uint64_t)field_integer(artifact, "size", 0));
	table_take(table, PAINT_NONE, &cell);
	text_format(&cell, "%.12s", field_text(artifact, "sha256"));
	table_take(table, PAINT_DIM, &cell);
	table_add(table, PAINT_NONE, field_text(artifact, "producer_id"));
	table_add(table, PAINT_BOLD, field_text(artifact, "name"));
}

static void
print(const struct call *call, const struct lily_value *list)
{
	static const char *const headings[] = {
		"ARTIFACT", "ROLE", "KIND", "SIZE", "SHA256", "PRODUCER", "NAME"};
	static const bool right[] = {false, false, false, true, false, false, false};
	AUTO_TEXT struct text text = TEXT_INIT;
	struct table table;

	if (lily_value_count(list) == 0) {
		call_say(call, "no artifacts");
		return;
	}
	table_init(&table, headings, right, COUNT(headings));
	for (size_t i = 0; i < lily_value_count(list); i++)
		add_artifact(&table, lily_value_at(list, i));
	table_print(&table, &call->out, &text);
	table_done(&table);
	place_print(&text);
}

static int
list(const struct call *call, struct lily_store *store, uint64_t limit)
{
	const char *address = call_argument(call, 0);
	struct lily_artifact_filter filter = {
		.run = address ? address : "@last",
		.step = call_text(call, STEP),
		.name = call_text(call, NAME),
		.with_rejected = call_has(call, REJECTED),
		.limit = limit,
	};
	struct lily_document *document;
	struct lily_error error = {0};

	if (call_has(call, ALL))
		filter.run = NULL;
	if (lily_artifact_list(store, &filter, &document, &error) < 0)
		return call_fail(call, &error);
	if (call_wants_json(call))
		call_print_json(lily_document_root(document));
	else
		print(call, lily_document_root(document));
	lily_document_free(document);
	return STATUS_DONE;
}

static int
run(struct call *call)
{
	struct lily_store *store;
	uint64_t limit = 0;
	int status;

	if (call_number(call, LIMIT, 1, UINT32_MAX, &limit) < 0)
		return STATUS_USAGE;
	if (call_has(call, ALL) && call_argument(call, 0))
		return call_usage(
			call, "--all means every run; leave out %s", call_argument(call, 0));
	status = place_open(call, LILY_STORE_READ_ONLY, &store);
	if (status != 0)
		return status;
	status = list(call, store, limit);
	lily_store_close(store);
	return status;
}

static const struct example examples[] = {
	{"lily artifact list", "what the newest run took in and made"},
	{"lily artifact list 0199a7b2 --step test --json",
		"what one step made, as ArtifactRefs"},
};

const struct command cmd_artifact_list = {
	.name = "artifact list",
	.summary = "List artifacts",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
