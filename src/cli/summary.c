#include "cli/summary.h"

#include "cli/field.h"
#include "cli/place.h"
#include "cli/question.h"
#include "cli/table.h"

#include <stdio.h>
#include <string.h>

#define TAIL_LINES 20
#define FAILURES_SHOWN 5
#define LINE_COLUMNS 400

/* Where the last `most` lines begin. */
static size_t
tail_start(const char *bytes, size_t n, size_t most)
{
	size_t lines = 0;
	size_t i = n;

	if (i > 0 && bytes[i - 1] == '\n')
		i--;
	for (; i > 0; i--)
		if (bytes[i - 1] == '\n' && ++lines == most)
			break;
	return i;
}

void
summary_log_tail(
	struct text *text, const struct term *term, const char *bytes, size_t n, size_t most)
{
	AUTO_TEXT struct text line = TEXT_INIT;
	size_t i = tail_start(bytes, n, most);

	while (i < n) {
		const char *end = memchr(bytes + i, '\n', n - i);
		size_t length = end ? (size_t)(end - (bytes + i)) : n - i;

		/* A progress bar redraws its line; what counts is what it last showed. */
		for (size_t k = length; k > 1; k--) {
			if (bytes[i + k - 1] != '\r' || k == length)
				continue;
			i += k;
			length -= k;
			break;
		}
		if (length > 0 && bytes[i + length - 1] == '\r')
			length--;
		text_format(text, "  %s|%s ", term_on(term, PAINT_DIM), term_off(term));
		/* One endless line is not to push everything else off the screen. */
		text_clear(&line);
		text_add_safe(&line, bytes + i, length, TEXT_LINE);
		text_add_cut(text, text_string(&line), line.size, LINE_COLUMNS);
		text_add_char(text, '\n');
		i = end ? (size_t)(end - bytes) + 1 : n;
	}
}

static void
add_failure(struct text *text, const struct term *term, const struct lily_value *run,
	const struct lily_value *failure)
{
	struct term_sign sign = term_sign(term, "failed");
	int64_t attempt = field_integer(failure, "attempt", 0);
	size_t n;
	const char *tail = lily_value_text(lily_value_get(failure, "log_tail"), &n);

	text_format(text, "%s%s ", term_on(term, sign.paint), sign.sign);
	field_add(text, failure, "step");
	text_format(text, "%s failed", term_off(term));
	if (field_has(failure, "duration_us")) {
		text_add_string(text, " after ");
		text_add_duration(text, field_integer(failure, "duration_us", 0));
	}
	text_add_string(text, ": ");
	field_add(text, failure, field_has(failure, "message") ? "message" : "class");
	text_add_char(text, '\n');
	summary_log_tail(text, term, tail, n, TAIL_LINES);
	text_format(text, "  %s%-10s%s lily logs ", term_on(term, PAINT_DIM),
		"whole log:", term_off(term));
	field_add_run(text, field_text(run, "run_id"));
	text_add_char(text, '/');
	field_add(text, failure, "step");
	if (attempt > 0)
		text_format(text, "@%lld", (long long)attempt);
	/* Its own may be empty, and is not what failed. */
	if (field_integer(failure, "validator_logs", 0) > 0)
		text_add_string(text, " --validators");
	else if (field_integer(failure, "gate_logs", 0) > 0)
		text_add_string(text, " --gates");
	text_add_char(text, '\n');
	if (!field_has(failure, "kept_in"))
		return;
	text_format(text, "  %s%-10s%s ", term_on(term, PAINT_DIM), "kept in:", term_off(term));
	field_add(text, failure, "kept_in");
	text_add_char(text, '\n');
}

void
summary_failures(
	struct text *text, const struct term *term, const struct lily_value *run, size_t most)
{
	const struct lily_value *failed = lily_value_get(run, "failed_steps");
	size_t n = lily_value_count(failed);
	int64_t total = field_integer(lily_value_get(run, "steps"), "failed", (int64_t)n);

	for (size_t i = 0; i < n && i < most; i++)
		add_failure(text, term, run, lily_value_at(failed, i));
	if (total > (int64_t)(n < most ? n : most)) {
		text_add_string(text, "and ");
		text_add_plural(
			text, (uint64_t)total - (n < most ? n : most), "more failed step");
		text_add_string(text, ": lily show ");
		field_add_run(text, field_text(run, "run_id"));
		text_add_string(text, " --steps\n");
	}
}

void
summary_questions(struct text *text, const struct lily_value *run)
{
	const struct lily_value *questions = lily_value_get(run, "questions");

	for (size_t i = 0; i < lily_value_count(questions); i++) {
		text_add_char(text, '\n');
		question_add(text, lily_value_at(questions, i));
		question_add_advice(text, lily_value_at(questions, i));
	}
}

