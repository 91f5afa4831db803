#include "cli/call.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/statuses.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { OUTPUT, ENVELOPE, PAYLOAD, SCHEMA };

static const struct option_spec options[] = {
	[OUTPUT] = {.name = "output",
		.letter = 'o',
		.value = "PATH",
		.help = "where to; else its name, in this folder",
		.completion = COMPLETE_FILE},
	[ENVELOPE] = {.name = "envelope",
		.help = "the envelope that it was put in, verified; to standard output without "
			"-o"},
	[PAYLOAD] = {.name = "payload",
		.help = "the value alone of what has a type, verified; likewise"},
	[SCHEMA] = {.name = "schema",
		.value = "ID",
		.help = "refuse one that has another type than this",
		.completion = COMPLETE_SCHEMA},
};

static const struct argument_spec arguments[] = {
	{.name = "ARTIFACT",
		.help = "RUN:N, [RUN/]STEP.OUT or sha256:HEX",
		.completion = COMPLETE_ARTIFACT},
};

static int
get(const struct call *call, struct lily_store *store, struct lily_error *error)
{
	const char *address = call_argument(call, 0);
	const char *path = call_text(call, OUTPUT);
	struct lily_document *document;
	int n = lily_artifact_describe(store, address, &document, error);

	if (n < 0)
		return n;
	if (!path)
		path = field_text(lily_document_root(document), "name");
	n = lily_artifact_restore(store, address, path, error);
	if (n >= 0 && call_wants_json(call))
		call_print_json(lily_document_root(document));
	else if (n >= 0)
		(void)puts(path);
	lily_document_free(document);
	return n;
}

static int
write_value(const char *path, const struct lily_value *value, struct lily_error *error)
{
	char *json = lily_value_to_json(value, LILY_JSON_COMPACT);
	FILE *file = path ? fopen(path, "wxe") : stdout;
	bool failed = !file || fprintf(file, "%s\n", json) < 0;

	if (path && file && fclose(file) != 0)
		failed = true;
	lily_free(json);
	if (!failed)
		return 0;
	*error = (struct lily_error){.code = LILY_ERROR_INVALID};
	(void)snprintf(error->message, sizeof(error->message), "%s: %s",
		path ? path : "standard output", strerror(errno));
	return error->code;
}

/* Its bytes, its envelope and its validity by the schema that it was put with are verified in any
 * case. */
static int
get_value(const struct call *call, struct lily_store *store, struct lily_error *error)
{
	const char *address = call_argument(call, 0);
	struct lily_document *envelope = NULL;
	struct lily_document *payload;
	int n = lily_artifact_get_validated(
		store, address, call_text(call, SCHEMA), &payload, error);

	if (n < 0)
		return n;
	if (call_has(call, ENVELOPE))
		n = lily_artifact_get_envelope(store, address, &envelope, error);
	if (n >= 0)
		n = write_value(call_text(call, OUTPUT),
			lily_document_root(envelope ? envelope : payload), error);
	lily_document_free(envelope);
	lily_document_free(payload);
	return n;
}

static int
run(struct call *call)
{
	bool is_value = call_has(call, ENVELOPE) || call_has(call, PAYLOAD);
	struct lily_error error = {0};
	struct lily_store *store;
	int status;

	if (call_has(call, ENVELOPE) && call_has(call, PAYLOAD))
		return call_usage(
			call, "--envelope has the payload in it: give one of the two");
	if (call_has(call, SCHEMA) && !is_value)
		return call_usage(call, "--schema asks what --payload or --envelope is");
	status = place_open(call, LILY_STORE_READ_ONLY, &store);
	if (status != 0)
		return status;
	if ((is_value ? get_value : get)(call, store, &error) < 0)
		status = call_fail(call, &error);
	lily_store_close(store);
	return status;
}

static const struct example examples[] = {
	{"lily artifact get report.pdf -o /tmp/report.pdf",
		"the output pdf of the step report"},
	{"lily artifact get 0199a7b2/build.tree -o out", "a directory"},
	{"lily artifact get review.review --payload --schema review.v1",
		"the value, if it is what its type says"},
};

const struct command cmd_artifact_get = {
	.name = "artifact get",
	.summary = "Write a copy of an artifact to a path",
	.description =
		"The path must not exist yet. Directories come as directories. The bytes "
		"are compared with their SHA-256 on the way.\n"
		"\n"
		"What has a type can be had as the value that it is: --payload, of an envelope "
		"without that; --envelope, with it. Then the digest of the payload is "
		"compared, too, "
		"and the value is checked by the very schema that it was stored with.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
