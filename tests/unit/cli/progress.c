/* What people see of events: lines, JSON, and how little an event that is not shown costs. */
#include "cli/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Standard error as a file for as long as one test runs. */
struct capture {
	int before;
	char path[32];
	char bytes[8192];
};

static void
capture_begin(struct capture *capture)
{
	int fd;

	(void)snprintf(capture->path, sizeof(capture->path), "/tmp/lily-unit-XXXXXX");
	fd = mkstemp(capture->path);
	assert_true(fd >= 0);
	capture->before = dup(STDERR_FILENO);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	(void)close(fd);
}

static const char *
capture_end(struct capture *capture)
{
	FILE *file;
	size_t n;

	(void)fflush(stderr);
	assert_true(dup2(capture->before, STDERR_FILENO) >= 0);
	(void)close(capture->before);
	file = fopen(capture->path, "re");
	assert_non_null(file);
	n = fread(capture->bytes, 1, sizeof(capture->bytes) - 1, file);
	capture->bytes[n] = '\0';
	(void)fclose(file);
	(void)unlink(capture->path);
	return capture->bytes;
}

static const struct lily_run_event events[] = {
	{.type = LILY_RUN_STEP_STARTED, .step = "a", .attempt = 1, .try_number = 1},
	{.type = LILY_RUN_STEP_SUCCEEDED,
		.step = "a",
		.attempt = 1,
		.try_number = 1,
		.duration_us = 1500000},
	{.type = LILY_RUN_STEP_RETRYING,
		.step = "b",
		.attempt = 2,
		.try_number = 1,
		.duration_us = 20000,
		.until_us = 2000000,
		.failure = "exit",
		.message = "exit status 3"},
	{.type = LILY_RUN_STEP_FAILED,
		.step = "b",
		.attempt = 3,
		.try_number = 2,
		.duration_us = 20000,
		.failure = "exit",
		.message = "said \033[2J"},
	{.type = LILY_RUN_STEP_BLOCKED, .step = "c"},
};

static void
play(struct progress *progress, enum progress_form form, uint64_t steps)
{
	static struct call call;
	struct lily_run_counts counts = {.steps = steps};

	call.err = (struct term){.fd = STDERR_FILENO};
	progress_begin(progress, &call, form, &counts);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		counts.succeeded += events[i].type == LILY_RUN_STEP_SUCCEEDED;
		counts.failed += events[i].type == LILY_RUN_STEP_FAILED;
		counts.blocked += events[i].type == LILY_RUN_STEP_BLOCKED;
		progress_event(progress, &events[i], &counts);
	}
	progress_end(progress);
}

static void
few_steps_have_a_line_each(void **state)
{
	struct progress progress;
	struct capture capture;

	(void)state;
	capture_begin(&capture);
	play(&progress, PROGRESS_LINES, 12);
	assert_string_equal(capture_end(&capture),
		"[ 1/12] succeeded  a                 1.5s\n"
		"[ 1/12] retrying   b                 20ms  exit status 3; try 2 follows in "
		"2.0s\n"
		"[ 2/12] failed     b                 20ms  said \\x1b[2J\n"
		"[ 3/12] blocked    c\n");
}

static void
many_steps_tell_of_failures(void **state)
{
	struct progress progress;
	struct capture capture;

	(void)state;
	capture_begin(&capture);
	play(&progress, PROGRESS_LINES, PROGRESS_MANY + 1);
	assert_string_equal(capture_end(&capture),
		"[  1/201] retrying   b                 20ms  exit status 3; try 2 follows in "
		"2.0s\n"
		"[  2/201] failed     b                 20ms  said \\x1b[2J\n");
}

static void
quiet_tells_of_failures_only(void **state)
{
	struct progress progress;
	struct capture capture;

	(void)state;
	capture_begin(&capture);
	play(&progress, PROGRESS_QUIET, 12);
	assert_string_equal(capture_end(&capture),
		"[ 2/12] failed     b                 20ms  said \\x1b[2J\n");
}

static void
json_events_are_json(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		AUTO_TEXT struct text line = TEXT_INIT;
		struct lily_document *document;
		struct lily_error error = {0};
		const struct lily_value *root;

		progress_event_json(&line, &events[i]);
		assert_int_equal(line.bytes[line.size - 1], '\n');
		if (lily_document_parse("event", line.bytes, line.size, &document, &error) < 0)
			fail_msg("%s", error.message);
		root = lily_document_root(document);
		assert_int_equal(strncmp(line.bytes, "{\"event\":\"step.", 15), 0);
		assert_int_equal(lily_value_integer(lily_value_get(root, "attempt"), 0),
			events[i].attempt);
		lily_document_free(document);
	}
}

/* A frame is built from what it is told, at most as wide as the terminal. */
static void
waiting_is_bounded(void **state)
{
	static const enum progress_form forms[] = {
		PROGRESS_LINES, PROGRESS_SCREEN, PROGRESS_JSON, PROGRESS_QUIET};
	struct lily_run_counts counts = {.steps = 5};
	struct call call = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct progress progress;

		progress_begin(&progress, &call, forms[i], &counts);
		assert_in_range(progress_wait_ms(&progress), 0, 200);
		progress.form = PROGRESS_QUIET;
		progress_end(&progress);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_steps_have_a_line_each),
		cmocka_unit_test(many_steps_tell_of_failures),
		cmocka_unit_test(quiet_tells_of_failures_only),
		cmocka_unit_test(json_events_are_json),
		cmocka_unit_test(waiting_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