void
summary_unknown(struct text *text, const struct lily_value *run)
{
	const struct lily_value *steps = lily_value_get(run, "unknown_steps");

	for (size_t i = 0; i < lily_value_count(steps); i++) {
		const struct lily_value *step = lily_value_at(steps, i);
		const char *id = field_text(run, "run_id");
		const char *name = field_text(step, "step");
		bool here = strcmp(field_text(step, "run_id"), id) == 0;

		text_format(text,
			"\n? step %s must not happen twice, and nobody knows whether it "
			"has:\n  attempt @%lld",
			name, (long long)field_integer(step, "attempt", 0));
		if (!here)
			text_format(
				text, " of run %.*s", RUN_SHORT, field_text(step, "run_id"));
		text_add_string(text, " began it");
		if (field_has(step, "why")) {
			text_add_string(text, "; ");
			field_add(text, step, "why");
		}
		text_format(text,
			"\n  Look, then say what happened; the run goes on:\n"
			"    lily settle %.*s/%s --done        it has; it is not run again\n"
			"    lily settle %.*s/%s --not-done    it has not; it is run\n",
			RUN_SHORT, id, name, RUN_SHORT, id, name);
	}
}

void
summary_figures(struct text *text, const struct lily_value *run)
{
	static const char *const states[] = {"succeeded", "adopted", "reused", "skipped",
		"failed", "blocked", "cancelled", "running", "waiting", "unknown"};
	const struct lily_value *steps = lily_value_get(run, "steps");
	int64_t left = field_integer(steps, "total", 0);
	bool first = true;

	for (size_t i = 0; i < COUNT(states); i++) {
		int64_t n = field_integer(steps, states[i], 0);

		left -= n;
		if (n <= 0)
			continue;
		text_add_string(text, first ? "" : ", ");
		text_add_count(text, (uint64_t)n);
		text_format(text, " %s", states[i]);
		first = false;
	}
	if (left > 0) {
		text_add_string(text, first ? "" : ", ");
		text_add_count(text, (uint64_t)left);
		text_add_string(text, " not started");
		first = false;
	}
	if (first)
		text_add_string(text, "no steps");
}

void
summary_outputs(struct text *text, const struct term *term, const struct lily_value *run)
{
	static const bool right[] = {false, false, true, false};
	const struct lily_value *outputs = lily_value_get(run, "outputs");
	AUTO_TEXT struct text cell = TEXT_INIT;
	struct table table;

	table_init(&table, NULL, right, COUNT(right));
	for (size_t i = 0; i < lily_value_count(outputs); i++) {
		const struct lily_value *output = lily_value_at(outputs, i);

		table_add(&table, PAINT_BOLD,
			field_text(output, field_has(output, "output") ? "output" : "name"));
		table_add(&table, PAINT_NONE, field_text(output, "storage_kind"));
		text_add_size(&cell, (uint64_t)field_integer(output, "size", 0));
		table_take(&table, PAINT_NONE, &cell);
		field_add_artifact(&cell, field_text(output, "artifact_id"));
		table_take(&table, PAINT_DIM, &cell);
	}
	table_print(&table, term, text);
	table_done(&table);
}

/* "run 0199a7b2-3c4d failed in 12.3s: 10 succeeded, 1 failed, 1 blocked". */
static void
add_last_line(struct text *text, const struct term *term, const struct lily_value *run)
{
	const char *status = field_text(run, "status");
	struct term_sign sign = term_sign(term, status);

	text_add_string(text, "run ");
	field_add_run(text, field_text(run, "run_id"));
	text_format(text, " %s%s%s", term_on(term, sign.paint), status, term_off(term));
	if (field_integer(run, "duration_us", 0) > 0) {
		text_add_string(text, " in ");
		text_add_duration(text, field_integer(run, "duration_us", 0));
	}
	text_add_string(text, ": ");
	summary_figures(text, run);
	text_add_char(text, '\n');
}

static void
add_command(struct text *text, const struct term *term, const char *label, const char *verb,
	const struct lily_value *run)
{
	text_format(text, "  %s%-10s%s lily %s ", term_on(term, PAINT_DIM), label,
		term_off(term), verb);
	field_add_run(text, field_text(run, "run_id"));
	text_add_char(text, '\n');
}

void
summary_print(const struct call *call, const struct lily_value *run)
{
	AUTO_TEXT struct text talk = TEXT_INIT;
	AUTO_TEXT struct text data = TEXT_INIT;

	summary_failures(&talk, &call->err, run, FAILURES_SHOWN);
	if (talk.size > 0) {
		add_command(&talk, &call->err, "whole run:", "show", run);
		add_command(&talk, &call->err, "again:", "retry", run);
	}
	if (field_has(run, "kept_in")) {
		text_add_string(&talk, "the folders of its attempts are kept in ");
		field_add(&talk, run, "kept_in");
		text_add_char(&talk, '\n');
	}
	/* What no step says: a bound, a rule about a success, outputs that could not be worked out. */
	if (field_has(run, "reason") &&
		(lily_value_count(lily_value_get(run, "exhausted")) > 0 ||
			field_is(run, "status", "failed"))) {
		field_add(&talk, run, "reason");
		text_add_char(&talk, '\n');
	}
	add_last_line(&talk, &call->err, run);
	summary_unknown(&talk, run);
	summary_questions(&talk, run);
	summary_outputs(&data, &call->out, run);
	(void)fwrite(talk.bytes, 1, talk.size, stderr);
	place_print(&data);
	(void)fflush(stdout);
}
