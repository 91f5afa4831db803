#include "cli/drive.h"

#include "cli/field.h"
#include "cli/follow.h"
#include "cli/patience.h"
#include "cli/place.h"
#include "cli/progress.h"
#include "cli/question.h"
#include "cli/summary.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOOK_US 50000
#define RUNNING_MAX 256

struct drive {
	const struct call *call;
	struct lily_store *store;
	bool waits; /* for people */
	struct lily_run *run;
	struct signals *signals;
	struct progress progress;
	unsigned stops;    /* how many wishes to stop were answered */
	bool left;         /* the last one: the run is left behind */
	int64_t obeyed_us; /* when signals were last looked for */
};

static void
say_begin(struct drive *drive, const struct drive_options *options)
{
	AUTO_TEXT struct text line = TEXT_INIT;
	const char *id = lily_run_id(drive->run);

	if (drive->progress.form == PROGRESS_JSON) {
		(void)printf("{\"event\":\"run.%s\",\"run_id\":\"%s\",\"steps\":%llu}\n",
			options->verb, id, (unsigned long long)drive->progress.counts.steps);
		return;
	}
	if (options->quiet)
		return;
	text_add_string(&line, "run ");
	field_add_run(&line, id);
	text_format(&line, " %s: ", options->verb);
	if (options->name)
		text_format(&line, "%s, ", options->name);
	text_add_plural(&line, drive->progress.counts.steps, "step");
	if (drive->progress.counts.adopted > 0) {
		text_add_string(&line, ", ");
		text_add_count(&line, drive->progress.counts.adopted);
		text_add_string(&line, " adopted");
	}
	progress_say(&drive->progress, "%s", text_string(&line));
}

static void
show(struct drive *drive)
{
	struct progress_running running = {0};
	struct lily_running_step steps[RUNNING_MAX];
	size_t n = lily_run_running(drive->run, steps, RUNNING_MAX);

	for (size_t i = 0; i < n; i++)
		progress_running_add(&running, &steps[i]);
	running.n_loops = lily_run_loops(drive->run, running.loops, PROGRESS_RUNNING);
	progress_show(&drive->progress, &running);
}

/* The first wish to stop ends the steps in order, the next one what the run does last, if it has
 * that; the one after these ends the waiting. */
static void
stop(struct drive *drive)
{
	bool has_finally = lily_run_has_finally(drive->run) != 0;

	drive->stops++;
	drive->left = drive->stops > (has_finally ? 2 : 1);
	if (drive->left)
		return;
	if (drive->stops == 2)
		progress_say(&drive->progress,
			"stopping: what runs last is being ended, too; once more to leave at "
			"once");
	else
		progress_say(&drive->progress,
			has_finally ? "stopping: running steps are being ended, then `finally` "
				      "runs; once more to end that, too"
				    : "stopping: running steps are being ended; once more to "
				      "leave at once");
	lily_run_stop(drive->run);
}

static void
obey(struct drive *drive)
{
	struct signals *signals = drive->signals;
	int64_t now = progress_now_us();

	/* Looking costs a system call, and events may pour in. */
	if (now - drive->obeyed_us < LOOK_US)
		return;
	drive->obeyed_us = now;
	signals_read(signals);
	if (signals->suspend) {
		progress_hide(&drive->progress);
		signals_suspend(signals);
	}
	if (drive->stops < signals->stops)
		stop(drive);
}

/* Nothing else will say it before somebody answers. */
static void
show_question(struct drive *drive, const char *step)
{
	AUTO_TEXT struct text text = TEXT_INIT;
	struct lily_document *document;
	const struct lily_value *question;

	if (lily_inbox(drive->store, lily_run_id(drive->run), step, &document, NULL) < 0)
		return;
	question = lily_value_at(lily_value_get(lily_document_root(document), "questions"), 0);
	if (question) {
		question_add(&text, question);
		question_add_advice(&text, question);
		while (text.size && text.bytes[text.size - 1] == '\n')
			text.bytes[--text.size] = '\0';
		progress_say(&drive->progress, "%s", text_string(&text));
	}
	lily_document_free(document);
}

static int
drive_loop(struct drive *drive, struct lily_error *error)
{
	struct lily_run_event event;
	int n;

	while ((n = lily_run_next(
			drive->run, progress_wait_ms(&drive->progress), &event, error)) > 0) {
		struct lily_run_counts counts;

		lily_run_count(drive->run, &counts);
		progress_event(&drive->progress, &event, &counts);
		if (event.type == LILY_RUN_STEP_ASKED && drive->waits &&
			drive->progress.form != PROGRESS_JSON)
			show_question(drive, event.step);
		obey(drive);
		if (drive->left)
			break;
		if (progress_is_due(&drive->progress))
			show(drive);
	}
	return n;
}

