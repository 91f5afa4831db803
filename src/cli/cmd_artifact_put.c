#include "cli/artifact.h"
#include "cli/call.h"
#include "cli/contents.h"
#include "cli/heap.h"
#include "cli/place.h"
#include "cli/statuses.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STDIN_MAX ((size_t)1 << 30)

enum { RUN, NAME, TYPE, SCHEMA, SCHEMA_FILE, PRODUCER, KIND, INPUT };

static const struct option_spec options[] = {
	[RUN] = {.name = "run",
		.letter = 'r',
		.value = "RUN",
		.help = "the run that gets it, which has not ended; else the newest one",
		.completion = COMPLETE_RUN},
	[NAME] = {.name = "name", .value = "NAME", .help = "its name; else that of the file"},
	[TYPE] = {.name = "type",
		.value = "TYPE",
		.choices = "json text file dir",
		.help = "what it is (else dir for a directory, json for *.json, file)"},
	[SCHEMA] = {.name = "schema",
		.value = "ID",
		.help = "it is JSON that is valid by this schema: put in an envelope",
		.completion = COMPLETE_SCHEMA},
	[SCHEMA_FILE] = {.name = "schema-file",
		.value = "FILE",
		.help = "where that schema is; else lily's own, or known to the store",
		.completion = COMPLETE_FILE},
	[PRODUCER] = {.name = "producer",
		.value = "NAME",
		.help = "who made it (lily-cli where not given)"},
	[KIND] = {.name = "producer-kind",
		.value = "KIND",
		.choices = "tool llm human system",
		.help = "what made it (tool where not given)"},
	[INPUT] = {.name = "input",
		.letter = 'i',
		.repeats = true,
		.value = "ARTIFACT",
		.help = "an artifact that it was made from (any number of times)",
		.completion = COMPLETE_ARTIFACT},
};

static const struct argument_spec arguments[] = {
	{.name = "FILE",
		.help = "the file or directory; - is standard input",
		.completion = COMPLETE_FILE},
};

enum type { TYPE_JSON, TYPE_TEXT, TYPE_FILE, TYPE_DIR };

static int
choose_type(const struct call *call, const char *path, enum type *ret_type)
{
	const char *type = call_text(call, TYPE);
	size_t n = strlen(path);
	struct stat stat_buffer;

	if (call_has(call, SCHEMA)) {
		*ret_type = TYPE_JSON;
		return 0;
	}
	if (type) {
		*ret_type = type[0] == 'j' ? TYPE_JSON
			: type[0] == 't'   ? TYPE_TEXT
			: type[0] == 'f'   ? TYPE_FILE
					   : TYPE_DIR;
		return 0;
	}
	if (strcmp(path, "-") == 0) {
		*ret_type = TYPE_TEXT;
		return 0;
	}
	if (stat(path, &stat_buffer) != 0) {
		call_complain(call, "%s: %s", path, strerror(errno));
		return STATUS_INVALID;
	}
	*ret_type = S_ISDIR(stat_buffer.st_mode)              ? TYPE_DIR
		: n > 5 && strcmp(path + n - 5, ".json") == 0 ? TYPE_JSON
							      : TYPE_FILE;
	return 0;
}

