#include "cli/call.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/statuses.h"

#include <inttypes.h>

static void
print_figures(const struct lily_value *stats)
{
	AUTO_TEXT struct text text = TEXT_INIT;
	uint64_t entries = (uint64_t)field_integer(stats, "entries", 0);

	text_add_plural(&text, entries, "step");
	text_add_string(&text, " can be reused, with ");
	text_add_plural(&text, (uint64_t)field_integer(stats, "outputs", 0), "output");
	text_add_string(&text, " of ");
	text_add_size(&text, (uint64_t)field_integer(stats, "bytes", 0));
	if (entries) {
		text_add_string(&text, "; accepted between ");
		field_add(&text, stats, "oldest");
		text_add_string(&text, " and ");
		field_add(&text, stats, "newest");
	}
	text_add_char(&text, '\n');
	place_print(&text);
}

static int
run_stat(struct call *call)
{
	struct lily_document *document;
	struct lily_error error = {0};
	struct lily_store *store;
	int status = place_open(call, LILY_STORE_READ_ONLY, &store);

	if (status != 0)
		return status;
	if (lily_cache_describe(store, &document, &error) < 0) {
		status = call_fail(call, &error);
	} else {
		if (call_wants_json(call))
			call_print_json(lily_document_root(document));
		else
			print_figures(lily_document_root(document));
		lily_document_free(document);
	}
	lily_store_close(store);
	return status;
}

static int
run_clear(struct call *call)
{
	struct lily_error error = {0};
	struct lily_store *store;
	uint64_t n = 0;
	int status = place_open(call, 0, &store);

	if (status != 0)
		return status;
	if (lily_cache_clear(store, &n, &error) < 0)
		status = call_fail(call, &error);
	else
		call_say(call,
			"%" PRIu64 " steps were forgotten: each runs once more; what they "
			"made stays",
			n);
	lily_store_close(store);
	return status;
}

static const struct example stat_examples[] = {
	{"lily cache stat --json", "how much can be reused, as a document"},
};

const struct command cmd_cache_stat = {
	.name = "cache stat",
	.summary = "Show how much can be reused",
	.description =
		"Counts the content keys under which a step was accepted, and what it made.",
	.examples = stat_examples,
	.n_examples = COUNT(stat_examples),
	.statuses = statuses_of_reading,
	.function = run_stat,
};

static const struct example clear_examples[] = {
	{"lily cache clear", "have every step run once more"},
};

const struct command cmd_cache_clear = {
	.name = "cache clear",
	.summary = "Forget what could be reused",
	.description =
		"No step is reused from what was accepted until now. Runs, artifacts and their "
		"records stay as they are; that it was cleared is recorded.",
	.examples = clear_examples,
	.n_examples = COUNT(clear_examples),
	.statuses = statuses_of_reading,
	.function = run_clear,
};
