#include "cli/logs.h"

#include "cli/field.h"
#include "cli/follow.h"
#include "cli/heap.h"
#include "cli/place.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOK_MS 50

/* Whose log it is. */
struct writer {
	const char *step; /* NULL: what `notify` wrote */
	uint32_t attempt;
	size_t index; /* of a validator, or of what `notify` wrote */
};

/* One log that is being printed. */
struct reader {
	struct lily_log *log;
	struct writer writer;
	char *step;       /* heap; of the writer */
	char *label;      /* heap; what stands before its lines */
	struct text line; /* begun and not ended, where lines carry the step's name */
	uint64_t skip;    /* lines that stand before the tail */
};

struct printer {
	const struct call *call;
	struct lily_store *store;
	const struct logs_options *options;
	char *run;     /* heap; its full id */
	char *kept_in; /* heap; the folder of what its attempts left, or NULL */
	bool named;    /* lines carry the step's name */
	bool safe;
	struct reader *readers;
	size_t n, capacity;
	size_t name_width;
	size_t notified; /* logs of `notify` that were printed */
};

static void
write_bytes(const struct printer *printer, const char *bytes, size_t n)
{
	AUTO_TEXT struct text safe = TEXT_INIT;

	if (!printer->safe) {
		(void)fwrite(bytes, 1, n, stdout);
		return;
	}
	text_add_safe(&safe, bytes, n, TEXT_LINES);
	place_print(&safe);
}

static void
write_line(struct printer *printer, struct reader *reader, const char *bytes, size_t n)
{
	const struct term *term = &printer->call->out;

	(void)printf("%s%-*s |%s ", term_on(term, PAINT_DIM), (int)printer->name_width,
		reader->label, term_off(term));
	write_bytes(printer, bytes, n);
	(void)putchar('\n');
}

/* Whole lines go out, what is left waits for its end. */
static void
write_named(struct printer *printer, struct reader *reader, const char *bytes, size_t n)
{
	const char *start;
	const char *end;

	text_add(&reader->line, bytes, n);
	start = text_string(&reader->line);
	while ((end = memchr(start, '\n',
			reader->line.size - (size_t)(start - reader->line.bytes)))) {
		write_line(printer, reader, start, (size_t)(end - start));
		start = end + 1;
	}
	reader->line.size -= (size_t)(start - text_string(&reader->line));
	memmove(reader->line.bytes, start, reader->line.size);
}

static void
write_text(struct printer *printer, struct reader *reader, const char *bytes, size_t n)
{
	if (printer->named)
		write_named(printer, reader, bytes, n);
	else
		write_bytes(printer, bytes, n);
}

static void
add_writer(struct text *line, const struct reader *reader)
{
	const char *validator = lily_log_validator(reader->log);
	const char *gate = lily_log_gate(reader->log);

	if (!reader->step) {
		text_format(line, "{\"notify\":\"%s\"", lily_log_notification(reader->log));
		return;
	}
	text_add_string(line, "{\"step\":");
	text_add_json(line, reader->step, strlen(reader->step));
	text_format(line, ",\"attempt\":%" PRIu32, lily_log_attempt(reader->log));
	if (validator) {
		text_add_string(line, ",\"validator\":");
		text_add_json(line, validator, strlen(validator));
	}
	if (gate) {
		text_add_string(line, ",\"gate\":");
		text_add_json(line, gate, strlen(gate));
	}
}

static void
write_json(struct reader *reader, const struct lily_log_chunk *chunk)
{
	AUTO_TEXT struct text line = TEXT_INIT;

	add_writer(&line, reader);
	if (chunk->stream == 0) {
		text_format(&line, ",\"gap\":%" PRIu64 "}\n", chunk->gap);
	} else {
		text_format(&line, ",\"stream\":\"%s\",\"time\":\"",
			chunk->stream == 1 ? "stdout" : "stderr");
		text_add_time(&line, chunk->time_us);
		text_add_string(&line, "\",\"text\":");
		text_add_json(&line, chunk->bytes, chunk->size);
		text_add_string(&line, "}\n");
	}
	place_print(&line);
}

static bool
is_wanted(const struct printer *printer, const struct lily_log_chunk *chunk)
{
	return chunk->stream == 0 || printer->options->stream == 0 ||
		chunk->stream == printer->options->stream;
}

