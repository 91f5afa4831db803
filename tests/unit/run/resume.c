/* Runs that were interrupted at an unlucky moment, and what goes on from there. */
#include "base/clock.h"
#include "fixture.h"
#include "run/record_verdict.h"

/* Takes the newest run up, which nobody drives. */
static struct run_hold
take(struct place *p, struct run_row *ret_row)
{
	struct run_hold hold;

	OK(run_find(p->store, STR("@last"), &p->arena, ret_row, &err));
	OK(run_take(p->store, &ret_row->id, &hold, &err));
	return hold;
}

static struct engine *
resume(struct place *p)
{
	struct engine_options options = options_of(p);
	struct engine *engine;
	struct run_row row;
	struct run_hold hold = take(p, &row);

	OK(engine_resume(&options, &hold, &row, &engine, &err));
	return engine;
}

/* To its end, which has to come soon. */
static void
finish(struct engine *engine)
{
	struct notice notice;
	int r;

	while ((r = engine_next(engine, 10000, &notice, &err)) > 0)
		if (notice.type == NOTICE_IDLE)
			fail_msg("it goes on for too long");
	OK(r);
}

static void
test_a_cancelled_run_stays_cancelled_without_a_reason(void **state)
{
	struct notice notice;
	struct engine *engine;
	struct place p;

	(void)state;
	place_open(&p);
	engine = begin(&p,
		"lily: 1\nsteps: { a: { exec: [ sleep, '600' ], grace: 60s }, b: { exec: [ "
		"'true' ],"
		" needs: [ a ] } }\n",
		false);
	assert_int_equal(engine_next(engine, -1, &notice, &err), 1);
	OK(engine_cancel(engine, STR_EMPTY, &err));
	engine_free(engine);
	engine = resume(&p);
	finish(engine);
	assert_int_equal(engine_state(engine), RUN_CANCELLED);
	engine_free(engine);
	place_close(&p);
}

/* Many blocked steps take several events, and the process may end between two of them. */
static void
test_what_an_interrupted_blocking_left_is_blocked(void **state)
{
	const struct record_attempt attempt = {
		.number = 1, .step = 0, .name = STR("a"), .try_number = 1};
	const uint32_t first = 1;
	struct engine *engine;
	struct run_hold hold;
	struct run_row row;
	struct place p;

	(void)state;
	place_open(&p);
	engine = begin(&p,
		"lily: 1\nsteps:\n"
		"  a: { exec: [ 'false' ] }\n"
		"  b: { exec: [ 'true' ], needs: [ a ] }\n"
		"  c: { exec: [ 'true' ], needs: [ b ] }\n"
		"  d: { exec: [ 'true' ], needs: [ c ] }\n",
		false);
	engine_free(engine);
	hold = take(&p, &row);
	OK(record_submitted(&hold, &attempt, STR_EMPTY, NULL, 0, &err));
	OK(record_rejected(&hold,
		&(struct record_rejection){.number = 1,
			.class = FAILURE_START,
			.message = STR("no"),
			.until_us = 0},
		&err));
	{
		struct step steps[] = {{.name = STR("a")}, {.name = STR("b")}};
		struct graph graph = {.steps = steps, .n_steps = 2};

		OK(record_visits(&hold, &graph, EVENT_VISIT_BLOCKED, 0, &first, 1, &err));
	}
	run_release(&hold);
	engine = resume(&p);
	finish(engine);
	engine_free(engine);
	assert_string_equal(states_of(&p), "failed a=failed b=blocked c=blocked d=blocked");
	place_close(&p);
}

/* A run whose process ended while its step waited, and which is resumed: it has to end soon. */
static void
resume_waiting(const char *retry, int64_t until_us, int64_t due_us, const char *boot)
{
	const struct record_attempt attempt = {
		.number = 1, .step = 0, .name = STR("a"), .try_number = 1};
	struct engine *engine;
	struct run_hold hold;
	struct run_row row;
	struct place p;

	place_open(&p);
	engine = begin(&p,
		arena_printf(&p.arena,
			"lily: 1\nsteps: { a: { exec: [ 'true' ], retry: %s } }\n", retry),
		false);
	engine_free(engine);
	hold = take(&p, &row);
	OK(record_submitted(&hold, &attempt, STR_EMPTY, NULL, 0, &err));
	OK(record_rejected(&hold,
		&(struct record_rejection){.number = 1,
			.class = FAILURE_EXIT,
			.message = STR("no"),
			.until_us = until_us,
			.due_us = due_us,
			.boot = boot},
		&err));
	run_release(&hold);
	engine = resume(&p);
	finish(engine);
	engine_free(engine);
	assert_string_equal(states_of(&p), "succeeded a=succeeded");
	place_close(&p);
}

#define HOUR_US (INT64_C(3600) * 1000000)

/* Between two boots the clock may have been set back by years. */
static void
test_a_clock_set_back_does_not_stretch_a_retry(void **state)
{
	(void)state;
	resume_waiting("{ attempts: 2, backoff: 10ms, max_backoff: 20ms }",
		clock_utc_us() + 365 * 24 * HOUR_US, 0, "another");
}

static void
test_a_wait_within_one_boot_goes_by_its_clock(void **state)
{
	char boot[CLOCK_BOOT_ID_SIZE];

	(void)state;
	OK(clock_boot_id(boot, &err));
	resume_waiting("{ attempts: 2, max_backoff: 1h }", clock_utc_us() + HOUR_US,
		clock_boot_us() + 10000, boot);
}

