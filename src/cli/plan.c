#include "cli/plan.h"

#include "cli/field.h"
#include "cli/place.h"
#include "cli/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COMMAND_COLUMNS 100 /* where there is no terminal to ask */
#define NEEDS_SHOWN 6

/* A template as it was written: text, and references in ${{ }}. */
static void
add_template(struct text *text, const struct lily_value *value)
{
	const struct lily_value *parts = lily_value_get(value, "parts");
	size_t n;
	const char *bytes = lily_value_text(value, &n);

	if (lily_value_kind(value) != LILY_KIND_OBJECT) {
		text_add(text, bytes, n);
		return;
	}
	for (size_t i = 0; i < lily_value_count(parts); i++) {
		const struct lily_value *part = lily_value_at(parts, i);

		if (lily_value_kind(part) == LILY_KIND_OBJECT) {
			text_add_string(text, "${{ ");
			field_add(text, part, "ref");
			text_add_string(text, " }}");
			continue;
		}
		bytes = lily_value_text(part, &n);
		text_add(text, bytes, n);
	}
}

static bool
is_plain(const char *bytes, size_t n)
{
	static const char safe[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"_-./=:,@%+{}$ ";

	return n > 0 && strspn(bytes, safe) >= n && !memchr(bytes, ' ', n);
}

/* A word as a shell would take it. */
static void
add_word(struct text *text, const struct lily_value *value)
{
	AUTO_TEXT struct text word = TEXT_INIT;

	add_template(&word, value);
	if (is_plain(text_string(&word), word.size)) {
		text_add(text, word.bytes, word.size);
		return;
	}
	text_add_char(text, '\'');
	text_add(text, text_string(&word), word.size);
	text_add_char(text, '\'');
}

/* A script is the last word of a shell's command; its first line says enough here. */
static bool
add_script(struct text *text, const struct lily_value *argv)
{
	size_t n = lily_value_count(argv);
	const struct lily_value *shell = lily_value_at(argv, 0);
	AUTO_TEXT struct text script = TEXT_INIT;
	size_t length;

	if (n < 3 || (!field_equals(shell, "bash") && !field_equals(shell, "sh")) ||
		!field_equals(lily_value_at(argv, n - 2), "-c"))
		return false;
	add_template(&script, lily_value_at(argv, n - 1));
	length = strcspn(text_string(&script), "\n");
	text_add(text, text_string(&script), length);
	if (length + 1 < script.size)
		text_add_string(text, " …");
	return true;
}

static void
add_command(struct text *text, const struct term *term, const struct lily_value *argv)
{
	AUTO_TEXT struct text line = TEXT_INIT;
	AUTO_TEXT struct text safe = TEXT_INIT;
	size_t columns = COMMAND_COLUMNS;
	size_t rows;

	if (term->is_terminal)
		term_size(term, &columns, &rows);
	if (!add_script(&line, argv)) {
		for (size_t i = 0; i < lily_value_count(argv); i++) {
			if (i > 0)
				text_add_char(&line, ' ');
			add_word(&line, lily_value_at(argv, i));
		}
	}
	text_add_safe(&safe, text_string(&line), line.size, TEXT_LINE);
	text_format(text, "     %s$%s ", term_on(term, PAINT_DIM), term_off(term));
	text_add_cut(text, text_string(&safe), safe.size, columns > 20 ? columns - 7 : 20);
	text_add_char(text, '\n');
}

static void
begin_line(struct text *text, const struct term *term, const char *label)
{
	text_format(text, "     %s%-8s%s ", term_on(term, PAINT_DIM), label, term_off(term));
}

/* The file that a step is made from. */
static void
add_file(struct text *text, const struct term *term, const struct lily_value *scope)
{
	size_t n;
	const char *file = lily_value_text(lily_value_get(scope, "file"), &n);

	begin_line(text, term, "workflow");
	text_add_safe(text, file, n, TEXT_LINE);
	text_add_char(text, '\n');
}

/* What a foreach goes over, as far as a line holds it. */
static void
add_loop(struct text *text, const struct term *term, const struct lily_value *loop)
{
	static const char *const sources[] = {"from", "list", "glob"};
	AUTO_TEXT struct text line = TEXT_INIT;
	size_t columns = COMMAND_COLUMNS;
	size_t rows;

	if (term->is_terminal)
		term_size(term, &columns, &rows);
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		size_t n;
		const char *source = lily_value_text(lily_value_get(loop, sources[i]), &n);

		if (source)
			text_add_safe(&line, source, n, TEXT_LINE);
	}
	begin_line(text, term, "foreach");
	text_add_cut(text, text_string(&line), line.size, columns > 30 ? columns - 14 : 20);
	text_add_char(text, '\n');
}