/* Moves the chunk behind the lines that stand before the tail; false where nothing is left. */
static bool
skip_lines(struct reader *reader, struct lily_log_chunk *chunk)
{
	while (reader->skip > 0 && chunk->size > 0) {
		const char *end = memchr(chunk->bytes, '\n', chunk->size);
		size_t n = end ? (size_t)(end - chunk->bytes) + 1 : chunk->size;

		chunk->bytes += n;
		chunk->size -= n;
		reader->skip -= end != NULL;
	}
	return reader->skip == 0 && (chunk->stream == 0 || chunk->size > 0);
}

static void
take_chunk(struct printer *printer, struct reader *reader, struct lily_log_chunk *chunk)
{
	AUTO_TEXT struct text gap = TEXT_INIT;

	if (!is_wanted(printer, chunk) || !skip_lines(reader, chunk))
		return;
	if (call_wants_json(printer->call)) {
		write_json(reader, chunk);
	} else if (chunk->stream == 0) {
		text_format(&gap, "\n[… %" PRIu64 " bytes were not kept …]\n", chunk->gap);
		write_text(printer, reader, text_string(&gap), gap.size);
	} else {
		write_text(printer, reader, chunk->bytes, chunk->size);
	}
}

/* All that is there now. */
static int
drain(struct printer *printer, struct reader *reader, struct lily_error *error)
{
	struct lily_log_chunk chunk;
	int n;

	while ((n = lily_log_next(reader->log, &chunk, error)) > 0 && !ferror(stdout))
		take_chunk(printer, reader, &chunk);
	return n < 0 ? n : 0;
}

static bool
wants_judges(const struct logs_options *options)
{
	return options->validators || options->gates;
}

static int
open_log(const struct printer *printer, const struct writer *writer, struct lily_log **ret_log,
	struct lily_error *error)
{
	if (!writer->step)
		return lily_log_open_notification(
			printer->store, printer->run, writer->index, ret_log, error);
	if (printer->options->gates)
		return lily_log_open_gate(printer->store, printer->run, writer->step,
			writer->attempt, writer->index, ret_log, error);
	return printer->options->validators
		? lily_log_open_validator(printer->store, printer->run, writer->step,
			  writer->attempt, writer->index, ret_log, error)
		: lily_log_open(printer->store, printer->run, writer->step, writer->attempt,
			  ret_log, error);
}

/* Who wrote it, if not the attempt itself. */
static const char *
judge_of(const struct reader *reader)
{
	const char *gate = lily_log_gate(reader->log);

	return gate ? gate : lily_log_validator(reader->log);
}

static char *
make_label(const struct reader *reader)
{
	const char *told = lily_log_notification(reader->log);
	const char *judge = judge_of(reader);
	AUTO_TEXT struct text label = TEXT_INIT;

	if (told)
		text_format(&label, "notify (%s)", told);
	else
		text_add_string(&label, judge ? judge : reader->step);
	return heap_copy(label.bytes, label.size);
}

/* How many lines there are before the tail that was asked for: by reading all of it once, so that
 * nothing has to be kept however long the tail is. */
static int
measure(const struct printer *printer, struct reader *reader, struct lily_error *error)
{
	struct lily_log_chunk chunk;
	struct lily_log *log;
	uint64_t lines = 0;
	bool is_open = false; /* the last line has no end yet */
	struct writer again = reader->writer;
	int n;

	again.step = reader->step;
	again.attempt = lily_log_attempt(reader->log);
	n = open_log(printer, &again, &log, error);
	if (n < 0)
		return n;
	while ((n = lily_log_next(log, &chunk, error)) > 0) {
		if (!is_wanted(printer, &chunk) || chunk.size == 0)
			continue;
		for (size_t i = 0; i < chunk.size; i++)
			lines += chunk.bytes[i] == '\n';
		is_open = chunk.bytes[chunk.size - 1] != '\n';
	}
	lily_log_close(log);
	lines += is_open;
	reader->skip = lines > printer->options->tail ? lines - printer->options->tail : 0;
	return n;
}

static void
finish(struct printer *printer, size_t index)
{
	struct reader *reader = &printer->readers[index];

	if (reader->line.size > 0)
		write_line(printer, reader, reader->line.bytes, reader->line.size);
	text_done(&reader->line);
	free(reader->step);
	free(reader->label);
	lily_log_close(reader->log);
	printer->readers[index] = printer->readers[--printer->n];
}

