#include "cli/call.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/source.h"
#include "cli/statuses.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FACTS };

static const struct option_spec options[] = {
	[FACTS] = {.name = "facts",
		.letter = 'f',
		.value = "FILE",
		.help = "what is known when the step has ended, as JSON or (*.yaml, *.yml) "
			"YAML; - is JSON on standard input. `lily schema show route_facts.v1` "
			"says what it may hold",
		.completion = COMPLETE_FILE},
};

static const struct argument_spec arguments[] = {
	{.name = "FILE",
		.optional = true,
		.help = "the workflow; may be left out where the folder has one *.lily.yaml",
		.completion = COMPLETE_WORKFLOW},
};

static int
open_facts(const struct call *call, const char *path, struct lily_document **ret_facts)
{
	struct lily_instances *file;
	struct lily_error error = {0};
	int r;

	if (strcmp(path, "-") == 0)
		r = lily_instances_open_fd(STDIN_FILENO, "-", LILY_SYNTAX_JSON, &file, &error);
	else
		r = lily_instances_open(path, LILY_SYNTAX_BY_NAME, &file, &error);
	if (r < 0)
		return source_fail(call, &error);
	r = lily_instances_next(file, ret_facts, &error);
	lily_instances_close(file);
	if (r < 0)
		return source_fail(call, &error);
	if (r == 0) {
		call_complain(
			call, "%s is empty; facts are at least a step and its status", path);
		return STATUS_INVALID;
	}
	return 0;
}

/* --- for people --- */

static void
add_rule(struct text *text, const struct term *term, const struct lily_value *rule)
{
	bool decides = field_is(rule, "answer", "decides");
	struct term_sign sign = term_sign(term,
		decides                                      ? "succeeded"
			: field_is(rule, "answer", "passed") ? "skipped"
							     : "pending");

	text_format(text, "%s%s%s ", term_on(term, sign.paint), sign.sign, term_off(term));
	field_add(text, rule, "id");
	text_format(text, " (line %d): ", (int)field_integer(rule, "line", 0));
	if (decides)
		text_add_string(text, "decides");
	else if (field_has(rule, "because"))
		field_add(text, rule, "because");
	else
		text_add_string(text, "not asked");
	text_add_char(text, '\n');
}

static void
add_again(struct text *text, const struct lily_value *again)
{
	for (size_t i = 0; i < lily_value_count(again); i++) {
		size_t n;
		const char *name = lily_value_text(lily_value_at(again, i), &n);

		text_add_string(text, i == 0 ? ", again " : ", ");
		text_add_safe(text, name, n, TEXT_LINE);
	}
}

static void
add_action(struct text *text, const struct term *term, const struct lily_value *decision)
{
	text_format(text, "%s", term_on(term, PAINT_BOLD));
	field_add(text, decision, "action");
	if (field_has(decision, "to")) {
		text_add_char(text, ' ');
		field_add(text, decision, "to");
	}
	text_format(text, "%s", term_off(term));
	if (lily_value_boolean(lily_value_get(decision, "feedback"), 0))
		text_add_string(text, ", with feedback");
	add_again(text, lily_value_get(decision, "again"));
	if (field_has(decision, "words")) {
		text_add_string(text, ": ");
		field_add(text, decision, "words");
	}
	if (!field_has(decision, "rule"))
		text_add_string(text, " (no rule decides)");
	text_add_char(text, '\n');
}

static void
print(const struct call *call, const struct lily_value *decision)
{
	AUTO_TEXT struct text text = TEXT_INIT;
	const struct lily_value *rules = lily_value_get(decision, "rules");

	for (size_t i = 0; i < lily_value_count(rules); i++)
		add_rule(&text, &call->out, lily_value_at(rules, i));
	add_action(&text, &call->out, decision);
	place_print(&text);
}

/* --- the command --- */

static int
decide(const struct call *call, const struct lily_workflow *workflow,
	const struct lily_document *facts)
{
	struct lily_document *decision;
	struct lily_error error = {0};

	if (lily_route_test(workflow, facts, &decision, &error) < 0)
		return call_fail(call, &error);
	if (call_wants_json(call))
		call_print_json(lily_document_root(decision));
	else
		print(call, lily_document_root(decision));
	lily_document_free(decision);
	return STATUS_DONE;
}

static int
run(struct call *call)
{
	struct lily_workflow *workflow;
	struct lily_document *facts = NULL;
	int status;

	if (!call_text(call, FACTS))
		return call_usage(call, "decide by which facts? Name a file with --facts");
	status = source_open(call, call_argument(call, 0), &workflow, NULL);
	if (status != 0)
		return status;
	status = open_facts(call, call_text(call, FACTS), &facts);
	if (status == 0)
		status = decide(call, workflow, facts);
	lily_document_free(facts);
	lily_workflow_close(workflow);
	return status;
}

static const struct example examples[] = {
	{"lily route test --facts failed.json", "which rule decides, and why no other does"},
	{"echo '{\"step\":\"fix\",\"status\":\"failed\"}' | lily route test fix.lily.yaml -f -",
		"facts from standard input"},
};

const struct command cmd_route_test = {
	.name = "route test",
	.summary = "Show what the rules of a workflow decide",
	.description =
		"Asks the rules under `routes` of a workflow file what is to happen when a "
		"step "
		"has ended in the way that the facts say, as a run would. For each rule a line "
		"says whether it decides, or why not; the last line is the action. Where no "
		"rule decides, a success goes on, a failure is tried again while its `retry` "
		"says so, and else fails.\n\n"
		"Facts are a map such as {\"step\": \"fix\", \"status\": \"failed\", "
		"\"error\": "
		"\"exit\", \"exit\": 2, \"tries\": 1, \"attempts\": 3}. Nothing is run and "
		"nothing is stored. Keys of the workflow that this build does not honour yet "
		"do "
		"not matter here.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
