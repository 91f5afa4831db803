#include "cli/call.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/statuses.h"

enum { BYTES };

static const struct option_spec options[] = {
	[BYTES] = {.name = "bytes", .help = "also read every object and compare its SHA-256"},
};

static void
add_finding(struct text *text, const struct term *term, const struct lily_value *finding)
{
	struct term_sign sign = term_sign(term, "failed");

	text_format(text, "%s%s ", term_on(term, sign.paint), sign.sign);
	field_add(text, finding, "invariant");
	text_format(text, "%s  ", term_off(term));
	field_add(text, finding, "subject");
	text_add_string(text, ": ");
	field_add(text, finding, "problem");
	text_add_char(text, '\n');
	if (!field_has(finding, "advice") || field_is(finding, "advice", ""))
		return;
	text_add_string(text, "      ");
	field_add(text, finding, "advice");
	text_add_char(text, '\n');
}

static void
print(const struct call *call, const struct lily_value *result)
{
	static const char *const nouns[][2] = {{"runs", "run"}, {"events", "event"},
		{"objects", "object"}, {"artifacts", "artifact"}};
	const struct lily_value *findings = lily_value_get(result, "findings");
	struct term_sign sign = term_sign(&call->out, "succeeded");
	AUTO_TEXT struct text text = TEXT_INIT;

	for (size_t i = 0; i < lily_value_count(findings); i++)
		add_finding(&text, &call->out, lily_value_at(findings, i));
	if (lily_value_count(findings) == 0)
		text_format(&text, "%s%s%s sound: ", term_on(&call->out, sign.paint), sign.sign,
			term_off(&call->out));
	else
		text_format(&text, "%zu found wrong in: ", lily_value_count(findings));
	for (size_t i = 0; i < COUNT(nouns); i++) {
		text_add_string(&text, i > 0 ? ", " : "");
		text_add_plural(
			&text, (uint64_t)field_integer(result, nouns[i][0], 0), nouns[i][1]);
	}
	text_add_string(&text, call_has(call, BYTES) ? "; every byte read\n" : "\n");
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
	if (lily_store_check(store, call_has(call, BYTES) ? LILY_CHECK_BYTES : 0, &document,
		    &error) < 0) {
		status = call_fail(call, &error);
	} else {
		const struct lily_value *result = lily_document_root(document);

		if (call_wants_json(call))
			call_print_json(result);
		else
			print(call, result);
		if (!lily_value_boolean(lily_value_get(result, "ok"), 0))
			status = STATUS_SYSTEM;
		lily_document_free(document);
	}
	lily_store_close(store);
	return status;
}

static const struct example examples[] = {
	{"lily fsck --bytes", "check everything, down to the last byte"},
};

const struct command cmd_fsck = {
	.name = "fsck",
	.summary = "Check that the store is sound",
	.description =
		"Checks that every object is there and named by its bytes, that the events "
		"of every run are numbered and chained without gaps, and that all tables "
		"are what the events say. Reads only. Ends with 9 where something is wrong.",
	.options = options,
	.n_options = COUNT(options),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