/* Opens a log and prints what it has. A step that has none yet is no error here. */
static int
begin(struct printer *printer, const struct writer *writer, struct lily_error *error)
{
	struct reader reader = {.writer = *writer};
	int n = open_log(printer, writer, &reader.log, error);

	if (n < 0)
		return n;
	if (writer->step)
		reader.step = heap_copy(writer->step, strlen(writer->step));
	reader.label = make_label(&reader);
	printer->readers = heap_grow(
		printer->readers, printer->n, &printer->capacity, sizeof(*printer->readers));
	printer->readers[printer->n++] = reader;
	if (printer->options->has_tail)
		n = measure(printer, &printer->readers[printer->n - 1], error);
	if (n >= 0)
		n = drain(printer, &printer->readers[printer->n - 1], error);
	if (n >= 0 && (!printer->options->follow || lily_log_is_complete(reader.log)))
		finish(printer, printer->n - 1);
	return n;
}

static void
rest(void)
{
	static const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};

	(void)fflush(stdout);
	(void)nanosleep(&pause, NULL);
}

/* What has been written since, of every open log; ended ones are closed. */
static int
drain_all(struct printer *printer, struct lily_error *error)
{
	for (size_t i = printer->n; i > 0; i--) {
		struct reader *reader = &printer->readers[i - 1];
		bool complete = lily_log_is_complete(reader->log) != 0;
		int n = drain(printer, reader, error);

		if (n < 0)
			return n;
		if (complete)
			finish(printer, i - 1);
	}
	return 0;
}

/* A step that is followed may not have begun; its run may end without it. */
static int
print_step(struct printer *printer, const struct target *target, struct lily_error *error)
{
	const struct writer writer = {.step = target->step, .attempt = target->attempt};
	struct follow follow;
	int n = begin(printer, &writer, error);

	if (n == LILY_ERROR_NOT_FOUND && printer->options->follow) {
		struct lily_error gone;
		int driven = 1;

		if (follow_open(&follow, printer->store, printer->run, 0, &gone) < 0)
			return n;
		while (n == LILY_ERROR_NOT_FOUND && driven > 0) {
			rest();
			driven = follow_is_driven(&follow, &gone);
			n = begin(printer, &writer, error);
		}
		follow_close(&follow);
	}
	while (n >= 0 && printer->n > 0 && !ferror(stdout)) {
		rest();
		n = drain_all(printer, error);
	}
	return n;
}

/* Its own log, or those of the validators or gates. */
static int
print_attempt(
	struct printer *printer, const char *step, uint32_t attempt, struct lily_error *error)
{
	struct writer writer = {.step = step, .attempt = attempt};
	int n = begin(printer, &writer, error);

	while (wants_judges(printer->options) && n >= 0) {
		writer.index++;
		n = begin(printer, &writer, error);
	}
	return n == LILY_ERROR_NOT_FOUND && writer.index > 0 ? 0 : n;
}

/* Those of `notify` that were not printed yet. */
enum logs_wanted { LOGS_ANY, LOGS_SOME }; /* SOME: it is an error where there are none */
static int
print_notified(struct printer *printer, enum logs_wanted wanted, struct lily_error *error)
{
	int n = 0;

	while (n >= 0) {
		n = begin(printer, &(struct writer){.index = printer->notified}, error);
		printer->notified += n >= 0;
	}
	return n == LILY_ERROR_NOT_FOUND && (wanted == LOGS_ANY || printer->notified) ? 0 : n;
}

static int
print_ended(struct printer *printer, struct lily_error *error)
{
	struct lily_document *document;
	const struct lily_value *list;
	int n = lily_run_describe(
		printer->store, printer->run, NULL, LILY_SHOW_STEPS, &document, error);

	if (n < 0)
		return n;
	list = lily_value_get(lily_document_root(document), "step_list");
	for (size_t i = 0; i < lily_value_count(list); i++) {
		size_t width = strlen(field_text(lily_value_at(list, i), "step"));

		if (width > printer->name_width && width <= 30)
			printer->name_width = width;
	}
	for (size_t i = 0; n >= 0 && i < lily_value_count(list); i++) {
		const struct lily_value *step = lily_value_at(list, i);
		const struct lily_value *attempts = lily_value_get(step, "attempts");

		for (size_t k = 0; n >= 0 && k < lily_value_count(attempts); k++) {
			int64_t number =
				field_integer(lily_value_at(attempts, k), "attempt", 0);

			n = print_attempt(
				printer, field_text(step, "step"), (uint32_t)number, error);
			if (n == LILY_ERROR_NOT_FOUND)
				n = 0;
		}
	}
	lily_document_free(document);
	return n < 0 || wants_judges(printer->options)
		? n
		: print_notified(printer, LOGS_ANY, error);
}

