#include "cli/call.h"
#include "cli/mistake.h"
#include "cli/schema.h"
#include "cli/statuses.h"

static const struct option_spec options[] = {SCHEMA_OPTIONS};

static const struct argument_spec arguments[] = {
	{.name = "FILE",
		.repeats = true,
		.help = "the schemas, JSON or YAML",
		.completion = COMPLETE_FILE},
};

/* An error may be about another file, which the schema refers to: that is this one's as well. */
static int
check(const struct call *call, struct lily_report *report, const char *path)
{
	struct schema_verdict verdict = {.as_json = call_wants_json(call), .values = 1};
	struct lily_error error = {0};
	struct lily_schemas *schemas;
	int status;
	int r;

	schemas = schema_collection(call, &status);
	if (!schemas)
		return status;
	r = lily_schemas_check_file(schemas, path, LILY_SCHEMA_DEEP, report, &error);
	verdict.invalid = r <= 0;
	if (r < 0 && !mistake_has_place(&error, path)) {
		status = schema_fail(call, &error);
	} else {
		if (r < 0)
			schema_add_mistake(call, &verdict, path, &error);
		else
			schema_add_report(call, &verdict, report);
		status = schema_print(call, &verdict, path, "a valid schema");
		if (r < 0)
			schema_hint(call, &error);
	}
	lily_schemas_free(schemas);
	return status;
}

static int
run(struct call *call)
{
	struct lily_report *report = lily_report_new();
	int status = STATUS_DONE;

	for (size_t i = 0; i < call->n_arguments; i++)
		status = status_worst(status, check(call, report, call->arguments[i]));
	lily_report_free(report);
	return status;
}

static const struct example examples[] = {
	{"lily schema check schemas/*.json", "every schema of a folder"},
	{"lily schema check order.schema.json --draft 7", "one that does not name its draft"},
};

const struct command cmd_schema_check = {
	.name = "schema check",
	.summary = "Check that files are JSON Schemas",
	.description =
		"Checks each file against the meta-schema of its draft, follows every "
		"reference, "
		"and compiles every part and pattern of it, used or not. Relative references "
		"are read from beside the file; nothing is fetched from a network.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
