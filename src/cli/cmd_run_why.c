#include "cli/call.h"
#include "cli/field.h"
#include "cli/place.h"
#include "cli/statuses.h"
#include "cli/target.h"

#include <string.h>

static const struct argument_spec arguments[] = {
	{.name = "RUN/STEP",
		.help = "the step; of the newest run where it is a step's name alone",
		.completion = COMPLETE_RUN_STEP},
};

/* One of what is declared of a port: a word, or a schema by its id. */
static void
add_member(struct text *text, const struct lily_value *value)
{
	size_t n;
	const char *bytes = lily_value_text(value, &n);

	if (lily_value_kind(value) == LILY_KIND_STRING)
		text_add_safe(text, bytes, n, TEXT_LINE);
	else if (lily_value_kind(value) == LILY_KIND_OBJECT) {
		field_add(text, value, "id");
		text_add_string(text, " sha256:");
		field_add(text, value, "sha256");
	} else
		text_add_string(text, lily_value_boolean(value, 0) ? "true" : "…");
}

/* What an output has to be: each of its members by name. */
static void
add_port(struct text *text, const struct lily_value *port)
{
	for (size_t i = 0; i < lily_value_count(port); i++) {
		size_t n;
		const char *name = lily_value_key(port, i, &n);

		text_add_string(text, i > 0 ? ", " : "");
		text_add_safe(text, name, n, TEXT_LINE);
		text_add_string(text, ": ");
		add_member(text, lily_value_at(port, i));
	}
	if (lily_value_count(port) == 0)
		text_add_string(text, "as it is found");
}

/* A text and the inputs whose paths stand in it; what is long by its beginning. */
static void
add_part(struct text *text, const struct lily_value *part)
{
	size_t n;
	const char *bytes = lily_value_text(part, &n);

	if (lily_value_kind(part) == LILY_KIND_STRING) {
		text_add_safe(text, bytes, n, TEXT_LINE);
	} else if (field_has(part, "in")) {
		text_add_string(text, "${{ in.");
		field_add(text, part, "in");
		text_add_string(text, " }}");
	} else if (field_has(part, "sha256")) {
		field_add(text, part, "begins");
		text_add_string(text, "… (sha256:");
		field_add(text, part, "sha256");
		text_add_char(text, ')');
	} else {
		add_port(text, part);
	}
}

static void
add_value(struct text *text, const struct term *term, const char *label,
	const struct lily_value *value)
{
	text_format(text, "      %s%-4s%s ", term_on(term, PAINT_DIM), label, term_off(term));
	if (!value || lily_value_kind(value) == LILY_KIND_NULL)
		text_add_string(text, "(nothing)");
	else if (lily_value_kind(value) == LILY_KIND_ARRAY)
		for (size_t i = 0; i < lily_value_count(value); i++)
			add_part(text, lily_value_at(value, i));
	else
		add_part(text, value);
	text_add_char(text, '\n');
}

static void
add_attempt(struct text *text, const struct lily_value *from)
{
	text_add_string(text, "attempt ");
	field_add(text, from, "attempt");
	text_add_string(text, " of run ");
	field_add_run(text, field_text(from, "run_id"));
}

/* "input base is fetch.data of run 0199a7b2-3c4d". */
static void
add_previous(struct text *text, const struct lily_value *previous)
{
	for (size_t i = 0; i < lily_value_count(previous); i++) {
		const struct lily_value *one = lily_value_at(previous, i);

		text_add_string(text, "  input ");
		field_add(text, one, "input");
		text_add_string(
			text, field_has(one, "artifact_id") ? " is " : " is absent: no ");
		field_add(text, one, "output");
		text_add_string(text, " of ");
		if (field_has(one, "run_id"))
			text_add_string(text, "run ");
		if (field_has(one, "run_id"))
			field_add_run(text, field_text(one, "run_id"));
		else
			text_add_string(text, "an earlier run");
		text_add_char(text, '\n');
	}
}

