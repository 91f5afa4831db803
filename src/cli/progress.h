/*
 * progress: telling people (or programs) how a run goes on while it does.
 *
 *	PROGRESS_SCREEN  a terminal: what ended scrolls by, what runs stands in a few lines below; a foreach has
 *	                 one line there for all of its items, of which only the first that fail scroll by
 *	PROGRESS_LINES   no terminal: one line for each step that ended; of a run with more steps
 *	                 than PROGRESS_MANY only failures, and a line of figures now and then
 *	PROGRESS_JSON    one object a line on standard output
 *	PROGRESS_QUIET   failures only
 *
 * An event costs next to nothing where it is not shown.
 */
#ifndef LILY_CLI_PROGRESS_H
#define LILY_CLI_PROGRESS_H

#include "cli/call.h"
#include "cli/screen.h"

#define PROGRESS_MANY 200
#define PROGRESS_RUNNING 8 /* running steps that are shown at most, and foreach steps */

enum progress_form { PROGRESS_LINES, PROGRESS_SCREEN, PROGRESS_JSON, PROGRESS_QUIET };

struct progress {
	const struct call *call;
	enum progress_form form;
	bool many; /* of the plan: on a screen, where items have no lines */
	bool stopping;
	int64_t drawn_us;  /* CLOCK_MONOTONIC: last frame or line */
	int64_t begun_us;  /* likewise: when it began to be shown */
	size_t name_width; /* columns given to names so far */
	bool dirty;        /* something happened since the last frame */
	struct text above; /* lines that wait for the next frame */
	struct text lines; /* kept for its room */
	struct screen screen;
	struct lily_run_counts counts;
	uint64_t
		most_running; /* since the last frame: between short steps there is none for a moment */
	struct progress_loop *loops; /* items of which have failed */
	size_t n_loops, loops_capacity;
};

/* What runs now, for the frame: foreach steps, and steps that are in none's items. */
struct progress_running {
	struct lily_running_step steps[PROGRESS_RUNNING];
	size_t n;
	size_t more; /* that run as well */
	struct lily_run_loop loops[PROGRESS_RUNNING];
	size_t n_loops;
};

/* Adds one that runs; those of items are told by their foreach. */
void progress_running_add(
	struct progress_running *running, const struct lily_running_step *step);

/* How the call wants it: --json, --quiet, a terminal or not. */
enum progress_form progress_choose(const struct call *call, bool quiet);

void progress_begin(struct progress *progress, const struct call *call, enum progress_form form,
	const struct lily_run_counts *counts);
void progress_end(struct progress *progress);

/* Something happened; LILY_RUN_IDLE is fine and nothing. */
void progress_event(struct progress *progress, const struct lily_run_event *event,
	const struct lily_run_counts *counts);

/* Whether it is time for a frame or a line of figures; then progress_show. */
bool progress_is_due(const struct progress *progress);
void progress_show(struct progress *progress, const struct progress_running *running);

/* Milliseconds until it is due again, for the wait. */
int progress_wait_ms(const struct progress *progress);

/* A line of talk that stays (also while a frame stands). */
void progress_say(struct progress *progress, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Takes the frame away, for a while or for good. */
void progress_hide(struct progress *progress);

/* One JSON line of an event. */
void progress_event_json(struct text *text, const struct lily_run_event *event);

int64_t progress_now_us(void);

#endif
