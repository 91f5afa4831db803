#include "cli/call.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/statuses.h"

#include <stdio.h>

enum { RUN };

static const struct option_spec options[] = {
	[RUN] = {.name = "run",
		.letter = 'r',
		.value = "RUN",
		.help = "every artifact of this run; else of the newest one",
		.completion = COMPLETE_RUN},
};

static const struct argument_spec arguments[] = {
	{.name = "ARTIFACT",
		.optional = true,
		.help = "only this one: RUN:N, [RUN/]STEP.OUT or sha256:HEX",
		.completion = COMPLETE_ARTIFACT},
};

static void
print(const struct call *call, const struct lily_value *result)
{
	const struct lily_value *damaged = lily_value_get(result, "damaged");
	AUTO_TEXT struct text text = TEXT_INIT;

	for (size_t i = 0; i < lily_value_count(damaged); i++) {
		const struct lily_value *item = lily_value_at(damaged, i);

		field_add(&text, item, "artifact_id");
		text_add_string(&text, ": ");
		field_add(&text, item, "problem");
		text_add_char(&text, '\n');
	}
	text_add_plural(&text, (uint64_t)field_integer(result, "checked", 0), "artifact");
	text_add_string(&text, " checked, ");
	text_add_size(&text, (uint64_t)field_integer(result, "bytes", 0));
	if (lily_value_count(damaged) > 0)
		text_format(&text, "; %s%zu damaged%s\n", term_on(&call->out, PAINT_RED),
			lily_value_count(damaged), term_off(&call->out));
	else
		text_add_string(&text, "; all are what was stored\n");
	place_print(&text);
}

static int
run(struct call *call)
{
	const char *address = call_argument(call, 0);
	const char *of_run = call_text(call, RUN);
	struct lily_document *document;
	struct lily_error error = {0};
	struct lily_store *store;
	int status;

	if (address && of_run)
		return call_usage(call, "name a run or an artifact, not both");
	status = place_open(call, LILY_STORE_READ_ONLY, &store);
	if (status != 0)
		return status;
	if (lily_artifact_verify(store, of_run, address, &document, &error) < 0) {
		status = call_fail(call, &error);
	} else {
		const struct lily_value *result = lily_document_root(document);

		if (call_wants_json(call))
			call_print_json(result);
		else
			print(call, result);
		if (lily_value_count(lily_value_get(result, "damaged")) > 0)
			status = STATUS_SYSTEM;
		lily_document_free(document);
	}
	lily_store_close(store);
	return status;
}

static const struct example examples[] = {
	{"lily artifact verify", "every artifact of the newest run"},
	{"lily artifact verify report.pdf", "one of them"},
};

const struct command cmd_artifact_verify = {
	.name = "artifact verify",
	.summary = "Read artifacts and compare their SHA-256",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