/* "gate tests judged it: its key is another: tool.check". */
static void
add_gates(struct text *text, const struct lily_value *gates)
{
	for (size_t i = 0; i < lily_value_count(gates); i++) {
		const struct lily_value *gate = lily_value_at(gates, i);
		bool reused = lily_value_boolean(lily_value_get(gate, "reused"), 0);

		text_add_string(text, "  gate ");
		field_add(text, gate, "gate");
		text_add_string(text, reused ? " did not judge: " : " judged it: ");
		field_add(text, gate, "reason");
		text_add_char(text, '\n');
	}
}

static void
print(const struct call *call, const struct lily_value *why)
{
	const struct lily_value *differences = lily_value_get(why, "differences");
	const struct lily_value *from = lily_value_get(why, "from");
	const struct lily_value *before = lily_value_get(why, "compared_to");
	AUTO_TEXT struct text text = TEXT_INIT;

	text_add_string(&text, "step ");
	field_add(&text, why, "step");
	text_add_string(&text, " of run ");
	field_add_run(&text, field_text(why, "run_id"));
	text_add_string(&text, ": ");
	field_add(&text, why, "state");
	text_add_string(&text, "\n  ");
	field_add(&text, why, "reason");
	if (lily_value_kind(from) == LILY_KIND_OBJECT) {
		text_add_string(&text, ": ");
		add_attempt(&text, from);
	}
	if (lily_value_kind(before) == LILY_KIND_OBJECT) {
		text_add_string(&text, "\n  compared to ");
		add_attempt(&text, before);
	}
	text_add_char(&text, '\n');
	for (size_t i = 0; i < lily_value_count(differences); i++) {
		const struct lily_value *difference = lily_value_at(differences, i);

		text_add_string(&text, "    ");
		field_add(&text, difference, "label");
		text_add_char(&text, '\n');
		add_value(&text, &call->out, "is", lily_value_get(difference, "here"));
		add_value(&text, &call->out, "was", lily_value_get(difference, "there"));
	}
	add_previous(&text, lily_value_get(why, "previous"));
	add_gates(&text, lily_value_get(why, "gates"));
	place_print(&text);
}

static int
tell(const struct call *call, struct lily_store *store, struct target *target)
{
	struct lily_document *document;
	struct lily_error error = {0};

	if (target_find_step(target, store, &error) < 0 ||
		lily_run_why(store, target->run, target->step ? target->step : "", &document,
			&error) < 0)
		return call_fail(call, &error);
	if (call_wants_json(call))
		call_print_json(lily_document_root(document));
	else
		print(call, lily_document_root(document));
	lily_document_free(document);
	return 0;
}

static int
run(struct call *call)
{
	const char *word = call_argument(call, 0);
	struct lily_store *store;
	struct target target;
	int status = 0;

	if (!word)
		return call_usage(
			call, "why what? name a step: RUN/STEP, or STEP of the newest run");
	if (!target_parse(&target, word))
		return call_usage(call, "%s names no attempt: @N takes a number", word);
	if (!target.step && !target.attempt)
		status = call_usage(
			call, "%s is a run; name one of its steps: %s/STEP", word, word);
	if (status == 0)
		status = place_open(call, LILY_STORE_READ_ONLY, &store);
	if (status == 0) {
		status = tell(call, store, &target);
		lily_store_close(store);
	}
	target_done(&target);
	return status;
}

static const struct example examples[] = {
	{"lily why build", "why `build` ran in the newest run, or was reused"},
	{"lily why 0199a7b2/build --json", "of that run, as a document"},
};

const struct command cmd_run_why = {
	.name = "run why",
	.stands_alone = true,
	.summary = "Tell why a step ran, or was not run",
	.description =
		"Of a step that can be reused: which parts of its content key differ from the "
		"newest earlier attempt that was accepted, with both values; a long text by "
		"its "
		"beginning, an input by its digest, a variable that is passed on by its digest "
		"alone. Of one that was reused: from where. Else why it was not looked up.",
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
