#include "cli/show.h"

#include "cli/field.h"
#include "cli/place.h"
#include "cli/show_steps.h"
#include "cli/summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FAILURES_SHOWN 5

static void
add_label(struct text *text, const struct term *term, const char *label)
{
	text_format(text, "%s%-9s%s ", term_on(term, PAINT_DIM), label, term_off(term));
}

static void
add_title(struct text *text, const struct term *term, const struct lily_value *run)
{
	const char *status = field_text(run, "status");
	struct term_sign sign = term_sign(term, status);

	text_format(text, "%s%s %s%s  ", term_on(term, sign.paint), sign.sign, status,
		term_off(term));
	text_add_string(text, term_on(term, PAINT_BOLD));
	if (field_has(run, "workflow"))
		field_add(text, run, "workflow");
	else
		text_add_string(text, "a run without a workflow");
	text_format(text, "%s\n", term_off(term));
}

static void
add_times(struct text *text, const struct term *term, const struct lily_value *run)
{
	add_label(text, term, "created");
	text_add_local_time(text, field_time(run, "created_at"));
	if (field_has(run, "duration_us")) {
		text_add_string(
			text, field_has(run, "ended_at") ? ", took " : ", running for ");
		text_add_duration(text, field_integer(run, "duration_us", 0));
	}
	text_add_char(text, '\n');
}

/* Runs that do this one again. */
static void
add_children(struct text *text, const struct term *term, const struct lily_value *run)
{
	const struct lily_value *children = lily_value_get(run, "children");

	for (size_t i = 0; i < lily_value_count(children); i++) {
		const struct lily_value *child = lily_value_at(children, i);

		add_label(text, term, i == 0 ? "again" : "");
		text_add_string(text, "by ");
		field_add(text, child, "run_id");
		text_format(text, "  %s%s%s\n", term_on(term, PAINT_DIM),
			field_text(child, "kind"), term_off(term));
	}
}

/* Who was told of it, and whether that went well. */
static void
add_notified(struct text *text, const struct term *term, const struct lily_value *run)
{
	const struct lily_value *list = lily_value_get(run, "notified");

	for (size_t i = 0; i < lily_value_count(list); i++) {
		const struct lily_value *item = lily_value_at(list, i);

		add_label(text, term, i == 0 ? "notified" : "");
		field_add(text, item, "event");
		if (field_has(item, "duration_us")) {
			text_add_string(text, " in ");
			text_add_duration(text, field_integer(item, "duration_us", 0));
		}
		if (field_has(item, "class")) {
			text_format(text, "  %s", term_on(term, PAINT_YELLOW));
			field_add(text, item, "message");
			text_add_string(text, term_off(term));
		}
		if (field_has(item, "log"))
			text_format(text, "  %slily logs %.*s --notify%s",
				term_on(term, PAINT_DIM), RUN_SHORT, field_text(run, "run_id"),
				term_off(term));
		text_add_char(text, '\n');
	}
}

static void
add_facts(struct text *text, const struct term *term, const struct lily_value *run)
{
	add_label(text, term, "run");
	field_add(text, run, "run_id");
	text_add_char(text, '\n');
	if (field_has(run, "parent")) {
		add_label(text, term, field_text(run, "kind"));
		text_add_string(text, "of ");
		field_add(text, run, "parent");
		text_add_char(text, '\n');
	}
	add_children(text, term, run);
	if (field_has(run, "source")) {
		add_label(text, term, "file");
		field_add(text, run, "source");
		text_add_char(text, '\n');
	}
	if (field_has(run, "key")) {
		add_label(text, term, "key");
		field_add(text, run, "key");
		text_add_char(text, '\n');
	}
	add_times(text, term, run);
	if (field_has(run, "reason")) {
		add_label(text, term, "reason");
		field_add(text, run, "reason");
		text_add_char(text, '\n');
	}
	if (field_has(run, "kept_in")) {
		add_label(text, term, "kept in");
		field_add(text, run, "kept_in");
		text_add_char(text, '\n');
	}
	add_notified(text, term, run);
	if (field_integer(lily_value_get(run, "steps"), "total", 0) == 0)
		return;
	add_label(text, term, "steps");
	summary_figures(text, run);
	text_format(text, "; %" PRId64 " attempt%s\n", field_integer(run, "attempts", 0),
		field_integer(run, "attempts", 0) == 1 ? "" : "s");
}

static void
add_command(struct text *text, const struct term *term, const struct lily_value *run,
	const char *verb, const char *what)
{
	text_format(text, "  lily %s ", verb);
	field_add_run(text, field_text(run, "run_id"));
	text_format(text, "  %s%s%s\n", term_on(term, PAINT_DIM), what, term_off(term));
}