static void
add_name(struct text *text, const struct lily_value *object, size_t index)
{
	size_t n;
	const char *name = lily_value_key(object, index, &n);

	text_add_safe(text, name, n, TEXT_LINE);
}

/* The member of an object by its place. */
static const struct lily_value *
member(const struct lily_value *object, size_t index)
{
	AUTO_TEXT struct text key = TEXT_INIT;
	size_t n;
	const char *name = lily_value_key(object, index, &n);

	text_add(&key, name, n);
	return lily_value_get(object, text_string(&key));
}

static void
add_input(struct text *text, const struct lily_value *input)
{
	AUTO_TEXT struct text shown = TEXT_INIT;
	char *json;

	if (field_has(input, "from")) {
		field_add(&shown, input, "from");
	} else if (field_has(input, "path")) {
		add_template(&shown, lily_value_get(input, "path"));
	} else if (field_has(input, "tree")) {
		add_template(&shown, lily_value_get(input, "tree"));
		text_add_char(&shown, '/');
	} else {
		json = lily_value_to_json(lily_value_get(input, "value"), LILY_JSON_COMPACT);
		text_add_cut(&shown, json, strlen(json), 60);
		lily_free(json);
	}
	text_add_safe(text, text_string(&shown), shown.size, TEXT_LINE);
}

static void
add_output(struct text *text, const struct lily_value *output)
{
	AUTO_TEXT struct text shown = TEXT_INIT;

	if (field_is(output, "from", "stdout"))
		text_add_string(&shown, "standard output");
	else if (field_has(output, "path"))
		add_template(&shown, lily_value_get(output, "path"));
	if (field_has(output, "type") && shown.size > 0)
		text_add_string(&shown, ", ");
	field_add(&shown, output, "type");
	text_add_safe(text, text_string(&shown), shown.size, TEXT_LINE);
}

typedef void add_port_fn(struct text *text, const struct lily_value *port);

/* "fetch.data of run 0199a7b2-3c4d": where an input comes from that an earlier run left. */
static void
add_previous(struct text *text, const struct lily_value *plan, const struct lily_value *port)
{
	AUTO_TEXT struct text name = TEXT_INIT;
	const struct lily_value *left;

	field_add(&name, port, "previous");
	left = lily_value_get(lily_value_get(plan, "previous"), text_string(&name));
	text_add(text, name.bytes, name.size);
	text_add_string(text, " of ");
	if (field_has(left, "run")) {
		text_add_string(text, "run ");
		field_add_run(text, field_text(left, "run"));
		if (!field_has(left, "sha256"))
			text_add_string(text, ", which left none");
	} else {
		text_add_string(text, "an earlier run: none has succeeded yet");
	}
}

static void
add_ports(struct text *text, const struct term *term, const char *label,
	const struct lily_value *plan, const struct lily_value *ports, add_port_fn *add_port)
{
	for (size_t i = 0; i < lily_value_count(ports); i++) {
		const struct lily_value *port = member(ports, i);
		size_t before;

		begin_line(text, term, i == 0 ? label : "");
		add_name(text, ports, i);
		before = text->size;
		text_add_string(text, ": ");
		if (field_has(port, "previous"))
			add_previous(text, plan, port);
		else
			add_port(text, port);
		if (text->size == before + 2)
			text->size = before;
		if (field_has(port, "schema")) {
			text_add_string(text, " (");
			field_add(text, port, "schema");
			text_add_char(text, ')');
		}
		if (lily_value_boolean(lily_value_get(port, "optional"), 0))
			text_add_string(text, " (optional)");
		text_add_char(text, '\n');
	}
}

