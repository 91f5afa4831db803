#include "cli/call.h"
#include "cli/place.h"
#include "cli/statuses.h"

#include <stdio.h>

static int
run(struct call *call)
{
	struct lily_store_options options = {
		.store = call_global(call, GLOBAL_STORE), .flags = LILY_STORE_EXACT};
	struct lily_document *document;
	struct lily_error error = {0};
	struct lily_store *store;
	int status = STATUS_DONE;

	if (lily_store_open(&options, &store, &error) < 0)
		return call_fail(call, &error);
	if (lily_store_mark(store, &error) < 0 ||
		(call_wants_json(call) && lily_store_describe(store, &document, &error) < 0)) {
		status = call_fail(call, &error);
	} else if (call_wants_json(call)) {
		call_print_json(lily_document_root(document));
		lily_document_free(document);
	} else {
		(void)printf("workspace  %s\nstore      %s\n", lily_store_workspace(store),
			lily_store_path(store));
		if (options.store)
			call_hint(call, "other commands use that store with --store too");
	}
	lily_store_close(store);
	return status;
}

static const struct example examples[] = {
	{"lily init", "make this folder a workspace of its own"},
	{"lily -C ~/projects/import init", "that one"},
};

const struct command cmd_init = {
	.name = "init",
	.summary = "Make this folder the root of a workspace, and its store",
	.description = "Steps run in the root of the workspace: the nearest parent folder that "
		       "has a .lily, "
		       "else the current one. init writes that .lily, one line for people, and "
		       "makes the "
		       "store, which lies outside the workspace. Nothing else is added. Doing "
		       "it again "
		       "is fine; a workspace that was never marked works as well.",
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
