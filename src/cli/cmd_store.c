#include "cli/call.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/statuses.h"

#include <stdio.h>

enum { PATH };

static const struct option_spec options[] = {
	[PATH] = {.name = "path", .help = "print the path of the store, and nothing else"},
};

static void
add_line(struct text *text, const struct term *term, const char *label)
{
	text_format(text, "%s%-10s%s ", term_on(term, PAINT_DIM), label, term_off(term));
}

static void
add_number(struct text *text, const struct term *term, const struct lily_value *value,
	const char *key)
{
	add_line(text, term, key);
	text_add_count(text, (uint64_t)field_integer(value, key, 0));
	text_add_char(text, '\n');
}

static void
print(const struct call *call, const struct lily_value *store)
{
	static const char *const numbers[] = {"runs", "events", "artifacts", "objects"};
	static const char *const sizes[] = {"database", "objects", "runs"};
	const struct lily_value *bytes = lily_value_get(store, "bytes");
	const struct term *term = &call->out;
	AUTO_TEXT struct text text = TEXT_INIT;

	add_line(&text, term, "store");
	field_add(&text, store, "path");
	text_add_char(&text, '\n');
	add_line(&text, term, "workspace");
	field_add(&text, store, "workspace");
	text_add_char(&text, '\n');
	for (size_t i = 0; i < COUNT(numbers); i++)
		add_number(&text, term, store, numbers[i]);
	add_line(&text, term, "on disk");
	for (size_t i = 0; i < COUNT(sizes); i++) {
		text_add_string(&text, i > 0 ? ", " : "");
		text_format(&text, "%s ", sizes[i]);
		text_add_size(&text, (uint64_t)field_integer(bytes, sizes[i], 0));
	}
	text_add_char(&text, '\n');
	place_print(&text);
}

static int
run(struct call *call)
{
	struct lily_document *document;
	struct lily_error error = {0};
	struct lily_store *store;
	int status = place_open(call, LILY_STORE_READ_ONLY, &store);

	if (status != 0)
		return status;
	if (call_has(call, PATH) && !call_wants_json(call)) {
		(void)puts(lily_store_path(store));
	} else if (lily_store_describe(store, &document, &error) < 0) {
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
	{"lily store", "where everything is kept, and how large it is"},
	{"sqlite3 -readonly $(lily store --path)/lily.db .tables", "look inside"},
};

const struct command cmd_store = {
	.name = "store",
	.summary = "Show where everything is kept, and how large it is",
	.description =
		"The store of a workspace lies in ${XDG_STATE_HOME:-~/.local/state}/lily, "
		"outside of what a step may write, and is found by the workspace's path "
		"and identity.",
	.options = options,
	.n_options = COUNT(options),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
