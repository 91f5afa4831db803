#include "cli/progress.h"

#include "cli/field.h"
#include "cli/heap.h"
#include "cli/tally.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FRAME_US 100000         /* ten frames a second at most */
#define FIGURES_MANY_US 5000000 /* a line of figures, where steps are not shown one by one */
#define FIGURES_FEW_US 30000000 /* likewise where they are, but nothing happens */
#define NAMES_SHOWN 3           /* in that line */

/* A foreach. */
struct progress_loop {
	char *name;      /* heap */
	unsigned failed; /* of its items, until they are too many to be told one by one */
};

int64_t
progress_now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t
utc_now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

enum progress_form
progress_choose(const struct call *call, bool quiet)
{
	if (call_wants_json(call))
		return PROGRESS_JSON;
	if (quiet)
		return PROGRESS_QUIET;
	return call->err.moves ? PROGRESS_SCREEN : PROGRESS_LINES;
}

void
progress_begin(struct progress *progress, const struct call *call, enum progress_form form,
	const struct lily_run_counts *counts)
{
	*progress = (struct progress){
		.call = call,
		.form = form,
		.many = counts->steps > PROGRESS_MANY,
		.begun_us = progress_now_us(),
		.name_width = 16,
		.dirty = true,
		.counts = *counts,
	};
	if (form == PROGRESS_LINES)
		progress->drawn_us = progress->begun_us;
	screen_init(&progress->screen, &call->err);
}

void
progress_end(struct progress *progress)
{
	progress_hide(progress);
	screen_done(&progress->screen);
	for (size_t i = 0; i < progress->n_loops; i++)
		free(progress->loops[i].name);
	free(progress->loops);
	text_done(&progress->above);
	text_done(&progress->lines);
}

static const char *
event_word(enum lily_run_event_type type)
{
	switch (type) {
	case LILY_RUN_STEP_STARTED: return "running";
	case LILY_RUN_STEP_SUCCEEDED: return "succeeded";
	case LILY_RUN_STEP_REUSED: return "reused";
	case LILY_RUN_STEP_RETRYING: return "retrying";
	case LILY_RUN_STEP_FAILED: return "failed";
	case LILY_RUN_STEP_SKIPPED: return "skipped";
	case LILY_RUN_STEP_BLOCKED: return "blocked";
	case LILY_RUN_STEP_CANCELLED: return "cancelled";
	case LILY_RUN_CANCELLING: return "cancelling";
	case LILY_RUN_EXHAUSTED: return "exhausted";
	case LILY_RUN_STEP_UNKNOWN: return "unknown";
	case LILY_RUN_STEP_RETRIED: return "retried";
	case LILY_RUN_NOTIFIED: return "notified";
	case LILY_RUN_STEP_ASKED: return "asked";
	case LILY_RUN_IDLE: break;
	}
	return "idle";
}

void
progress_event_json(struct text *text, const struct lily_run_event *event)
{
	bool of_run = event->type == LILY_RUN_CANCELLING || event->type == LILY_RUN_EXHAUSTED ||
		event->type == LILY_RUN_NOTIFIED;

	text_format(text, "{\"event\":\"%s.%s\",\"time\":\"", of_run ? "run" : "step",
		event->type == LILY_RUN_STEP_STARTED ? "started" : event_word(event->type));
	text_add_time(text, event->time_us);
	text_add_string(text, "\"");
	if (!of_run) {
		text_add_string(text, ",\"step\":");
		text_add_json(text, event->step, strlen(event->step));
	}
	if (event->attempt > 0)
		text_format(text, ",\"attempt\":%" PRIu32 ",\"try\":%" PRIu32, event->attempt,
			event->try_number);
	if (event->attempt > 0 && event->type != LILY_RUN_STEP_STARTED)
		text_format(text, ",\"duration_us\":%" PRId64, event->duration_us);
	if (event->failure && *event->failure) {
		text_add_string(text, ",\"failure\":");
		text_add_json(text, event->failure, strlen(event->failure));
	}
	if (event->message && *event->message) {
		text_add_string(text, ",\"message\":");
		text_add_json(text, event->message, strlen(event->message));
	}
	if (event->type == LILY_RUN_STEP_RETRYING) {
		text_add_string(text, ",\"until\":\"");
		text_add_time(text, event->until_us);
		text_add_string(text, "\"");
	}
	text_add_string(text, "}\n");
}