/* Standard input goes to a file where it is not JSON or text: bytes may be many. */
static int
spool(const struct call *call, const struct text *bytes, char path[32])
{
	static const char template[] = "/tmp/lily-put-XXXXXX";
	size_t done = 0;
	int fd;

	memcpy(path, template, sizeof(template));
	fd = mkstemp(path);
	while (fd >= 0 && done < bytes->size) {
		ssize_t n = write(fd, bytes->bytes + done, bytes->size - done);

		if (n < 0 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0 && close(fd) == 0 && done == bytes->size)
		return 0;
	call_complain(call, "%s: %s", path, strerror(errno));
	return STATUS_SYSTEM;
}

struct put {
	const struct call *call;
	struct lily_store *store;
	struct lily_artifact_options options;
	struct lily_document *reference;
	struct lily_error error;
};

static int
put_bytes(struct put *put, enum type type, const char *path)
{
	AUTO_TEXT struct text bytes = TEXT_INIT;
	char spooled[32] = "";
	int status = contents_read(put->call, path, STDIN_MAX, &bytes);
	int n = 0;

	if (status != 0)
		return status;
	if (call_has(put->call, SCHEMA))
		n = lily_artifact_put_envelope(put->store, &put->options,
			call_text(put->call, SCHEMA), call_text(put->call, SCHEMA_FILE),
			text_string(&bytes), bytes.size, &put->reference, &put->error);
	else if (type == TYPE_JSON)
		n = lily_artifact_put_json(put->store, &put->options, text_string(&bytes),
			bytes.size, &put->reference, &put->error);
	else if (type == TYPE_TEXT)
		n = lily_artifact_put_text(put->store, &put->options, text_string(&bytes),
			bytes.size, &put->reference, &put->error);
	else
		status = spool(put->call, &bytes, spooled);
	if (type == TYPE_FILE && status == 0)
		n = lily_artifact_put_file(
			put->store, &put->options, spooled, &put->reference, &put->error);
	if (*spooled)
		(void)unlink(spooled);
	return n < 0 ? call_fail(put->call, &put->error) : status;
}

static int
put_path(struct put *put, enum type type, const char *path)
{
	int n;

	if (type == TYPE_JSON || type == TYPE_TEXT || strcmp(path, "-") == 0)
		return put_bytes(put, type, path);
	n = type == TYPE_FILE ? lily_artifact_put_file(put->store, &put->options, path,
					&put->reference, &put->error)
			      : lily_artifact_put_dir(put->store, &put->options, path,
					&put->reference, &put->error);
	return n < 0 ? call_fail(put->call, &put->error) : 0;
}

static int
put_artifact(
	const struct call *call, struct lily_store *store, const char *path, enum type type)
{
	const char *producer = call_text(call, PRODUCER);
	size_t n_inputs = call_count(call, INPUT);
	const char **inputs = heap_new(n_inputs, sizeof(*inputs));
	struct put put = {.call = call, .store = store};
	AUTO_TEXT struct text name = TEXT_INIT;
	size_t cursor = 0;
	int status;

	for (size_t i = 0; i < n_inputs; i++)
		inputs[i] = call_next(call, INPUT, &cursor);
	artifact_name_of_path(&name, path);
	put.options = (struct lily_artifact_options){
		.run = call_text(call, RUN),
		.name = call_text(call, NAME) ? call_text(call, NAME) : text_string(&name),
		.producer = producer ? producer : "lily-cli",
		.producer_kind = call_text(call, KIND),
		.inputs = inputs,
		.n_inputs = n_inputs,
	};
	status = put_path(&put, type, path);
	if (status == 0) {
		artifact_print_reference(call, lily_document_root(put.reference));
		lily_document_free(put.reference);
	}
	free(inputs);
	return status;
}

static int
run(struct call *call)
{
	const char *path = call_argument(call, 0);
	struct lily_store *store;
	const char *wanted = call_text(call, TYPE);
	enum type type;
	int status;

	if (call_has(call, SCHEMA_FILE) && !call_has(call, SCHEMA))
		return call_usage(
			call, "--schema-file is where the schema of --schema is: name its id");
	if (call_has(call, SCHEMA) && wanted && strcmp(wanted, "json") != 0)
		return call_usage(call, "--schema puts JSON; leave --type %s out", wanted);
	status = choose_type(call, path, &type);
	if (status == 0 && type == TYPE_DIR && strcmp(path, "-") == 0)
		return call_usage(call, "standard input is no directory");
	if (status == 0)
		status = place_open(call, 0, &store);
	if (status != 0)
		return status;
	status = put_artifact(call, store, path, type);
	lily_store_close(store);
	return status;
}

static const struct example examples[] = {
	{"lily artifact put notes.md --run $run",
		"a file, into a run that `lily run new` made"},
	{"date | lily artifact put - --name date", "what a command prints"},
	{"lily artifact put review.json --schema review.v1 --schema-file review.schema.json",
		"JSON with a type, in an envelope that says what it is and who made it"},
};

const struct command cmd_artifact_put = {
	.name = "artifact put",
	.summary = "Put a file or directory into a run that has no workflow",
	.description =
		"Stores the bytes, named by their SHA-256, and records where they come "
		"from. Prints the id of the artifact; with --json its ArtifactRef. JSON "
		"must be valid, text must be UTF-8.\n"
		"\n"
		"With --schema the payload is checked, and put in an envelope: {\"meta\": "
		"{schema_id, producer_id, producer_kind, created_at, inputs, payload_sha256, "
		"canon}, \"payload\": …}. `lily artifact get --payload` takes it out again.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