static void
add_settings(struct text *text, const struct term *term, const struct lily_value *settings)
{
	const struct lily_value *retry = lily_value_get(settings, "retry");
	int64_t timeout = field_integer(settings, "timeout", 0);
	int64_t attempts = field_integer(retry, "attempts", 1);

	if (timeout <= 0 && attempts <= 1)
		return;
	begin_line(text, term, "limits");
	if (timeout > 0) {
		text_add_string(text, "timeout ");
		text_add_duration(text, timeout);
	}
	if (attempts > 1)
		text_format(text, "%sup to %" PRId64 " attempts", timeout > 0 ? ", " : "",
			attempts);
	text_add_char(text, '\n');
}

static void
add_needs(struct text *text, const struct term *term, const struct lily_value *steps,
	const struct lily_value *needs)
{
	size_t n = lily_value_count(needs);

	if (n == 0)
		return;
	text_format(text, "  %safter%s ", term_on(term, PAINT_DIM), term_off(term));
	for (size_t i = 0; i < n && i < NEEDS_SHOWN; i++) {
		const struct lily_value *need = lily_value_at(needs, i);
		bool asks = lily_value_count(need) == 2;
		int64_t number = lily_value_integer(asks ? lily_value_at(need, 0) : need, 0);

		text_add_string(text, i > 0 ? ", " : "");
		field_add(text, lily_value_at(steps, (size_t)number), "name");
		if (asks) {
			size_t size;
			const char *outcome = lily_value_text(lily_value_at(need, 1), &size);

			text_add_string(text, " (");
			text_add_safe(text, outcome, size, TEXT_LINE);
			text_add_char(text, ')');
		}
	}
	if (n > NEEDS_SHOWN)
		text_format(text, " and %zu more", n - NEEDS_SHOWN);
}

static void
add_step(
	struct text *text, const struct term *term, const struct lily_value *plan, size_t index)
{
	const struct lily_value *steps = lily_value_get(plan, "steps");
	const struct lily_value *step = lily_value_at(steps, index);
	const struct lily_value *settings = lily_value_at(
		lily_value_get(plan, "settings"), (size_t)field_integer(step, "settings", 0));

	text_format(text, "\n%3zu  %s", index + 1, term_on(term, PAINT_BOLD));
	field_add(text, step, "name");
	text_add_string(text, term_off(term));
	if (lily_value_boolean(lily_value_get(step, "last"), 0))
		text_format(text, "  %sfinally%s", term_on(term, PAINT_DIM), term_off(term));
	add_needs(text, term, steps, lily_value_get(step, "needs"));
	text_add_char(text, '\n');
	if (lily_value_get(step, "scope"))
		add_file(text, term, lily_value_get(step, "scope"));
	else if (lily_value_get(step, "foreach"))
		add_loop(text, term, lily_value_get(step, "foreach"));
	else
		add_command(text, term, lily_value_get(step, "argv"));
	add_ports(text, term, "in", plan, lily_value_get(step, "in"), add_input);
	add_ports(text, term, "out", plan, lily_value_get(step, "out"), add_output);
	add_settings(text, term, settings);
}

/* "one run at a time with the key "deploy"; busy: wait". */
static void
add_concurrency(struct text *text, const struct lily_value *concurrency)
{
	AUTO_TEXT struct text key = TEXT_INIT;

	if (lily_value_kind(concurrency) != LILY_KIND_OBJECT)
		return;
	add_template(&key, lily_value_get(concurrency, "key"));
	text_add_string(text, "one run at a time with the key \"");
	text_add_safe(text, text_string(&key), key.size, TEXT_LINE);
	text_add_string(text, "\"; busy: ");
	field_add(text, concurrency, "busy");
	text_add_char(text, '\n');
}

static void
add_params(struct text *text, const struct lily_value *params)
{
	for (size_t i = 0; i < lily_value_count(params); i++) {
		char *json = lily_value_to_json(member(params, i), LILY_JSON_COMPACT);

		text_add_string(text, i == 0 ? "params: " : ", ");
		add_name(text, params, i);
		text_add_string(text, " = ");
		text_add_safe(text, json, strlen(json), TEXT_LINE);
		lily_free(json);
	}
	if (lily_value_count(params) > 0)
		text_add_char(text, '\n');
}

static void
add_inputs(struct text *text, const struct lily_value *inputs)
{
	for (size_t i = 0; i < lily_value_count(inputs); i++) {
		const struct lily_value *input = member(inputs, i);

		text_add_string(text, i == 0 ? "inputs: " : ", ");
		add_name(text, inputs, i);
		if (!field_has(input, "path"))
			continue;
		text_add_string(text, " = ");
		field_add(text, input, "path");
	}
	if (lily_value_count(inputs) > 0)
		text_add_char(text, '\n');
}