/* What can be done with it now. */
static void
add_next(struct text *text, const struct term *term, const struct lily_value *run)
{
	const char *status = field_text(run, "status");

	if (strcmp(status, "interrupted") == 0) {
		text_add_string(text, "\nnobody drives it\n");
		/* Before the end only a cancelling has a reason, and it cannot be taken back. */
		if (field_has(run, "reason")) {
			add_command(text, term, run, "cancel", "ends it as cancelled");
			return;
		}
		/* Without a plan nothing was begun, and there is nothing to go on with. */
		if (field_integer(lily_value_get(run, "steps"), "total", 0) > 0)
			add_command(text, term, run, "resume", "goes on with it");
		add_command(text, term, run, "cancel", "ends it");
	} else if (strcmp(status, "running") == 0) {
		text_add_char(text, '\n');
		add_command(text, term, run, "watch ", "shows how it goes on");
		add_command(text, term, run, "cancel", "ends it");
	} else if (strcmp(status, "created") == 0) {
		text_add_char(text, '\n');
		add_command(text, term, run, "run start FILE --run", "runs a workflow in it");
		add_command(text, term, run, "run finish", "ends it");
	}
}

void
show_run(const struct call *call, const struct lily_value *run, unsigned steps)
{
	const struct term *term = &call->out;
	AUTO_TEXT struct text text = TEXT_INIT;
	AUTO_TEXT struct text outputs = TEXT_INIT;

	add_title(&text, term, run);
	add_facts(&text, term, run);
	if (lily_value_count(lily_value_get(run, "failed_steps")) > 0) {
		text_add_char(&text, '\n');
		summary_failures(&text, term, run, FAILURES_SHOWN);
	}
	summary_unknown(&text, run);
	summary_questions(&text, run);
	show_steps(&text, term, run, steps);
	summary_outputs(&outputs, term, run);
	if (outputs.size > 0)
		text_format(&text, "\noutputs  %slily artifact cat ID%s\n",
			term_on(term, PAINT_DIM), term_off(term));
	text_add(&text, outputs.bytes, outputs.size);
	add_next(&text, term, run);
	place_print(&text);
}

/* "exit 3", "signal 9", "timed out". */
static void
add_end(struct text *text, const struct lily_value *attempt)
{
	if (lily_value_boolean(lily_value_get(attempt, "timed_out"), 0))
		text_add_string(text, ", timed out");
	else if (field_has(attempt, "signal") && field_integer(attempt, "signal", 0) != 0)
		text_format(text, ", signal %" PRId64, field_integer(attempt, "signal", 0));
	else if (field_has(attempt, "exit"))
		text_format(text, ", exit %" PRId64, field_integer(attempt, "exit", 0));
}

/* "  tested, reviewed": what gates granted. */
static void
add_labels(struct text *text, const struct term *term, const struct lily_value *labels)
{
	for (size_t i = 0; i < lily_value_count(labels); i++)
		text_format(text, "%s%s%s%s", i ? ", " : "  ", term_on(term, PAINT_GREEN),
			lily_value_text(lily_value_at(labels, i), NULL), term_off(term));
}

static void
add_references(struct text *text, const struct term *term, const char *label,
	const struct lily_value *list)
{
	for (size_t i = 0; i < lily_value_count(list); i++) {
		const struct lily_value *item = lily_value_at(list, i);

		text_add_string(text, "  ");
		add_label(text, term, i == 0 ? label : "");
		field_add(text, item, "name");
		text_add_string(text, "  ");
		text_add_size(text, (uint64_t)field_integer(item, "size", 0));
		text_format(text, "  %s", term_on(term, PAINT_DIM));
		if (field_has(item, "artifact_id"))
			field_add_artifact(text, field_text(item, "artifact_id"));
		else if (field_has(item, "sha256"))
			text_format(text, "sha256:%.12s", field_text(item, "sha256"));
		text_format(text, "%s", term_off(term));
		if (field_has(item, "from"))
			text_add_string(text, "  from ");
		if (field_has(item, "from"))
			field_add_artifact(text, field_text(item, "from"));
		add_labels(text, term, lily_value_get(item, "labels"));
		text_add_char(text, '\n');
	}
}

