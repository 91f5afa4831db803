#include "cli/call.h"
#include "cli/mistake.h"
#include "cli/place.h"
#include "cli/schema.h"
#include "cli/source.h"
#include "cli/statuses.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCHEMA = SCHEMA_COUNT, OUTPUT, SYNTAX };

static const struct option_spec options[] = {
	SCHEMA_OPTIONS,
	[SCHEMA] = {.name = "schema",
		.letter = 's',
		.required = true,
		.value = "SCHEMA",
		.help = "the schema: a file of JSON or YAML, or the name or URI of one that "
			"lily has (`lily schema list`)",
		.completion = COMPLETE_FILE},
	[OUTPUT] = {.name = "output",
		.letter = 'o',
		.value = "FORMAT",
		.choices = "human flag basic detailed",
		.help = "human (else), or for each value a line of JSON in a format that JSON "
			"Schema defines"},
	[SYNTAX] = {.name = "syntax",
		.value = "SYNTAX",
		.choices = "json jsonl yaml",
		.help = "what the files are; else by their names: *.jsonl and *.ndjson have a "
			"value on each line, *.yaml and *.yml are YAML, all others JSON"},
};

static const struct argument_spec arguments[] = {
	{.name = "FILE",
		.repeats = true,
		.help = "what is to be checked; - is standard input",
		.completion = COMPLETE_FILE},
};

struct validation {
	const struct call *call;
	const struct lily_schema *schema;
	struct lily_report *report;
	bool is_human;
	enum lily_output output;
};

static void
choose_output(struct validation *v)
{
	const char *name = call_text(v->call, OUTPUT);

	v->is_human = !name || *name == 'h';
	v->output = v->is_human || *name == 'f' ? LILY_OUTPUT_FLAG
		: *name == 'b'                  ? LILY_OUTPUT_BASIC
						: LILY_OUTPUT_DETAILED;
}

static enum lily_syntax
choose_syntax(const struct call *call)
{
	const char *name = call_text(call, SYNTAX);

	if (!name)
		return LILY_SYNTAX_BY_NAME;
	if (*name == 'y')
		return LILY_SYNTAX_YAML;
	return strcmp(name, "jsonl") == 0 ? LILY_SYNTAX_JSON_LINES : LILY_SYNTAX_JSON;
}