/* Logs are opened as their attempts begin; ended attempts come first, by the same events. */
static int
print_followed(struct printer *printer, struct lily_error *error)
{
	struct lily_run_event event;
	struct follow follow;
	int driven = 1;
	int n = follow_open(&follow, printer->store, printer->run, 0, error);

	if (n < 0)
		return n;
	while (n >= 0 && !ferror(stdout)) {
		while ((n = follow_next(&follow, &event, error)) > 0) {
			const struct writer writer = {
				.step = event.step, .attempt = event.attempt};

			if (event.type == LILY_RUN_NOTIFIED)
				n = print_notified(printer, LOGS_ANY, error);
			else if (event.type == LILY_RUN_STEP_STARTED)
				n = begin(printer, &writer, error);
			if (n < 0 && n != LILY_ERROR_NOT_FOUND)
				break;
		}
		if (n >= 0)
			n = drain_all(printer, error);
		if (n < 0 || (printer->n == 0 && (follow.ended || driven == 0)))
			break;
		driven = follow_is_driven(&follow, error);
		rest();
	}
	follow_close(&follow);
	return n;
}

/* The run's full id: @last shall mean the same run until the end. */
static int
fix_run(struct printer *printer, const char *address, struct lily_error *error)
{
	struct lily_document *document;
	const char *id;
	int n = lily_run_describe(printer->store, address, NULL, 0, &document, error);

	if (n < 0)
		return n;
	id = field_text(lily_document_root(document), "run_id");
	printer->run = heap_copy(id, strlen(id));
	if (field_has(lily_document_root(document), "kept_in"))
		printer->kept_in = field_copy(lily_document_root(document), "kept_in");
	lily_document_free(document);
	return 0;
}

/* Where what the attempt left is kept, for people; not among the bytes of the log. Without a step: where
 * that of all is. */
static void
say_kept(const struct printer *printer, const struct target *target)
{
	size_t n;
	struct lily_document *document;
	const struct lily_value *attempts;

	if (!printer->kept_in || call_wants_json(printer->call))
		return;
	if (!target->step) {
		call_say(printer->call, "kept in: %s", printer->kept_in);
		return;
	}
	if (lily_run_describe(printer->store, printer->run, target->step, LILY_SHOW_STEPS,
		    &document, NULL) < 0)
		return;
	attempts = lily_value_get(
		lily_value_at(lily_value_get(lily_document_root(document), "step_list"), 0),
		"attempts");
	n = lily_value_count(attempts);
	for (size_t i = 0; i < n; i++) {
		const struct lily_value *one = lily_value_at(attempts, i);
		bool is_meant = target->attempt
			? field_integer(one, "attempt", 0) == target->attempt
			: i + 1 == n;

		if (is_meant && field_has(one, "kept_in"))
			call_say(printer->call, "kept in: %s", field_text(one, "kept_in"));
	}
	lily_document_free(document);
}

/* A step of the plan that has no attempt yet is another thing than one that is not in it. */
static void
explain_missing(
	const struct printer *printer, const struct target *target, struct lily_error *error)
{
	struct lily_document *document;
	struct lily_error unknown;
	int n = lily_run_describe(printer->store, printer->run, target->step, LILY_SHOW_STEPS,
		&document, &unknown);

	if (n >= 0)
		lily_document_free(document);
	else if (n == LILY_ERROR_NOT_FOUND)
		*error = unknown;
}

int
logs_print(const struct call *call, struct lily_store *store, const struct target *target,
	const struct logs_options *options, struct lily_error *error)
{
	struct printer printer = {
		.call = call,
		.store = store,
		.options = options,
		.named = !target->step || wants_judges(options),
		.safe = call->out.is_terminal && !options->raw,
	};
	int n = fix_run(&printer, target->run, error);

	if (n >= 0 && options->notify)
		n = print_notified(&printer, LOGS_SOME, error);
	else if (n >= 0 && target->step && wants_judges(options))
		n = print_attempt(&printer, target->step, target->attempt, error);
	else if (n >= 0 && target->step)
		n = print_step(&printer, target, error);
	else if (n >= 0 && options->follow)
		n = print_followed(&printer, error);
	else if (n >= 0)
		n = print_ended(&printer, error);
	if (n >= 0)
		say_kept(&printer, target);
	if (n == LILY_ERROR_NOT_FOUND && printer.run && target->step && !target->attempt)
		explain_missing(&printer, target, error);
	while (printer.n > 0)
		finish(&printer, printer.n - 1);
	free(printer.readers);
	free(printer.run);
	free(printer.kept_in);
	return n;
}
