#include "cli/call.h"
#include "cli/field.h"
#include "cli/mistake.h"
#include "cli/place.h"
#include "cli/source.h"
#include "cli/statuses.h"

#include <stdlib.h>
#include <string.h>

static const struct argument_spec arguments[] = {
	{.name = "FILE",
		.optional = true,
		.repeats = true,
		.help = "the workflows; may be left out where the folder has one *.lily.yaml",
		.completion = COMPLETE_WORKFLOW},
};

static void
add_verdict(struct text *text, const struct term *term, const char *path, uint64_t errors)
{
	struct term_sign sign = term_sign(term, errors > 0 ? "failed" : "succeeded");

	text_format(text, "%s%s%s ", term_on(term, sign.paint), sign.sign, term_off(term));
	text_add_safe(text, path, strlen(path), TEXT_LINE);
	text_add_string(text, ": ");
	if (errors > 0)
		text_add_plural(text, errors, "error");
}

static void
print(const struct call *call, const struct lily_value *description, const char *path)
{
	AUTO_TEXT struct text text = TEXT_INIT;
	uint64_t errors = source_findings(&text, &call->out, description);
	int64_t warnings = field_integer(description, "warnings", 0);

	add_verdict(&text, &call->out, path, errors);
	if (errors == 0)
		text_add_plural(
			&text, (uint64_t)field_integer(description, "steps", 0), "step");
	if (warnings > 0) {
		text_add_string(&text, ", ");
		text_add_plural(&text, (uint64_t)warnings, "warning");
	}
	text_add_char(&text, '\n');
	place_print(&text);
}

/* What is no YAML has no description, and one error, which ended the reading. */
static void
print_unreadable(const struct call *call, const char *path, const char *shown)
{
	AUTO_TEXT struct text text = TEXT_INIT;

	if (call_wants_json(call)) {
		text_add_string(&text,
			"{\"name\":\"\",\"steps\":0,\"errors\":1,\"warnings\":0,"
			"\"params\":[],\"inputs\":[],\"step_names\":[],"
			"\"findings\":[{\"level\":\"error\",\"file\":");
		text_add_json(&text, path, strlen(path));
		text_add_char(&text, ',');
		mistake_add(&text, path, shown);
		text_add_string(&text, ",\"text\":");
		text_add_json(&text, shown, strlen(shown));
		text_add_string(&text, "}]}\n");
	} else {
		text_format(&text, "%serror:%s ", term_on(&call->out, PAINT_RED),
			term_off(&call->out));
		text_add_safe(&text, shown, strlen(shown), TEXT_LINES);
		text_add_char(&text, '\n');
		add_verdict(&text, &call->out, path, 1);
		text_add_char(&text, '\n');
	}
	place_print(&text);
}

static int
describe(const struct call *call, const struct lily_workflow *workflow, const char *path)
{
	struct lily_document *document;
	struct lily_error error = {0};
	const struct lily_value *description;
	int status = STATUS_DONE;

	if (lily_workflow_describe(workflow, &document, &error) < 0)
		return call_fail(call, &error);
	description = lily_document_root(document);
	if (call_wants_json(call))
		call_print_json(description);
	else
		print(call, description, path);
	if (field_integer(description, "errors", 0) > 0)
		status = STATUS_INVALID;
	lily_document_free(document);
	return status;
}

static int
check(const struct call *call, const char *named)
{
	struct lily_workflow *workflow;
	struct lily_error error = {0};
	char *path = NULL;
	int status = source_choose(call, named, &path);

	if (status != 0)
		return status;
	if (lily_workflow_open(path, &workflow, &error) >= 0) {
		status = describe(call, workflow, path);
		lily_workflow_close(workflow);
	} else if (mistake_has_place(&error, path)) {
		print_unreadable(call, path, error.message);
		status = STATUS_INVALID;
	} else {
		status = source_fail(call, &error);
	}
	free(path);
	return status;
}

static int
run(struct call *call)
{
	return source_each(call, check);
}

static const struct example examples[] = {
	{"lily check", "the one workflow of this folder"},
	{"lily check *.lily.yaml --json", "one JSON object for each file"},
};

const struct command cmd_workflow_check = {
	.name = "workflow check",
	.stands_alone = true,
	.summary = "Check workflow files",
	.description =
		"Reports every error of a file, with its place, the line, and what to do. "
		"Nothing is run and nothing is stored. Ends with 3 where there are errors. "
		"What a file can say is in the man page lily-workflow(5).",
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