/* "gates  ✓ tests  · ✗ size  coverage is 0.5, less than 0.8": each on a line. */
static void
add_gates(struct text *text, const struct term *term, const struct lily_value *gates)
{
	for (size_t i = 0; i < lily_value_count(gates); i++) {
		const struct lily_value *gate = lily_value_at(gates, i);
		bool passed = field_is(gate, "status", "passed");
		struct term_sign sign = term_sign(term, passed ? "succeeded" : "failed");

		text_add_string(text, "  ");
		add_label(text, term, i == 0 ? "gates" : "");
		text_format(
			text, "%s%s%s ", term_on(term, sign.paint), sign.sign, term_off(term));
		field_add(text, gate, "gate");
		text_format(text, "  %s", field_text(gate, "status"));
		if (!lily_value_boolean(lily_value_get(gate, "required"), 1))
			text_add_string(text, " (optional)");
		if (lily_value_boolean(lily_value_get(gate, "disagreement"), 0))
			text_add_string(text, " (its turns disagree)");
		if (field_has(gate, "reused"))
			text_add_string(text, " (there, under an equal key)");
		if (field_has(gate, "reason")) {
			text_add_string(text, "  ");
			field_add(text, gate, "reason");
		}
		text_add_char(text, '\n');
	}
}

/* "slots  gpu 0, 2": which slots of pools it had. */
static void
add_slots(struct text *text, const struct term *term, const struct lily_value *pools)
{
	for (size_t i = 0; i < lily_value_count(pools); i++) {
		const struct lily_value *slots = lily_value_at(pools, i);
		size_t n;
		const char *name = lily_value_key(pools, i, &n);

		text_add_string(text, "  ");
		add_label(text, term, i == 0 ? "slots" : "");
		text_format(text, "%.*s", (int)n, name);
		for (size_t j = 0; j < lily_value_count(slots); j++) {
			text_format(text, "%s%" PRId64, j ? ", " : " ",
				lily_value_integer(lily_value_at(slots, j), 0));
		}
		text_add_char(text, '\n');
	}
}

/* How many of the list from i on are of the same host, with the same outcome; 0: one before was. */
static size_t
count_alike(const struct lily_value *connections, size_t i)
{
	static const char *const keys[] = {"host", "outcome", "address", "reason", "by"};
	const struct lily_value *first = lily_value_at(connections, i);
	size_t n = 0;

	for (size_t k = 0; k < lily_value_count(connections); k++) {
		const struct lily_value *other = lily_value_at(connections, k);
		bool alike = field_integer(first, "port", 0) == field_integer(other, "port", 0);

		for (size_t j = 0; alike && j < COUNT(keys); j++)
			alike = strcmp(field_text(first, keys[j]),
					field_text(other, keys[j])) == 0;
		if (alike && k < i)
			return 0;
		n += alike;
	}
	return n;
}

static void
add_connections(
	struct text *text, const struct term *term, const struct lily_value *connections)
{
	for (size_t i = 0; i < lily_value_count(connections); i++) {
		const struct lily_value *connection = lily_value_at(connections, i);
		bool is_literal = strchr(field_text(connection, "host"), ':') != NULL;
		size_t n = count_alike(connections, i);

		if (n == 0)
			continue;
		text_add_string(text, "  ");
		add_label(text, term, "asked for");
		text_add_string(text, is_literal ? "[" : "");
		field_add(text, connection, "host");
		text_format(text, "%s:%" PRId64, is_literal ? "]" : "",
			field_integer(connection, "port", 0));
		if (n > 1)
			text_format(text, ", %zu times", n);
		text_add_string(text, ": ");
		field_add(text, connection, "outcome");
		if (field_has(connection, "address")) {
			text_add_string(text, ", ");
			field_add(text, connection, "address");
		}
		if (field_has(connection, "reason")) {
			text_add_string(text, ", ");
			field_add(text, connection, "reason");
		}
		if (field_has(connection, "by")) {
			text_add_string(text, ", by a ");
			field_add(text, connection, "by");
		}
		text_add_char(text, '\n');
	}
}

