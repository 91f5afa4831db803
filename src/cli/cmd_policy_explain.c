#include "cli/call.h"
#include "cli/errand.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/source.h"
#include "cli/statuses.h"
#include "cli/table.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_OPTION, STEP };

static const struct option_spec options[] = {
	[FILE_OPTION] = {.name = "file",
		.letter = 'f',
		.value = "FILE",
		.help = "the workflow whose policies count, too; may be left out where the "
			"folder has one *.lily.yaml",
		.completion = COMPLETE_WORKFLOW},
	[STEP] = {.name = "step",
		.value = "STEP",
		.help = "the policy of that step of the workflow, or of its gate, STEP.GATE"},
};

static const struct argument_spec arguments[] = {
	{.name = "POLICY",
		.optional = true,
		.help = "the name of a policy, default where left out; with --step a TARGET"},
	{.name = "TARGET",
		.optional = true,
		.repeats = true,
		.help = "a path, as seen from the workspace, or HOST:PORT: may it be read, "
			"written, "
			"executed, connected to, and which line says so?",
		.completion = COMPLETE_FILE},
};

/* --- for people --- */

/* "FILE:LINE:COLUMN", or who else says so. */
static void
add_where(struct table *table, const struct lily_value *said)
{
	AUTO_TEXT struct text text = TEXT_INIT;

	if (field_has(said, "file")) {
		field_add(&text, said, "file");
		text_format(&text, ":%d:%d", (int)field_integer(said, "line", 0),
			(int)field_integer(said, "column", 0));
	} else {
		text_add_string(&text, "lily");
	}
	table_take(table, PAINT_DIM, &text);
}

static void
add_entry(struct table *table, const char *clause, const struct lily_value *entry)
{
	AUTO_TEXT struct text text = TEXT_INIT;

	table_add(table, PAINT_BOLD, clause);
	field_add(&text, entry, "name");
	if (lily_value_boolean(lily_value_get(entry, "anywhere"), 0))
		text_add_string(&text, " (and in folders below)");
	table_take(table, PAINT_NONE, &text);
	add_where(table, entry);
}

/* What is said in words, then a line for each entry. */
static void
add_clause(struct table *table, const struct lily_value *clause)
{
	const struct lily_value *entries = lily_value_get(clause, "entries");
	const char *name = field_text(clause, "clause");
	AUTO_TEXT struct text text = TEXT_INIT;

	if (field_has(clause, "value")) {
		table_add(table, PAINT_BOLD, name);
		field_add(&text, clause, "value");
		table_take(table, PAINT_NONE, &text);
		add_where(table, clause);
		name = "";
	} else if (lily_value_count(entries) == 0) {
		table_add(table, PAINT_BOLD, name);
		table_add(table, PAINT_DIM, "-");
		add_where(table, clause);
	}
	for (size_t i = 0; i < lily_value_count(entries); i++) {
		add_entry(table, name, lily_value_at(entries, i));
		name = "";
	}
}

static void
add_hidden(struct table *table, const struct lily_value *hidden)
{
	AUTO_TEXT struct text text = TEXT_INIT;

	for (size_t i = 0; i < lily_value_count(hidden); i++) {
		size_t n;
		const char *path = lily_value_text(lily_value_at(hidden, i), &n);

		table_add(table, PAINT_BOLD, i ? "" : "hidden");
		text_add_safe(&text, path, n, TEXT_LINE);
		table_take(table, PAINT_NONE, &text);
		table_add(table, PAINT_DIM, "lily");
	}
}

static void
add_head(struct text *text, const struct term *term, const struct lily_value *policy)
{
	text_format(text, "%spolicy ", term_on(term, PAINT_BOLD));
	field_add(text, policy, "policy");
	text_format(text, "%s", term_off(term));
	if (lily_value_boolean(lily_value_get(policy, "unconfined"), 0))
		text_add_string(text, ": unconfined, by nothing but what its user may do");
	text_add_char(text, '\n');
}

static void
add_clauses(struct text *text, const struct term *term, const struct lily_value *policy)
{
	const struct lily_value *clauses = lily_value_get(policy, "clauses");
	struct table table;

	table_init(&table, NULL, NULL, 3);
	for (size_t i = 0; i < lily_value_count(clauses); i++)
		add_clause(&table, lily_value_at(clauses, i));
	add_hidden(&table, lily_value_get(policy, "hidden"));
	table_print(&table, term, text);
	table_done(&table);
}

static void
add_demand(struct table *table, const struct term *term, const struct lily_value *demand)
{
	bool is_held = field_is(demand, "state", "enforced");
	bool is_seen = field_is(demand, "state", "detected");
	struct term_sign sign = term_sign(term,
		is_held           ? "succeeded"
			: is_seen ? "waiting"
				  : "failed");
	AUTO_TEXT struct text text = TEXT_INIT;

	table_add(table, sign.paint, sign.sign);
	table_add(table, PAINT_BOLD, field_text(demand, "clause"));
	table_add(table, PAINT_NONE, field_text(demand, "what"));
	table_add(table, sign.paint, field_text(demand, "state"));
	if (field_has(demand, "mechanism"))
		text_format(&text, "by %s", field_text(demand, "mechanism"));
	if (field_has(demand, "missing"))
		text_format(&text, "%sneeds %s: %s", text.size ? "; " : "",
			field_text(demand, "missing"), field_text(demand, "remedy"));
	table_take(table, PAINT_NONE, &text);
}