/* "exit 3; again in 1.0s": what there is to say behind a name. */
static void
add_remark(struct text *text, const struct lily_run_event *event)
{
	if (event->type == LILY_RUN_STEP_REUSED && event->message)
		text_format(text, "from run %.*s", RUN_SHORT, event->message);
	else if (event->message && *event->message)
		text_add_safe(text, event->message, strlen(event->message), TEXT_LINE);
	else if (event->failure && *event->failure)
		text_add_safe(text, event->failure, strlen(event->failure), TEXT_LINE);
	if (event->type == LILY_RUN_STEP_RETRYING) {
		int64_t left = event->until_us - event->time_us;

		text_format(text, "%stry %" PRIu32 " follows", text->size > 0 ? "; " : "",
			event->try_number + 1);
		if (left > 0) {
			text_add_string(text, " in ");
			text_add_duration(text, left);
		}
	}
}

static void
add_name(struct progress *progress, struct text *text, const char *step, bool padded)
{
	AUTO_TEXT struct text name = TEXT_INIT;
	size_t width;

	text_add_safe(&name, step, strlen(step), TEXT_LINE);
	width = text_width(name.bytes, name.size);
	if (width > progress->name_width && width <= 40)
		progress->name_width = width;
	text_add(text, text_string(&name), name.size);
	if (padded && width < progress->name_width)
		text_fill(text, ' ', progress->name_width - width);
}

/* "✓ fetch            1.2s" on a terminal, "[ 1/12] succeeded  fetch  1.2s" in a log. */
static void
add_event_line(struct progress *progress, struct text *text, const struct lily_run_event *event)
{
	const struct term *term = &progress->call->err;
	const char *word = event_word(event->type);
	struct term_sign sign =
		term_sign(term, event->type == LILY_RUN_STEP_RETRYING ? "waiting" : word);
	AUTO_TEXT struct text remark = TEXT_INIT;

	if (progress->form == PROGRESS_SCREEN) {
		text_format(
			text, "%s%s%s ", term_on(term, sign.paint), sign.sign, term_off(term));
	} else {
		tally_add_place(text, &progress->counts);
		text_format(
			text, " %s%-9s%s  ", term_on(term, sign.paint), word, term_off(term));
	}
	if (event->type != LILY_RUN_NOTIFIED)
		add_remark(&remark, event);
	add_name(progress, text,
		event->type == LILY_RUN_NOTIFIED ? event->message : event->step,
		remark.size > 0 || (event->attempt > 0 && event->duration_us > 0));
	if (event->attempt > 0 && event->duration_us > 0) {
		text_add_string(text, "  ");
		text_add_duration(text, event->duration_us);
	}
	if (remark.size > 0) {
		text_add_string(text, "  ");
		text_add(text, remark.bytes, remark.size);
	}
	text_add_char(text, '\n');
}

/* So many steps that those which go well have no line of their own. */
static bool
is_many(const struct progress *progress)
{
	return progress->form == PROGRESS_SCREEN ? progress->many
						 : progress->counts.steps > PROGRESS_MANY;
}

static bool
is_of_interest(const struct progress *progress, enum lily_run_event_type type)
{
	switch (type) {
	case LILY_RUN_STEP_UNKNOWN:
	case LILY_RUN_STEP_ASKED:
	case LILY_RUN_STEP_FAILED: return true;
	case LILY_RUN_STEP_RETRYING: return progress->form != PROGRESS_QUIET;
	case LILY_RUN_STEP_SUCCEEDED:
	case LILY_RUN_STEP_SKIPPED:
	case LILY_RUN_STEP_REUSED:
	case LILY_RUN_STEP_BLOCKED:
	case LILY_RUN_STEP_CANCELLED:
	case LILY_RUN_STEP_RETRIED:
		return !is_many(progress) && progress->form != PROGRESS_QUIET;
	case LILY_RUN_NOTIFIED: return progress->form != PROGRESS_QUIET;
	case LILY_RUN_STEP_STARTED:
	case LILY_RUN_CANCELLING:
	case LILY_RUN_EXHAUSTED:
	case LILY_RUN_IDLE: break;
	}
	return false;
}

static struct progress_loop *
loop_at(struct progress *progress, const char *name)
{
	for (size_t i = 0; i < progress->n_loops; i++)
		if (strcmp(progress->loops[i].name, name) == 0)
			return &progress->loops[i];
	progress->loops = heap_grow(progress->loops, progress->n_loops,
		&progress->loops_capacity, sizeof(*progress->loops));
	progress->loops[progress->n_loops] =
		(struct progress_loop){.name = heap_copy(name, strlen(name))};
	return &progress->loops[progress->n_loops++];
}

