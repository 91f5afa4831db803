#include "cli/call.h"
#include "cli/drive.h"
#include "cli/field.h"
#include "cli/heap.h"
#include "cli/logs.h"
#include "cli/statuses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IN, OUT, TIMEOUT, ENV, POLICY, QUIET };

static const struct option_spec options[] = {
	[IN] = {.name = "in",
		.letter = 'i',
		.repeats = true,
		.value = "NAME=FILE",
		.help = "give it a file or folder as $LILY_IN/NAME",
		.completion = COMPLETE_FILE},
	[OUT] = {.name = "out",
		.letter = 'o',
		.repeats = true,
		.value = "NAME[=PATH]",
		.help = "keep what it makes: a path of the workspace, - for what it prints, "
			"else $LILY_OUT/NAME"},
	[TIMEOUT] = {.name = "timeout",
		.letter = 't',
		.value = "TIME",
		.help = "end it after that long (90s, 10m, 1h30m)"},
	[ENV] = {.name = "pass-env",
		.repeats = true,
		.value = "NAME",
		.help = "let it see this variable of the caller's"},
	[POLICY] = {.name = "policy",
		.letter = 'p',
		.value = "NAME",
		.help = "hold it to this policy of lily-policy.yaml or one's own, or to none"},
	[QUIET] = {.name = "quiet",
		.letter = 'q',
		.help = "show nothing but failures, not even what it prints"},
};

static const struct argument_spec arguments[] = {
	{.name = "CMD", .repeats = true, .help = "the command, behind --"},
};

/* One command as a workflow: JSON, which is YAML. Words are defaults of params, so that nothing in
 * them is taken for a reference. */
struct script {
	struct text text;
	struct lily_named_text *inputs; /* heap */
	char *names;                    /* heap, of inputs */
	size_t n_inputs;
};

static void
script_done(struct script *script)
{
	text_done(&script->text);
	free(script->inputs);
	free(script->names);
}

static void
add_quoted(struct text *text, const char *string, size_t n)
{
	text_add_json(text, string, n);
}

static void
add_words(struct text *text, const struct call *call)
{
	text_add_string(text, "\"params\":{");
	for (size_t i = 0; i < call->n_arguments; i++) {
		const char *word = call->arguments[i];

		text_format(
			text, "%s\"w%zu\":{\"type\":\"string\",\"default\":", i ? "," : "", i);
		add_quoted(text, word, strlen(word));
		text_add_char(text, '}');
	}
	text_add_string(text, "},\"steps\":{\"exec\":{\"exec\":[");
	for (size_t i = 0; i < call->n_arguments; i++)
		text_format(text, "%s\"${{ params.w%zu }}\"", i ? "," : "", i);
	text_add_char(text, ']');
}

static int
add_inputs(struct script *script, const struct call *call)
{
	struct text *text = &script->text;
	const char *given;
	size_t cursor = 0;
	size_t room = 0;
	char *name;

	while ((given = call_next(call, IN, &cursor)))
		room += strlen(given) + 1;
	script->inputs = heap_new(call_count(call, IN) + 1, sizeof(*script->inputs));
	script->names = name = heap_new(room + 1, 1);
	cursor = 0;
	while ((given = call_next(call, IN, &cursor))) {
		size_t n = strcspn(given, "=");

		if (n == 0 || !given[n])
			return call_usage(call, "--in takes NAME=FILE, not \"%s\"", given);
		memcpy(name, given, n);
		name[n] = '\0';
		script->inputs[script->n_inputs++] =
			(struct lily_named_text){name, given + n + 1};
		name += n + 1;
	}
	if (script->n_inputs == 0)
		return 0;
	text_add_string(text, ",\"in\":{");
	for (size_t i = 0; i < script->n_inputs; i++) {
		text_add_string(text, i ? "," : "");
		add_quoted(text, script->inputs[i].name, strlen(script->inputs[i].name));
		text_format(text, ":\"${{ inputs.%s }}\"", script->inputs[i].name);
	}
	text_add_char(text, '}');
	return 0;
}

/* A path of the current folder as one of the workspace, whose part `below` the folder is. */
static void
add_path(struct text *text, const char *below, const char *path)
{
	AUTO_TEXT struct text joined = TEXT_INIT;

	if (*path != '/' && *below)
		text_format(&joined, "%s/", below);
	text_add_string(&joined, path);
	add_quoted(text, joined.bytes, joined.size);
}

static int
add_outputs(struct text *text, const struct call *call, const char *below)
{
	const char *given;
	size_t cursor = 0;
	bool first = true;

	while ((given = call_next(call, OUT, &cursor))) {
		size_t n = strcspn(given, "=");
		const char *path = given[n] ? given + n + 1 : NULL;

		if (n == 0 || (path && !*path))
			return call_usage(
				call, "--out takes NAME or NAME=PATH, not \"%s\"", given);
		text_add_string(text, first ? ",\"out\":{" : ",");
		first = false;
		add_quoted(text, given, n);
		text_add_string(text, ":{");
		if (path && strcmp(path, "-") == 0) {
			text_add_string(text, "\"from\":\"stdout\"");
		} else if (path) {
			text_add_string(text, "\"path\":");
			add_path(text, below, path);
		}
		text_add_char(text, '}');
	}
	text_add_string(text, first ? "" : "}");
	return 0;
}