/* "gate    tests would judge: its key is another: tool.check". */
static void
add_gate_preview(struct text *text, const struct term *term, const struct lily_value *gate)
{
	begin_line(text, term, "gate");
	field_add(text, gate, "gate");
	if (field_is(gate, "would", "judge")) {
		text_add_string(text, " would judge: ");
		field_add(text, gate, "why");
	} else {
		text_add_string(text, " has passed it under an equal key");
	}
	text_add_char(text, '\n');
}

/* "would   be reused from run 0199a7b2-3c4d", "would   run: nothing was accepted under its key". */
static void
add_preview(struct text *text, const struct term *term, const struct lily_value *preview)
{
	const struct lily_value *gates = lily_value_get(preview, "gates");

	begin_line(text, term, "would");
	if (field_is(preview, "would", "reuse")) {
		text_add_string(text, "be reused from run ");
		field_add_run(text, field_text(preview, "run_id"));
	} else if (field_is(preview, "would", "judge")) {
		text_add_string(text, "not run: gates judge what run ");
		field_add_run(text, field_text(preview, "run_id"));
		text_add_string(text, " left");
	} else if (field_has(preview, "after")) {
		text_add_string(text, "run after ");
		field_add(text, preview, "after");
		text_add_string(text, ", unless that makes what it made before");
	} else {
		text_add_string(text, "run: ");
		field_add(text, preview, "why");
	}
	text_add_char(text, '\n');
	for (size_t i = 0; i < lily_value_count(gates); i++)
		add_gate_preview(text, term, lily_value_at(gates, i));
}

static void
print(const struct call *call, const struct lily_value *plan, const struct lily_value *previews)
{
	const struct term *term = &call->out;
	size_t n = lily_value_count(lily_value_get(plan, "steps"));
	int64_t parallel = field_integer(plan, "parallel", 0);
	AUTO_TEXT struct text text = TEXT_INIT;

	text_add_string(&text, term_on(term, PAINT_BOLD));
	field_add(&text, plan, "name");
	text_format(&text, "%s: ", term_off(term));
	text_add_plural(&text, n, "step");
	if (parallel > 0)
		text_format(&text, ", at most %" PRId64 " at a time", parallel);
	text_add_char(&text, '\n');
	add_concurrency(&text, lily_value_get(plan, "concurrency"));
	add_params(&text, lily_value_get(plan, "params"));
	add_inputs(&text, lily_value_get(plan, "inputs"));
	for (size_t i = 0; i < n; i++) {
		add_step(&text, term, plan, i);
		add_preview(&text, term, lily_value_at(previews, i));
	}
	place_print(&text);
}

static int
show(const struct call *call, struct lily_store *store, const struct errand *errand,
	const struct lily_workflow *workflow, const struct lily_value *plan, int fresh)
{
	struct lily_document *previews;
	struct lily_error error = {0};

	if (call_wants_json(call)) {
		call_print_json(plan);
		return 0;
	}
	if (lily_workflow_preview(
		    store, workflow, &errand->arguments, fresh, &previews, &error) < 0)
		return call_fail(call, &error);
	print(call, plan, lily_document_root(previews));
	lily_document_free(previews);
	return 0;
}

static int
make(const struct call *call, struct lily_store *store, const struct errand *errand, int fresh)
{
	struct lily_workflow *workflow;
	struct lily_document *plan;
	struct lily_error error = {0};
	int status = source_open(call, errand->file, &workflow, NULL);

	if (status != 0)
		return status;
	status = source_require(call, workflow);
	if (status == 0 &&
		lily_workflow_plan(store, workflow, &errand->arguments, &plan, &error) < 0) {
		status = call_fail(call, &error);
	} else if (status == 0) {
		status = show(call, store, errand, workflow, lily_document_root(plan), fresh);
		lily_document_free(plan);
	}
	lily_workflow_close(workflow);
	return status;
}

int
plan_show(const struct call *call, const struct errand *errand, int fresh)
{
	struct lily_store *store;
	int status = place_open(call, 0, &store);

	if (status != 0)
		return status;
	status = make(call, store, errand, fresh);
	lily_store_close(store);
	return status;
}
