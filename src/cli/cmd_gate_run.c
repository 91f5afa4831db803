#include "cli/call.h"
#include "cli/drive.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/status.h"
#include "cli/statuses.h"
#include "cli/table.h"

#include <stdio.h>
#include <string.h>

enum { PARALLEL, QUIET };

#define PREFIX "judge."

static const struct option_spec options[] = {
	[PARALLEL] = {.name = "parallel",
		.letter = 'j',
		.value = "N",
		.help = "let at most N gates judge at a time"},
	[QUIET] = {.name = "quiet", .letter = 'q', .help = "tell of failures only"},
};

static const struct argument_spec arguments[] = {
	{.name = "RUN", .help = "the run that is judged", .completion = COMPLETE_RUN},
	{.name = "GATE",
		.optional = true,
		.repeats = true,
		.help = "STEP.GATE or run.GATE; else all that can judge"},
};

/* The rest of a line. */
static void
print_members(const struct lily_value *gate, const char *const *members, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct lily_value *v = lily_value_get(gate, members[i]);
		char *json = v ? lily_value_to_json(v, LILY_JSON_COMPACT) : NULL;

		if (json)
			(void)printf(",\"%s\":%s", members[i], json);
		lily_free(json);
	}
	(void)printf("}\n");
}

/* What does not judge is said; whether one of them is required and never will pass. */
static int
say_left_out(const struct call *call, const struct lily_value *gates)
{
	static const char *const members[] = {"gate", "required", "reason"};
	int fails = 0;

	for (size_t i = 0; i < lily_value_count(gates); i++) {
		const struct lily_value *gate = lily_value_at(gates, i);
		int judged = lily_value_boolean(lily_value_get(gate, "judged"), 0);

		if (!field_has(gate, "reason"))
			continue;
		fails |= judged;
		if (call_wants_json(call)) {
			(void)printf("{\"event\":\"gate.left_out\"");
			print_members(gate, members, COUNT(members));
		} else {
			call_say(call, "gate %s %s: %s", field_text(gate, "gate"),
				judged ? "cannot pass" : "does not judge",
				field_text(gate, "reason"));
		}
	}
	return fails;
}

/* Which gate a step of the run is, and what it found; NULL: it has not judged. */
static const struct lily_value *
result_of(const struct lily_value *step)
{
	const struct lily_value *attempts = lily_value_get(step, "attempts");
	size_t n = lily_value_count(attempts);

	if (!n || strncmp(field_text(step, "step"), PREFIX, sizeof(PREFIX) - 1) != 0)
		return NULL;
	return lily_value_at(lily_value_get(lily_value_at(attempts, n - 1), "gates"), 0);
}

static void
print_json(const char *run, const char *name, const struct lily_value *gate)
{
	static const char *const members[] = {
		"status", "required", "reason", "metrics", "grants", "artifact_id", "log"};

	(void)printf("{\"event\":\"gate.judged\",\"run_id\":\"%s\",\"gate\":\"%s\"", run, name);
	print_members(gate, members, COUNT(members));
}

static void
add_result(struct table *table, const struct term *term, const char *name,
	const struct lily_value *gate)
{
	const char *status = field_text(gate, "status");
	struct term_sign sign =
		term_sign(term, strcmp(status, "passed") == 0 ? "succeeded" : "failed");
	AUTO_TEXT struct text cell = TEXT_INIT;

	text_format(&cell, "%s %s", sign.sign, status);
	table_take(table, sign.paint, &cell);
	table_add(table, PAINT_BOLD, name);
	if (!lily_value_boolean(lily_value_get(gate, "required"), 1))
		text_add_string(&cell, "(optional) ");
	if (field_has(gate, "reason"))
		field_add(&cell, gate, "reason");
	table_take(table, PAINT_DIM, &cell);
}

/* Gate by gate, once the run has ended. */
static void
print_results(const struct call *call, struct lily_store *store, const char *run)
{
	struct lily_document *document;
	const struct lily_value *steps;
	AUTO_TEXT struct text text = TEXT_INIT;
	struct table table;

	if (lily_run_describe(store, run, NULL, LILY_SHOW_STEPS, &document, NULL) < 0)
		return;
	table_init(&table, NULL, NULL, 3);
	steps = lily_value_get(lily_document_root(document), "step_list");
	for (size_t i = 0; i < lily_value_count(steps); i++) {
		const struct lily_value *step = lily_value_at(steps, i);
		const struct lily_value *gate = result_of(step);
		const char *name = field_text(step, "step") + sizeof(PREFIX) - 1;

		if (gate && call_wants_json(call))
			print_json(run, name, gate);
		else if (gate)
			add_result(&table, &call->out, name, gate);
	}
	if (!call_wants_json(call))
		table_print(&table, &call->out, &text);
	table_done(&table);
	place_print(&text);
	lily_document_free(document);
}

static int
act(const struct call *call, struct lily_store *store, struct signals *signals, void *context)
{
	const struct lily_gate_options *how = context;
	struct drive_options drive_options = {
		.verb = "started", .name = "gates", .quiet = call_has(call, QUIET)};
	struct lily_document *gates;
	struct lily_error error = {0};
	char id[LILY_RUN_ID_SIZE];
	struct lily_run *run;
	int fails;
	int status;

	if (lily_gate_run(store, call_argument(call, 0), how, &run, &gates, &error) < 0)
		return call_fail(call, &error);
	(void)snprintf(id, sizeof(id), "%s", lily_run_id(run));
	fails = say_left_out(call, lily_value_get(lily_document_root(gates), "gates"));
	lily_document_free(gates);
	status = drive_run(call, store, run, signals, &drive_options);
	print_results(call, store, id);
	/* It is blocked, and not passed for that. */
	return fails && status == STATUS_FAILED ? STATUS_GATE : status;
}

static int
run(struct call *call)
{
	struct lily_gate_options how = {.gates = call->arguments + 1,
		.n_gates = call->n_arguments ? call->n_arguments - 1 : 0};
	uint64_t parallel = 0;

	if (call_number(call, PARALLEL, 1, 4096, &parallel) < 0)
		return STATUS_USAGE;
	how.parallel = (unsigned)parallel;
	return drive_in_store(call, act, &how);
}

static const struct example examples[] = {
	{"lily gate run @last", "all gates of the newest run, once more"},
	{"lily gate run 0199a7b2 build.tests run.lint", "two of them"},
};

const struct command cmd_gate_run = {
	.name = "gate run",
	.summary = "Judge once more what a run has made",
	.description =
		"The gates of a run's plan judge what it has left, and none of its steps is "
		"run: by a new run of kind judge, linked to it, that adopts what it has done "
		"and has a step judge.GATE for each gate. `lily show`, `lily logs --gates` and "
		"`lily list` know that as any other. The run that is judged has ended, and "
		"stays what it is.\n"
		"\n"
		"Only what was accepted is judged. A required gate of a step that left nothing "
		"cannot pass; one that is not required is left out, and so are gates that "
		"judge "
		"the items of a foreach, that ask how steps ended or what gates found, or for "
		"a "
		"param that only a run of their file knows. Gates that look at files of the "
		"workspace see them "
		"as they are now.\n"
		"\n"
		"Exit status 4: a required gate did not pass.\n"
		"\n"
		"With --json there are the lines of `lily run --json`, and for each gate one "
		"of "
		"gate.judged with what it found, or gate.left_out.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_driving,
	.function = run,
};
