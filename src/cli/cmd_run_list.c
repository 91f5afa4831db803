#include "cli/call.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/statuses.h"
#include "cli/table.h"

#include <string.h>

#define LIMIT_DEFAULT 20

enum { LIMIT, ALL };

static const struct option_spec options[] = {
	[LIMIT] = {.name = "limit",
		.letter = 'l',
		.value = "N",
		.help = "show at most N runs (20 where not given)"},
	[ALL] = {.name = "all", .letter = 'a', .help = "show every run"},
};

/* As many characters of ids as tell the listed runs apart. */
static size_t
id_length(const struct lily_value *runs)
{
	size_t length = RUN_SHORT;

	for (size_t i = 1; i < lily_value_count(runs); i++) {
		const char *a = field_text(lily_value_at(runs, i - 1), "run_id");
		const char *b = field_text(lily_value_at(runs, i), "run_id");

		while (length < LILY_RUN_ID_SIZE - 1 && strncmp(a, b, length) == 0)
			length++;
	}
	return length;
}

static void
add_run(struct table *table, const struct call *call, const struct lily_value *run,
	size_t length)
{
	const char *status = field_text(run, "status");
	const char *id = field_text(run, "run_id");
	const struct lily_value *steps = lily_value_get(run, "steps");
	struct term_sign sign = term_sign(&call->out, status);
	AUTO_TEXT struct text cell = TEXT_INIT;

	text_add(&cell, id, strnlen(id, length));
	table_take(table, PAINT_NONE, &cell);
	text_format(&cell, "%s %s", sign.sign, status);
	table_take(table, sign.paint, &cell);
	if (field_integer(steps, "total", 0) > 0) {
		long long done = field_integer(steps, "succeeded", 0);

		done += field_integer(steps, "adopted", 0);
		text_format(
			&cell, "%lld/%lld", done, (long long)field_integer(steps, "total", 0));
	}
	table_take(table, PAINT_NONE, &cell);
	text_add_local_time(&cell, field_time(run, "created_at"));
	table_take(table, PAINT_DIM, &cell);
	if (field_has(run, "duration_us"))
		text_add_duration(&cell, field_integer(run, "duration_us", 0));
	table_take(table, PAINT_NONE, &cell);
	field_add(&cell, run, "workflow");
	if (field_has(run, "parent")) {
		text_format(&cell, "  (%s of ", field_text(run, "kind"));
		field_add_run(&cell, field_text(run, "parent"));
		text_add_char(&cell, ')');
	}
	table_take(table, PAINT_BOLD, &cell);
}

static void
print(const struct call *call, const struct lily_value *document)
{
	static const char *const headings[] = {
		"RUN", "STATUS", "STEPS", "CREATED", "TOOK", "WORKFLOW"};
	static const bool right[] = {false, false, true, false, true, false};
	const struct lily_value *runs = lily_value_get(document, "runs");
	AUTO_TEXT struct text text = TEXT_INIT;
	size_t length = id_length(runs);
	struct table table;

	if (lily_value_count(runs) == 0) {
		call_say(call, "no runs yet; `lily run FILE` makes one");
		return;
	}
	table_init(&table, headings, right, COUNT(headings));
	for (size_t i = 0; i < lily_value_count(runs); i++)
		add_run(&table, call, lily_value_at(runs, i), length);
	table_print(&table, &call->out, &text);
	table_done(&table);
	place_print(&text);
	if (lily_value_boolean(lily_value_get(document, "more"), 0))
		call_say(call, "older runs are not shown; --all shows every run");
}

static int
run(struct call *call)
{
	struct lily_document *document;
	struct lily_error error = {0};
	struct lily_store *store;
	uint64_t limit = LIMIT_DEFAULT;
	int status;

	if (call_number(call, LIMIT, 1, UINT32_MAX, &limit) < 0)
		return STATUS_USAGE;
	if (call_has(call, ALL))
		limit = UINT32_MAX;
	status = place_open(call, LILY_STORE_READ_ONLY, &store);
	if (status != 0)
		return status;
	if (lily_run_list(store, 0, limit, &document, &error) < 0) {
		status = call_fail(call, &error);
	} else {
		if (call_wants_json(call))
			call_print_json(lily_document_root(document));
		else
			print(call, lily_document_root(document));
		lily_document_free(document);
	}
	lily_store_close(store);
	return status;
}

static const struct example examples[] = {
	{"lily list", "the newest runs of this workspace"},
	{"lily list --json | jq -r '.runs[] | select(.status == \"failed\") | .run_id'",
		"ids of failed runs"},
};

const struct command cmd_run_list = {
	.name = "run list",
	.stands_alone = true,
	.summary = "List runs, the newest first",
	.description =
		"A run is created, running, succeeded, failed or cancelled, or interrupted: "
		"it has not ended and nobody drives it, so that `lily resume` goes on.",
	.options = options,
	.n_options = COUNT(options),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