/* What cannot be opened as a file: "<(…)", /dev/stdin. */
static bool
is_stream(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

/* --- the schema --- */

/* A file, else the name of one that lily has. A schema that is wrong says so by its meta-schema,
 * which knows better than the compiler what people mean. */
static int
open_schema(struct validation *v, struct lily_schemas *schemas)
{
	const char *name = call_text(v->call, SCHEMA);
	bool is_file = access(name, F_OK) == 0 && !schema_is_folder(name);
	struct schema_verdict verdict = {.as_json = false};
	struct lily_error error = {0};
	const char *text;
	int r;

	if (!is_file && (strchr(name, ':') || lily_schemas_text(name, &text, NULL) == 0))
		return lily_schemas_get(schemas, name, &v->schema, &error) < 0
			? schema_fail(v->call, &error)
			: 0;
	r = lily_schemas_check_file(schemas, name, LILY_SCHEMA_SHALLOW, v->report, &error);
	if (r < 0 && is_stream(name))
		call_hint(v->call, "a schema is read from a file, as others may refer to it");
	if (r < 0)
		return schema_fail(v->call, &error);
	if (r == 0) {
		schema_add_report(v->call, &verdict, v->report);
		call_complain(v->call, "%s is no valid schema:\n%.*s", name,
			(int)verdict.shown.size - 1, text_string(&verdict.shown));
		text_done(&verdict.shown);
		return STATUS_INVALID;
	}
	r = lily_schemas_open(schemas, name, &v->schema, &error);
	return r < 0 ? schema_fail(v->call, &error) : 0;
}

/* --- values --- */

/* A limit: where checking the value on that line of the file reached it, if it does not say so. */
static int
fail_at(const struct validation *v, const char *path, unsigned line,
	const struct lily_error *error)
{
	AUTO_TEXT struct text text = TEXT_INIT;
	struct lily_error placed = *error;
	size_t n;

	if (mistake_is_placed(error->message, path))
		return call_fail(v->call, error);
	text_format(&text, "%s:%u: %s", path, line, error->message);
	n = text.size < sizeof(placed.message) ? text.size : sizeof(placed.message) - 1;
	memcpy(placed.message, text_string(&text), n);
	placed.message[n] = '\0';
	return call_fail(v->call, &placed);
}

static int
check_value(struct validation *v, const char *path, unsigned line,
	const struct lily_document *value, struct schema_verdict *verdict)
{
	struct lily_document *output;
	struct lily_error error = {0};
	bool is_flag = !v->is_human && v->output == LILY_OUTPUT_FLAG;
	int r = is_flag ? lily_schema_is_valid(v->schema, lily_document_root(value), &error)
			: lily_schema_check(v->schema, value, v->report, &error);

	verdict->is_open = r < 0;
	if (r < 0)
		return fail_at(v, path, line, &error);
	verdict->values++;
	verdict->invalid += r == 0;
	if (is_flag) {
		(void)puts(r ? "{\"valid\":true}" : "{\"valid\":false}");
	} else if (!v->is_human) {
		if (lily_report_output(v->report, v->output, &output, &error) < 0)
			return call_fail(v->call, &error);
		schema_warn_cut(v->call, v->report);
		call_print_json(lily_document_root(output));
		lily_document_free(output);
	} else if (r == 0) {
		schema_add_report(v->call, verdict, v->report);
	}
	return v->is_human || r > 0 ? STATUS_DONE : STATUS_INVALID;
}

static int
open_values(const struct call *call, const char *path, struct lily_instances **ret_values)
{
	enum lily_syntax syntax = choose_syntax(call);
	struct lily_error error = {0};
	int r;

	if (strcmp(path, "-") == 0)
		r = lily_instances_open_fd(STDIN_FILENO, "-", syntax, ret_values, &error);
	else
		r = lily_instances_open(path, syntax, ret_values, &error);
	if (r < 0 && is_stream(path))
		call_hint(call, "- reads standard input, whatever it is");
	return r < 0 ? source_fail(call, &error) : 0;
}

/* What JSON Schema has no word for, in its words: each value has its line. */
static void
print_mistake(const struct validation *v, const char *message)
{
	AUTO_TEXT struct text text = TEXT_INIT;

	text_add_string(&text, "{\"valid\":false");
	if (v->output != LILY_OUTPUT_FLAG) {
		text_add_string(&text,
			",\"keywordLocation\":\"\",\"instanceLocation\":\"\","
			"\"error\":");
		text_add_json(&text, message, strcspn(message, "\n"));
	}
	text_add_string(&text, "}\n");
	place_print(&text);
}

/* Text that is not what its syntax says is a finding like any other; of JSON Lines the rest can still
 * be checked. */
static int
take_mistake(struct validation *v, const char *path, const struct lily_error *error,
	struct schema_verdict *verdict)
{
	if (!mistake_has_place(error, path)) {
		verdict->is_open = true;
		return source_fail(v->call, error);
	}
	verdict->values++;
	verdict->invalid++;
	if (v->is_human) {
		schema_add_mistake(v->call, verdict, path, error);
		return STATUS_DONE;
	}
	print_mistake(v, error->message);
	return STATUS_INVALID;
}

static int
check_file(struct validation *v, const char *path)
{
	struct schema_verdict verdict = {.as_json = call_wants_json(v->call)};
	struct lily_instances *values;
	struct lily_document *value;
	struct lily_error error = {0};
	int status = open_values(v->call, path, &values);
	int r;

	if (status != 0)
		return status;
	while (!verdict.is_open && (r = lily_instances_next(values, &value, &error)) != 0) {
		int found;

		if (r > 0) {
			found = check_value(
				v, path, lily_instances_line(values), value, &verdict);
			lily_document_free(value);
		} else {
			found = take_mistake(v, path, &error, &verdict);
		}
		status = status_worst(status, found);
	}
	lily_instances_close(values);
	if (v->is_human)
		status = status_worst(status, schema_print(v->call, &verdict, path, "valid"));
	return status;
}

static int
run(struct call *call)
{
	struct validation v = {.call = call};
	struct lily_schemas *schemas;
	int status;

	if (!*call_text(call, SCHEMA) || strcmp(call_text(call, SCHEMA), "-") == 0)
		return call_usage(call,
			"--schema names a file, or a schema that lily has; it is not read from "
			"standard input");
	if (call_wants_json(call) && call_text(call, OUTPUT))
		return call_usage(call,
			"--json and --output are two forms of the same: give one of them");
	schemas = schema_collection(call, &status);
	if (!schemas)
		return status;
	v.report = lily_report_new();
	choose_output(&v);
	status = open_schema(&v, schemas);
	for (size_t i = 0; v.schema && i < call->n_arguments; i++)
		status = status_worst(status, check_file(&v, call->arguments[i]));
	lily_report_free(v.report);
	lily_schemas_free(schemas);
	return status;
}

static const struct example examples[] = {
	{"lily schema validate --schema order.schema.json order.json", "check one file"},
	{"lily schema validate -s event.schema.json *.jsonl -q",
		"every line of several files; print only what is wrong"},
	{"lily schema validate -s https://example.com/order.json -r schemas order.yaml",
		"a schema that is known by its \"$id\", from a folder of schemas"},
	{"lily schema validate -s workflow build.lily.yaml", "with a schema that lily has"},
};

const struct command cmd_schema_validate = {
	.name = "schema validate",
	.summary = "Check files against a JSON Schema",
	.description =
		"Checks JSON, JSON Lines and YAML by JSON Schema 2020-12, 2019-09, 7, 6 or 4. "
		"For each file every error is printed with its place, the line, and the place "
		"of the keyword in the schema; of \"anyOf\" and \"oneOf\" the alternative that "
		"comes nearest. Then one line says whether the file is valid (--quiet leaves "
		"it "
		"out where it is).\n\n"
		"\"format\" is checked; --no-format makes it a mere note, as JSON Schema has "
		"it "
		"by default.\n\n"
		"A relative \"$ref\" to another file (*.json, *.yaml, *.yml) is read from "
		"beside "
		"the file that has it. Nothing is fetched from a network: schemas with a URI "
		"of "
		"their own are named with --reference.\n\n"
		"Ends with 0 where all is valid, with 3 where something is not.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