static void
add_attempt(struct text *text, const struct term *term, const struct lily_value *attempt)
{
	const struct lily_value *kept = lily_value_get(attempt, "outputs_of");
	const char *state = field_text(attempt, "state");
	const char *shown = strcmp(state, "accepted") == 0 ? "succeeded"
		: strcmp(state, "rejected") == 0           ? "failed"
		: strcmp(state, "started") == 0            ? "running"
							   : state;
	struct term_sign sign = term_sign(term, shown);

	text_format(text, "\n%s%s attempt @%" PRId64 "%s  ", term_on(term, sign.paint),
		sign.sign, field_integer(attempt, "attempt", 0), term_off(term));
	if (field_has(attempt, "visit"))
		text_format(text, "visit %" PRId64 ", ", field_integer(attempt, "visit", 1));
	text_format(text, "try %" PRId64 ": %s", field_integer(attempt, "try", 1), state);
	add_end(text, attempt);
	if (field_has(attempt, "duration_us")) {
		text_add_string(text, ", ");
		text_add_duration(text, field_integer(attempt, "duration_us", 0));
	}
	if (field_integer(attempt, "max_rss_kib", 0) > 0) {
		text_add_string(text, ", ");
		text_add_size(text, (uint64_t)field_integer(attempt, "max_rss_kib", 0) * 1024);
	}
	text_add_char(text, '\n');
	if (field_has(attempt, "message")) {
		text_add_string(text, "  ");
		add_label(text, term, "why");
		field_add(text, attempt, "message");
		text_add_char(text, '\n');
	}
	text_add_string(text, "  ");
	add_label(text, term, "began");
	text_add_local_time(text,
		field_time(attempt,
			field_has(attempt, "started_at") ? "started_at" : "submitted_at"));
	text_add_char(text, '\n');
	if (field_has(attempt, "kept_in")) {
		text_add_string(text, "  ");
		add_label(text, term, "kept in");
		field_add(text, attempt, "kept_in");
		text_add_char(text, '\n');
	}
	if (field_has(kept, "run_id")) {
		text_add_string(text, "  ");
		add_label(text, term, "done by");
		field_add_run(text, field_text(kept, "run_id"));
		text_format(text, "@%" PRId64 "\n", field_integer(kept, "attempt", 0));
	}
	add_slots(text, term, lily_value_get(attempt, "pools"));
	add_connections(text, term, lily_value_get(attempt, "connections"));
	add_references(text, term, "took in", lily_value_get(attempt, "inputs"));
	add_references(text, term, "made", lily_value_get(attempt, "outputs"));
	add_references(text, term, "judged", lily_value_get(attempt, "validator_logs"));
	add_gates(text, term, lily_value_get(attempt, "gates"));
}

static void
add_adopted(struct text *text, const struct term *term, const struct lily_value *adopted)
{
	if (!field_has(adopted, "run_id"))
		return;
	text_add_string(text, "  ");
	add_label(text, term, "done by");
	field_add_run(text, field_text(adopted, "run_id"));
	text_format(text, "@%" PRId64 "\n", field_integer(adopted, "attempt", 0));
	add_references(text, term, "made", lily_value_get(adopted, "outputs"));
	add_gates(text, term, lily_value_get(adopted, "gates"));
}

static const struct lily_value *
failure_of(const struct lily_value *run, const char *step)
{
	const struct lily_value *failed = lily_value_get(run, "failed_steps");

	for (size_t i = 0; i < lily_value_count(failed); i++)
		if (field_is(lily_value_at(failed, i), "step", step))
			return lily_value_at(failed, i);
	return NULL;
}

void
show_step(const struct call *call, const struct lily_value *run, uint32_t attempt)
{
	const struct lily_value *step = lily_value_at(lily_value_get(run, "step_list"), 0);
	const struct lily_value *attempts = lily_value_get(step, "attempts");
	const struct lily_value *failure = failure_of(run, field_text(step, "step"));
	const struct term *term = &call->out;
	struct term_sign sign = term_sign(term, field_text(step, "state"));
	AUTO_TEXT struct text text = TEXT_INIT;
	size_t n;
	const char *tail = lily_value_text(lily_value_get(failure, "log_tail"), &n);

	text_format(&text, "%s%s ", term_on(term, sign.paint), sign.sign);
	field_add(&text, step, "state");
	text_format(&text, "%s  ", term_off(term));
	field_add_run(&text, field_text(run, "run_id"));
	text_format(&text, "/%s", term_on(term, PAINT_BOLD));
	field_add(&text, step, "step");
	text_format(&text, "%s\n", term_off(term));
	add_adopted(&text, term, lily_value_get(step, "adopted"));
	if (field_has(step, "blocked_by")) {
		text_add_string(&text, "  ");
		add_label(&text, term, "why");
		field_add(&text, step, "blocked_by");
		text_add_string(&text, " did not succeed\n");
	}
	if (field_is(step, "state", "skipped")) {
		text_add_string(&text, "  ");
		add_label(&text, term, "why");
		if (field_has(step, "skipped_by")) {
			text_add_string(&text, "the outcome that it needs of ");
			field_add(&text, step, "skipped_by");
			text_add_string(&text, " did not come\n");
		} else {
			text_add_string(&text, "its `if` is false\n");
		}
	}
	for (size_t i = 0; i < lily_value_count(attempts); i++) {
		const struct lily_value *item = lily_value_at(attempts, i);

		if (attempt == 0 || field_integer(item, "attempt", 0) == attempt)
			add_attempt(&text, term, item);
	}
	if (n > 0) {
		text_add_string(&text, "\nend of the log\n");
		summary_log_tail(&text, term, tail, n, 20);
	}
	if (lily_value_count(attempts) > 0) {
		text_add_string(&text, "\n  lily logs ");
		field_add_run(&text, field_text(run, "run_id"));
		text_add_char(&text, '/');
		field_add(&text, step, "step");
		text_add_char(&text, '\n');
	}
	summary_unknown(&text, run);
	summary_questions(&text, run);
	place_print(&text);
}