/* Of the items of a foreach, on a screen: who waits for somebody, and the first that fail. */
static bool
item_is_shown(struct progress *progress, const struct lily_run_event *event)
{
	struct progress_loop *loop;

	if (event->type != LILY_RUN_STEP_FAILED)
		return event->type == LILY_RUN_STEP_UNKNOWN ||
			event->type == LILY_RUN_STEP_ASKED;
	loop = loop_at(progress, event->item_of);
	if (loop->failed == TALLY_FAILED_SHOWN)
		progress_say(progress, "more of %s failed: `lily show --items` lists them",
			event->item_of);
	return loop->failed++ < TALLY_FAILED_SHOWN;
}

static bool
is_shown(struct progress *progress, const struct lily_run_event *event)
{
	if (progress->form == PROGRESS_SCREEN && *event->item_of)
		return item_is_shown(progress, event);
	return is_of_interest(progress, event->type);
}

static void
write_json(const struct lily_run_event *event)
{
	AUTO_TEXT struct text line = TEXT_INIT;

	progress_event_json(&line, event);
	(void)fwrite(line.bytes, 1, line.size, stdout);
}

/* It changes nothing about the run, and should not be overlooked. */
static void
warn_of_notify(struct progress *progress, const struct lily_run_event *event)
{
	progress_say(progress, "lily: warning: %s%s", event->message,
		strcmp(event->failure, "start") == 0 ? ""
						     : "; `lily logs --notify` shows what it "
						       "wrote");
}

void
progress_event(struct progress *progress, const struct lily_run_event *event,
	const struct lily_run_counts *counts)
{
	if (event->type == LILY_RUN_IDLE)
		return;
	progress->counts = *counts;
	progress->dirty = true;
	if (counts->running > progress->most_running)
		progress->most_running = counts->running;
	if (event->type == LILY_RUN_CANCELLING)
		progress->stopping = true;
	if (progress->form == PROGRESS_JSON) {
		write_json(event);
		return;
	}
	if (event->type == LILY_RUN_NOTIFIED && *event->failure) {
		warn_of_notify(progress, event);
		return;
	}
	if (!is_shown(progress, event))
		return;
	add_event_line(progress, &progress->above, event);
	if (progress->form == PROGRESS_SCREEN)
		return;
	(void)fwrite(progress->above.bytes, 1, progress->above.size, stderr);
	text_clear(&progress->above);
	progress->drawn_us = progress_now_us();
}

static int64_t
period_us(const struct progress *progress)
{
	if (progress->form == PROGRESS_SCREEN || progress->form == PROGRESS_JSON)
		return FRAME_US;
	return is_many(progress) ? FIGURES_MANY_US : FIGURES_FEW_US;
}

bool
progress_is_due(const struct progress *progress)
{
	if (progress->form == PROGRESS_QUIET)
		return false;
	if (progress->form == PROGRESS_JSON && !progress->dirty)
		return false;
	return progress_now_us() - progress->drawn_us >= period_us(progress);
}

int
progress_wait_ms(const struct progress *progress)
{
	int64_t left = progress->drawn_us + period_us(progress) - progress_now_us();

	/* Signals are read between two waits; nobody should wait long for a Ctrl-C. */
	if (left > 200000 || progress->form == PROGRESS_QUIET ||
		(progress->form == PROGRESS_JSON && !progress->dirty))
		return 200;
	return left > 0 ? (int)(left / 1000) + 1 : 0;
}

/* "[12/30] 3 running, 1 waiting, 2 failed  0:14". */
static void
add_header(struct progress *progress, struct text *text)
{
	struct lily_run_counts counts = progress->counts;

	if (counts.running < progress->most_running)
		counts.running = progress->most_running;
	progress->most_running = progress->counts.running;
	tally_add_place(text, &counts);
	text_add_char(text, ' ');
	tally_add(text, &counts, TALLY_RUNNING);
	if (progress->stopping)
		text_add_string(text, ", stopping");
	text_add_string(text, "  ");
	text_add_duration(text, progress_now_us() - progress->begun_us);
}

void
progress_running_add(struct progress_running *running, const struct lily_running_step *step)
{
	if (*step->item_of)
		return;
	if (running->n < COUNT(running->steps))
		running->steps[running->n++] = *step;
	else
		running->more++;
}