static void
add_demands(struct text *text, const struct term *term, const struct lily_value *policy)
{
	const struct lily_value *demands = lily_value_get(policy, "demands");
	struct table table;

	if (lily_value_boolean(lily_value_get(policy, "unconfined"), 0))
		return;
	text_format(text, "\nthis machine can hold it at tier %s%s\n",
		field_text(policy, "tier"),
		lily_value_boolean(lily_value_get(policy, "refused"), 0)
			? " only in part, so that it is refused:"
			: lily_value_boolean(lily_value_get(policy, "degraded"), 0)
			? " only in part, and best effort is to do:"
			: ":");
	table_init(&table, NULL, NULL, 5);
	for (size_t i = 0; i < lily_value_count(demands); i++)
		add_demand(&table, term, lily_value_at(demands, i));
	table_print(&table, term, text);
	table_done(&table);
}

/* "named" and so on, as a sentence. */
static void
add_reason(struct text *text, const struct lily_value *answer)
{
	const char *clause = field_text(answer, "clause");

	if (field_is(answer, "because", "named"))
		text_format(text, "`%s` names ", clause);
	else if (field_is(answer, "because", "unnamed"))
		text_format(text, "`%s` does not name it", clause);
	else if (field_is(answer, "because", "hidden"))
		text_add_string(text, "hidden with ");
	else if (field_is(answer, "because", "guarded"))
		text_add_string(text, "git or lily goes by it, and `write` does not name ");
	else
		text_format(text, "`%s` lets everything in", clause);
	if (field_has(answer, "by"))
		field_add(text, answer, "by");
}

static void
add_target(struct table *table, const struct term *term, const struct lily_value *target)
{
	const struct lily_value *answers = lily_value_get(target, "answers");
	AUTO_TEXT struct text text = TEXT_INIT;

	for (size_t i = 0; i < lily_value_count(answers); i++) {
		const struct lily_value *answer = lily_value_at(answers, i);
		bool is_allowed = lily_value_boolean(lily_value_get(answer, "allowed"), 0);
		struct term_sign sign = term_sign(term, is_allowed ? "succeeded" : "failed");

		table_add(table, sign.paint, sign.sign);
		table_add(table, PAINT_BOLD, i ? "" : field_text(target, "target"));
		text_format(
			&text, "%s%s", is_allowed ? "" : "no ", field_text(answer, "access"));
		table_take(table, sign.paint, &text);
		add_reason(&text, answer);
		table_take(table, PAINT_NONE, &text);
		add_where(table, answer);
	}
}

static void
print(const struct call *call, const struct lily_value *policy)
{
	const struct lily_value *targets = lily_value_get(policy, "targets");
	AUTO_TEXT struct text text = TEXT_INIT;
	struct table table;

	add_head(&text, &call->out, policy);
	if (lily_value_count(targets) > 0) {
		table_init(&table, NULL, NULL, 5);
		for (size_t i = 0; i < lily_value_count(targets); i++)
			add_target(&table, &call->out, lily_value_at(targets, i));
		table_print(&table, &call->out, &text);
		table_done(&table);
	} else {
		add_clauses(&text, &call->out, policy);
		add_demands(&text, &call->out, policy);
	}
	place_print(&text);
}

/* --- the command --- */

static int
ask(const struct call *call, const struct lily_policy_place *place)
{
	struct lily_policy_question question = {.step = call_text(call, STEP),
		.targets = call->arguments,
		.n_targets = call->n_arguments};
	struct lily_document *document;
	struct lily_error error = {0};

	if (!question.step && question.n_targets > 0) {
		question.name = call->arguments[0];
		question.targets++;
		question.n_targets--;
	}
	if (lily_policy_explain(place, &question, &document, &error) < 0)
		return source_fail(call, &error);
	if (call_wants_json(call))
		call_print_json(lily_document_root(document));
	else
		print(call, lily_document_root(document));
	lily_document_free(document);
	return STATUS_DONE;
}

static int
run(struct call *call)
{
	size_t count;
	char *found = call_text(call, FILE_OPTION) ? NULL : errand_find_file(&count);
	const struct lily_policy_place place = {
		.store = call_global(call, GLOBAL_STORE),
		.workflow = found ? found : call_text(call, FILE_OPTION),
	};
	int status = ask(call, &place);

	free(found);
	return status;
}

static const struct example examples[] = {
	{"lily policy explain", "what a step may do of which nobody says anything"},
	{"lily policy explain agent .git/hooks api.example.com:443",
		"may it write there, connect to that?"},
	{"lily policy explain --step fix -f fix.lily.yaml", "the policy of one step"},
};

const struct command cmd_policy_explain = {
	.name = "policy explain",
	.summary = "Show what a policy allows, who says so, and what holds it",
	.description =
		"Shows the policy as it holds: with what it extends, with lily's default for "
		"what it does not say, and bounded by the policies of the workspace "
		"(lily-policy.yaml) and of its user (lily/policy.yaml in one's own "
		"configuration), which never allow more. Each line names its place. Below "
		"stands for each thing that the policy forbids by which mechanism this machine "
		"can hold it, "
		"and whether that prevents it (enforced), or only sees it (detected).\n\n"
		"With targets it says of each whether it may be read, written and executed, or "
		"connected to, and which line decides. A path need not exist. Nothing is run; "
		"a lane is started, to see what it gets, and ended.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
