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
#define TAIL_KEPT (1 << 20) /* what is read beyond the tail before it is cut back */

/* One attempt's log that is being printed. */
struct reader {
	struct lily_log *log;
	char *step;       /* heap */
	struct text line; /* begun and not ended, where lines carry the step's name */
	struct text kept; /* the tail so far */
};

struct printer {
	const struct call *call;
	struct lily_store *store;
	const struct logs_options *options;
	char *run;  /* heap; its full id */
	bool named; /* lines carry the step's name */
	bool safe;
	struct reader *readers;
	size_t n, capacity;
	size_t name_width;
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
		reader->step, term_off(term));
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
write_json(struct reader *reader, const struct lily_log_chunk *chunk)
{
	AUTO_TEXT struct text line = TEXT_INIT;

	text_add_string(&line, "{\"step\":");
	text_add_json(&line, reader->step, strlen(reader->step));
	text_format(&line, ",\"attempt\":%" PRIu32, lily_log_attempt(reader->log));
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

/* Drops all but the last lines. */
static void
cut_tail(struct reader *reader, uint64_t lines)
{
	struct text *kept = &reader->kept;
	size_t i = kept->size;
	uint64_t seen = 0;

	if (lines == 0 || kept->size == 0) {
		text_clear(kept);
		return;
	}
	for (i--; i > 0; i--)
		if (kept->bytes[i - 1] == '\n' && ++seen == lines)
			break;
	kept->size -= i;
	memmove(kept->bytes, kept->bytes + i, kept->size);
}

static void
take_chunk(struct printer *printer, struct reader *reader, const struct lily_log_chunk *chunk,
	bool in_tail)
{
	AUTO_TEXT struct text gap = TEXT_INIT;
	const char *bytes = chunk->bytes;
	size_t n = chunk->size;

	if (chunk->stream != 0 && printer->options->stream != 0 &&
		chunk->stream != printer->options->stream)
		return;
	if (call_wants_json(printer->call)) {
		write_json(reader, chunk);
		return;
	}
	if (chunk->stream == 0) {
		text_format(&gap, "\n[… %" PRIu64 " bytes were not kept …]\n", chunk->gap);
		bytes = text_string(&gap);
		n = gap.size;
	}
	if (!in_tail) {
		write_text(printer, reader, bytes, n);
		return;
	}
	text_add(&reader->kept, bytes, n);
	if (reader->kept.size > 2 * TAIL_KEPT)
		cut_tail(reader, printer->options->tail);
}

/* All that is there now. The first time only its tail counts, where one was asked for. */
static int
drain(struct printer *printer, struct reader *reader, bool first, struct lily_error *error)
{
	bool in_tail = first && printer->options->has_tail;
	struct lily_log_chunk chunk;
	int n;

	while ((n = lily_log_next(reader->log, &chunk, error)) > 0 && !ferror(stdout))
		take_chunk(printer, reader, &chunk, in_tail);
	if (n >= 0 && in_tail && reader->kept.size > 0) {
		cut_tail(reader, printer->options->tail);
		write_text(printer, reader, text_string(&reader->kept), reader->kept.size);
		text_done(&reader->kept);
	}
	return n < 0 ? n : 0;
}

static void
finish(struct printer *printer, size_t index)
{
	struct reader *reader = &printer->readers[index];

	if (reader->line.size > 0)
		write_line(printer, reader, reader->line.bytes, reader->line.size);
	text_done(&reader->line);
	text_done(&reader->kept);
	free(reader->step);
	lily_log_close(reader->log);
	printer->readers[index] = printer->readers[--printer->n];
}

/* Opens an attempt's log and prints what it has. A step that has none yet is no error here. */
static int
begin(struct printer *printer, const char *step, uint32_t attempt, struct lily_error *error)
{
	struct reader reader = {0};
	int n = lily_log_open(printer->store, printer->run, step, attempt, &reader.log, error);

	if (n < 0)
		return n;
	reader.step = heap_copy(step, strlen(step));
	printer->readers = heap_grow(
		printer->readers, printer->n, &printer->capacity, sizeof(*printer->readers));
	printer->readers[printer->n++] = reader;
	n = drain(printer, &printer->readers[printer->n - 1], true, error);
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
		int n = drain(printer, reader, false, error);

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
	struct follow follow;
	int n = begin(printer, target->step, target->attempt, error);

	if (n == LILY_ERROR_NOT_FOUND && printer->options->follow) {
		struct lily_error gone;
		int driven = 1;

		if (follow_open(&follow, printer->store, printer->run, 0, &gone) < 0)
			return n;
		while (n == LILY_ERROR_NOT_FOUND && driven > 0) {
			rest();
			driven = follow_is_driven(&follow, &gone);
			n = begin(printer, target->step, target->attempt, error);
		}
		follow_close(&follow);
	}
	while (n >= 0 && printer->n > 0 && !ferror(stdout)) {
		rest();
		n = drain_all(printer, error);
	}
	return n;
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

			n = begin(printer, field_text(step, "step"), (uint32_t)number, error);
			if (n == LILY_ERROR_NOT_FOUND)
				n = 0;
		}
	}
	lily_document_free(document);
	return n;
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
			if (event.type != LILY_RUN_STEP_STARTED)
				continue;
			n = begin(printer, event.step, event.attempt, error);
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
	lily_document_free(document);
	return 0;
}

int
logs_print(const struct call *call, struct lily_store *store, const struct target *target,
	const struct logs_options *options, struct lily_error *error)
{
	struct printer printer = {
		.call = call,
		.store = store,
		.options = options,
		.named = !target->step,
		.safe = call->out.is_terminal && !options->raw,
	};
	int n = fix_run(&printer, target->run, error);

	if (n >= 0 && target->step)
		n = print_step(&printer, target, error);
	else if (n >= 0 && options->follow)
		n = print_followed(&printer, error);
	else if (n >= 0)
		n = print_ended(&printer, error);
	while (printer.n > 0)
		finish(&printer, printer.n - 1);
	free(printer.readers);
	free(printer.run);
	return n;
}