static void
test_a_wait_beyond_a_boot_goes_by_utc(void **state)
{
	(void)state;
	resume_waiting("{ attempts: 2, max_backoff: 1h }", clock_utc_us() + 10000,
		clock_boot_us() + HOUR_US, "another");
}

#define TELLING                                                                               \
	"lily: 1\nnotify: { exec: [ sh, -c, 'echo x >>told' ], events: [ failed, succeeded ]" \
	" }\nsteps: { a: { exec: [ 'false' ] } }\n"

/* Until the program of `notify` was run; what follows on that is not recorded yet. */
static void
drive_until_told(struct engine *engine)
{
	struct notice notice = {.type = NOTICE_IDLE};

	while (notice.type != NOTICE_NOTIFIED)
		assert_int_equal(engine_next(engine, -1, &notice, &err), 1);
	assert_false(notice.has_failed);
}

static size_t
times_told(struct place *p)
{
	AUTO_BUF struct buf b = BUF_INIT(4096);

	OK(file_read(AT_FDCWD, path_join(&p->arena, p->workspace, "told"), &b, &err));
	return b.n / 2;
}

static void
test_what_was_told_before_the_end_was_recorded_is_not_told_again(void **state)
{
	struct engine *engine;
	struct place p;

	(void)state;
	place_open(&p);
	engine = begin(&p, TELLING, false);
	drive_until_told(engine);
	assert_int_equal(engine_state(engine), RUN_RUNNING);
	engine_free(engine);
	/* Being cut off again and again does not change that. */
	engine_free(resume(&p));
	engine_free(resume(&p));
	engine = resume(&p);
	finish(engine);
	assert_int_equal(engine_state(engine), RUN_FAILED);
	engine_free(engine);
	assert_int_equal(times_told(&p), 1);
	place_close(&p);
}

/* It says how the run stands after what happened since. */
static void
test_what_was_told_before_a_retry_is_told_anew(void **state)
{
	struct engine *engine;
	struct place p;

	(void)state;
	place_open(&p);
	engine = begin(&p, TELLING, false);
	drive_until_told(engine);
	engine_free(engine);
	engine = resume(&p);
	OK(engine_retry(engine, 0, NULL, 0, &err));
	finish(engine);
	engine_free(engine);
	assert_int_equal(times_told(&p), 2);
	assert_string_equal(states_of(&p), "failed a=failed");
	place_close(&p);
}

static void
test_what_was_told_to_an_end_that_changed_is_told_anew(void **state)
{
	struct engine *engine;
	struct place p;

	(void)state;
	place_open(&p);
	engine = begin(&p,
		"lily: 1\nnotify: { exec: [ sh, -c, 'echo x >>told' ], events: [ failed, "
		"cancelled ] }\nsteps: { a: { exec: [ 'false' ] } }\n",
		false);
	drive_until_told(engine);
	engine_free(engine);
	engine = resume(&p);
	OK(engine_cancel(engine, STR("no"), &err));
	finish(engine);
	assert_int_equal(engine_state(engine), RUN_CANCELLED);
	engine_free(engine);
	assert_int_equal(times_told(&p), 2);
	place_close(&p);
}

/* As many as a step may have (STEP_INPUTS_MAX), with the longest of names. */
enum { INPUTS_MOST = 10000 };

static void
test_the_most_inputs_fit_their_event(void **state)
{
	const struct record_attempt attempt = {
		.number = 1, .step = 0, .name = STR("a"), .try_number = 1};
	struct record_artifact *inputs;
	struct engine *engine;
	struct run_hold hold;
	struct run_row row;
	struct place p;

	(void)state;
	place_open(&p);
	engine = begin(&p, "lily: 1\nsteps: { a: { exec: [ 'true' ] } }\n", false);
	engine_free(engine);
	hold = take(&p, &row);
	inputs = ARENA_ARRAY(&p.arena, INPUTS_MOST, struct record_artifact);
	for (unsigned i = 0; i < INPUTS_MOST; i++) {
		inputs[i].name = str_of(arena_printf(&p.arena, "%0128u", i));
		inputs[i].number = UINT32_MAX;
		inputs[i].size = UINT32_MAX;
	}
	OK(record_submitted(&hold, &attempt, STR_EMPTY, inputs, INPUTS_MOST, &err));
	OK(store_flush(p.store, &err));
	run_release(&hold);
	place_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_cancelled_run_stays_cancelled_without_a_reason),
		cmocka_unit_test(test_what_an_interrupted_blocking_left_is_blocked),
		cmocka_unit_test(test_a_clock_set_back_does_not_stretch_a_retry),
		cmocka_unit_test(test_a_wait_within_one_boot_goes_by_its_clock),
		cmocka_unit_test(test_a_wait_beyond_a_boot_goes_by_utc),
		cmocka_unit_test(
			test_what_was_told_before_the_end_was_recorded_is_not_told_again),
		cmocka_unit_test(test_what_was_told_before_a_retry_is_told_anew),
		cmocka_unit_test(test_what_was_told_to_an_end_that_changed_is_told_anew),
		cmocka_unit_test(test_the_most_inputs_fit_their_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