/* "▸ NAME  REMARK", cut to the width. */
static void
add_line(struct progress *progress, const char *name, const struct text *remark, size_t columns)
{
	const struct term *term = &progress->call->err;
	struct term_sign sign = term_sign(term, "running");
	AUTO_TEXT struct text line = TEXT_INIT;

	add_name(progress, &line, name, true);
	text_format(&line, "  %s", text_string(remark));
	text_format(&progress->lines, "\n%s%s%s ", term_on(term, sign.paint), sign.sign,
		term_off(term));
	text_add_cut(&progress->lines, line.bytes, line.size, columns > 2 ? columns - 2 : 0);
}

static void
add_running(struct progress *progress, const struct progress_running *running, size_t columns,
	size_t most)
{
	int64_t now = utc_now_us();
	size_t loops = running->n_loops < most ? running->n_loops : most;
	size_t n = running->n < most - loops ? running->n : most - loops;
	size_t more = running->more + running->n_loops - loops + running->n - n;
	AUTO_TEXT struct text text = TEXT_INIT;

	for (size_t i = 0; i < loops; i++) {
		text_clear(&text);
		tally_add_items(&text, &running->loops[i].counts);
		add_line(progress, running->loops[i].name, &text, columns);
	}
	for (size_t i = 0; i < n; i++) {
		text_clear(&text);
		text_add_duration(&text, now - running->steps[i].started_at_us);
		add_line(progress, running->steps[i].name, &text, columns);
	}
	if (more == 0)
		return;
	text_clear(&text);
	text_format(&text, "  and %zu more", more);
	text_add_char(&progress->lines, '\n');
	text_add_cut(&progress->lines, text.bytes, text.size, columns);
}

static void
draw_frame(struct progress *progress, const struct progress_running *running)
{
	const struct term *term = &progress->call->err;
	AUTO_TEXT struct text header = TEXT_INIT;
	size_t columns, rows;

	term_size(term, &columns, &rows);
	add_header(progress, &header);
	text_clear(&progress->lines);
	text_add_string(&progress->lines, term_on(term, PAINT_BOLD));
	text_add_cut(&progress->lines, header.bytes, header.size, columns);
	text_add_string(&progress->lines, term_off(term));
	add_running(progress, running, columns, rows > 5 ? rows - 4 : 1);
	screen_draw(&progress->screen, &progress->above, &progress->lines);
	text_clear(&progress->above);
}

/* ": each [118/20000], fetch": the first few. */
static void
add_names(struct text *text, const struct progress_running *running)
{
	const char *separator = ": ";

	for (size_t i = 0; i < running->n_loops && i < NAMES_SHOWN; i++) {
		const char *name = running->loops[i].name;

		text_add_string(text, separator);
		text_add_safe(text, name, strlen(name), TEXT_LINE);
		text_add_char(text, ' ');
		tally_add_place(text, &running->loops[i].counts);
		separator = ", ";
	}
	for (size_t i = 0; i < running->n && i + running->n_loops < NAMES_SHOWN; i++) {
		const char *name = running->steps[i].name;

		text_add_string(text, separator);
		text_add_safe(text, name, strlen(name), TEXT_LINE);
		separator = ", ";
	}
}

void
progress_show(struct progress *progress, const struct progress_running *running)
{
	progress->drawn_us = progress_now_us();
	progress->dirty = false;
	if (progress->form == PROGRESS_JSON) {
		(void)fflush(stdout);
	} else if (progress->form == PROGRESS_SCREEN) {
		draw_frame(progress, running);
	} else {
		AUTO_TEXT struct text line = TEXT_INIT;

		add_header(progress, &line);
		add_names(&line, running);
		text_add_char(&line, '\n');
		(void)fwrite(line.bytes, 1, line.size, stderr);
	}
}

void
progress_hide(struct progress *progress)
{
	static const struct text nothing = {0};

	if (progress->form != PROGRESS_SCREEN)
		return;
	screen_draw(&progress->screen, &progress->above, &nothing);
	text_clear(&progress->above);
	progress->drawn_us = 0;
}

void
progress_say(struct progress *progress, const char *format, ...)
{
	char *message = NULL;
	va_list args;
	int n;

	if (progress->form == PROGRESS_JSON)
		return;
	va_start(args, format);
	n = vasprintf(&message, format, args);
	va_end(args);
	if (n < 0)
		return;
	text_add_safe(&progress->above, message, (size_t)n, TEXT_LINES);
	text_add_char(&progress->above, '\n');
	free(message);
	if (progress->form == PROGRESS_SCREEN) {
		progress_hide(progress);
		return;
	}
	(void)fwrite(progress->above.bytes, 1, progress->above.size, stderr);
	text_clear(&progress->above);
}