static void
add_settings(struct text *text, const struct call *call, const char *below)
{
	const char *timeout = call_text(call, TIMEOUT);
	const char *policy = call_text(call, POLICY);
	const char *name;
	size_t cursor = 0;
	bool first = true;

	if (*below) {
		text_add_string(text, ",\"cwd\":");
		add_quoted(text, below, strlen(below));
	}
	if (timeout) {
		text_add_string(text, ",\"timeout\":");
		add_quoted(text, timeout, strlen(timeout));
	}
	if (policy) {
		text_add_string(text, ",\"policy\":");
		add_quoted(text, policy, strlen(policy));
	}
	while ((name = call_next(call, ENV, &cursor))) {
		text_add_string(text, first ? ",\"pass_env\":[" : ",");
		add_quoted(text, name, strlen(name));
		first = false;
	}
	text_add_string(text, first ? "" : "]");
}

/* What is declared of inputs, and what the run returns. */
static void
add_declarations(struct script *script, const struct call *call)
{
	struct text *text = &script->text;
	const char *given;
	size_t cursor = 0;
	bool first = true;

	text_add_string(text, ",\"inputs\":{");
	for (size_t i = 0; i < script->n_inputs; i++) {
		text_add_string(text, i ? "," : "");
		add_quoted(text, script->inputs[i].name, strlen(script->inputs[i].name));
		text_add_string(text, ":{}");
	}
	text_add_string(text, "},\"outputs\":{");
	while ((given = call_next(call, OUT, &cursor))) {
		size_t n = strcspn(given, "=");

		text_add_string(text, first ? "" : ",");
		add_quoted(text, given, n);
		text_format(text, ":\"${{ steps.exec.out.%.*s }}\"", (int)n, given);
		first = false;
	}
	text_add_string(text, "}}");
}

static int
write_script(struct script *script, const struct call *call, const char *below)
{
	struct text *text = &script->text;
	int status;

	text_add_string(text, "{\"lily\":1,\"name\":\"exec\",");
	add_words(text, call);
	status = add_inputs(script, call);
	if (status == 0)
		status = add_outputs(text, call, below);
	if (status != 0)
		return status;
	add_settings(text, call, below);
	text_add_string(text, "}}");
	add_declarations(script, call);
	return 0;
}

/* The current folder as a path below the workspace: "" is its root. */
static int
find_below(const struct call *call, struct lily_store *store, char **ret_below)
{
	const char *root = lily_store_workspace(store);
	char *here = realpath(".", NULL);
	size_t n = strlen(root);

	if (!here || strncmp(here, root, n) != 0 || (here[n] && here[n] != '/' && n > 1)) {
		free(here);
		call_complain(call, "the current folder is not in the workspace %s", root);
		return STATUS_INVALID;
	}
	*ret_below =
		heap_copy(here + n + (here[n] == '/'), strlen(here + n + (here[n] == '/')));
	free(here);
	return 0;
}

/* What it printed, where it was not kept as an output anyway. */
static void
print_log(const struct call *call, struct lily_store *store, const char *id)
{
	static char step[] = "exec";
	struct target target = {.step = step};
	const struct logs_options shown = {.stream = 1};
	struct lily_error error = {0};

	target.run = heap_copy(id, strlen(id));
	(void)logs_print(call, store, &target, &shown, &error);
	free(target.run);
	(void)fflush(stdout);
}

static int
start(const struct call *call, struct lily_store *store, const struct script *script,
	struct signals *signals)
{
	const struct lily_run_options how = {.file = "exec",
		.text = text_string(&script->text),
		.arguments = {.inputs = script->inputs, .n_inputs = script->n_inputs}};
	const struct drive_options drive_options = {
		.verb = "started", .name = call_argument(call, 0), .quiet = true};
	char id[LILY_RUN_ID_SIZE];
	struct lily_error error = {0};
	struct lily_run *run;
	int status;

	if (lily_run_start(store, &how, &run, NULL, &error) < 0)
		return call_fail(call, &error);
	(void)snprintf(id, sizeof(id), "%s", lily_run_id(run));
	status = drive_run(call, store, run, signals, &drive_options);
	if (status == STATUS_DONE && !call_has(call, QUIET) && !call_wants_json(call))
		print_log(call, store, id);
	return status;
}

static int
execute(const struct call *call, struct lily_store *store, struct signals *signals,
	void *context)
{
	struct script *script = context;
	char *below = NULL;
	int status = find_below(call, store, &below);

	if (status == 0)
		status = write_script(script, call, below);
	if (status == 0)
		status = start(call, store, script, signals);
	free(below);
	return status;
}

static int
run(struct call *call)
{
	struct script script = {.text = TEXT_INIT};
	int status;

	if (call->n_arguments == 0)
		return call_usage(call, "what shall be run? lily exec -- CMD");
	status = drive_in_store(call, execute, &script);
	script_done(&script);
	return status;
}

static const struct example examples[] = {
	{"lily exec -- make check", "run it, and keep what it printed and how it ended"},
	{"lily exec --out report=report.html --timeout 10m -- ./report.sh",
		"keep the file that it makes as well"},
	{"lily exec --out list=- -- ls -l", "keep what it prints as an artifact"},
	{"lily exec --policy none -- docker ps", "let it do what you may do"},
};

const struct command cmd_exec = {
	.name = "exec",
	.summary = "Run one command as a run of its own, without a file",
	.description =
		"The command runs in the current folder, contained and recorded like a step "
		"named exec: its log, its artifacts and how it ended are kept, and `lily "
		"show`, "
		"`logs`, `retry` work with it. Standard input is empty. What it printed to "
		"standard output is printed once it has succeeded. It is held to the default "
		"policy, as steps are: it may write the workspace, and has neither network "
		"nor home (lily-policy(5)); --policy names another one.\n"
		"\n"
		"Its own exit status is part of the last words; the status of lily says that "
		"it failed or timed out.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_driving,
	.function = run,
};