int
drive_report(const struct call *call, struct lily_store *store, const char *run_id)
{
	struct lily_document *document;
	struct lily_error error = {0};
	const struct lily_value *run;
	int status;

	if (lily_run_describe(store, run_id, NULL, 0, &document, &error) < 0)
		return call_fail(call, &error);
	run = lily_document_root(document);
	if (call_wants_json(call)) {
		char *json = lily_value_to_json(run, LILY_JSON_COMPACT);

		(void)printf("{\"event\":\"run.ended\",\"run\":%s}\n", json);
		lily_free(json);
	} else {
		summary_print(call, run);
	}
	status = status_of_run(run);
	lily_document_free(document);
	return status;
}

/* The first wish to stop is in the record: nothing but the end of the run can follow. */
static int
say_left(const struct call *call, const char *id)
{
	call_complain(call, "left run %.*s while it was being cancelled; its steps were killed",
		RUN_SHORT, id);
	call_hint(call, "`lily cancel %.*s` ends it as cancelled", RUN_SHORT, id);
	return STATUS_CANCELLED;
}

static int
say_broken(const struct call *call, const char *id, const struct lily_error *error)
{
	call_complain(call, "run %.*s cannot go on: %s", RUN_SHORT, id, error->message);
	call_hint(call,
		"nothing that was accepted is lost; once the cause is gone, "
		"`lily resume %.*s` goes on",
		RUN_SHORT, id);
	return status_worst(STATUS_SYSTEM, status_of_error(error));
}

/* Before anything runs, and also where nothing else is said. */
static void
say_lacking(const struct call *call, const struct lily_run *run)
{
	const char *line = lily_run_lacking(run);

	for (size_t n; *line; line += n + (line[n] == '\n')) {
		n = strcspn(line, "\n");
		call_warn(call, "%.*s", (int)n, line);
	}
}

int
drive_run(const struct call *call, struct lily_store *store, struct lily_run *run,
	struct signals *signals, const struct drive_options *options)
{
	struct drive drive = {.call = call,
		.store = store,
		.waits = drive_waits(call),
		.run = run,
		.signals = signals};
	struct lily_run_counts counts;
	struct lily_error error = {0};
	char id[LILY_RUN_ID_SIZE];
	int n;

	(void)snprintf(id, sizeof(id), "%s", lily_run_id(run));
	lily_run_count(run, &counts);
	say_lacking(call, run);
	progress_begin(&drive.progress, call, progress_choose(call, options->quiet), &counts);
	say_begin(&drive, options);
	n = drive_loop(&drive, &error);
	progress_end(&drive.progress);
	lily_run_close(run);
	if (n < 0)
		return say_broken(call, id, &error);
	if (n > 0)
		return say_left(call, id);
	return drive_report(call, store, id);
}

int
drive_on(const struct call *call, struct lily_store *store, const char *run_id,
	struct signals *signals, const struct drive_on *how)
{
	const struct lily_resume_options resume_options = {.fail_fast = how->fail_fast,
		.keep = how->keep,
		.waits_for_people = drive_waits(call)};
	const struct drive_options drive_options = {.verb = "resumed", .quiet = how->quiet};
	struct lily_error error = {0};
	struct lily_run *run;

	if (lily_run_resume(store, run_id, &resume_options, &run, &error) >= 0)
		return drive_run(call, store, run, signals, &drive_options);
	/* Somebody else was faster. */
	if (error.code == LILY_ERROR_DENIED)
		return follow_to_end(call, store, run_id, signals);
	return call_fail(call, &error);
}

bool
drive_waits(const struct call *call)
{
	return call->err.is_terminal && isatty(STDIN_FILENO) == 1;
}

int
drive_in_store(struct call *call, drive_fn *function, void *context)
{
	struct lily_store *store;
	struct signals signals;
	struct patience patience;
	int status;

	signals_open(&signals);
	status = place_open(call, 0, &store);
	if (status == 0) {
		patience_begin(&patience, call, store, &signals);
		status = function(call, store, &signals, context);
		status = patience_status(&patience, status);
		lily_store_close(store);
	}
	signals_close(&signals);
	return status;
}
