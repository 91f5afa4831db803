/* A whole run while the clock is set back again and again: BOOTTIME decides. */
#include "base/clock.h"
#include "fixture.h"

#define HOUR_US (INT64_C(3600) * 1000000)

int64_t __real_clock_utc_us(void);
int64_t __wrap_clock_utc_us(void);

static int64_t behind_us;
static int64_t step_us;

/* The test clock: each look at it finds it set by step_us. */
int64_t
__wrap_clock_utc_us(void)
{
	behind_us += step_us;
	return __real_clock_utc_us() - behind_us;
}

static size_t
count_timeouts(struct place *p)
{
	struct attempt_row *rows;
	struct run_row row;
	size_t n;
	size_t timeouts = 0;

	OK(run_find(p->store, STR("@last"), &p->arena, &row, &err));
	OK(run_attempts(p->store, row.number, STORE_ALL, &p->arena, &rows, &n, &err));
	for (size_t i = 0; i < n; i++)
		timeouts += str_is(rows[i].class, "timeout");
	return timeouts;
}

static void
run_by(int64_t set_us)
{
	static const char text[] =
		"lily: 1\nbudget: { wall: 20s }\nsteps:\n"
		"  slow: { exec: [ sleep, '60' ], timeout: 300ms, grace: 100ms,\n"
		"          continue_on_error: true }\n"
		"  again: { run: '[ $LILY_ATTEMPT = 3 ]',\n"
		"           retry: { attempts: 3, backoff: 50ms, jitter: none, factor: 1 } }\n"
		"  late: { exec: [ 'true' ], needs: { slow: failed, again: succeeded } }\n"
		"finally: { last: { exec: [ 'true' ] } }\n";
	int64_t begun = clock_boot_us();
	struct engine *engine;
	struct place p;
	int64_t took;

	place_open(&p);
	behind_us = 0;
	step_us = set_us;
	engine = begin(&p, text, false);
	drive(engine);
	took = clock_boot_us() - begun;
	engine_free(engine);
	assert_string_equal(states_of(&p),
		"succeeded slow=failed again=succeeded late=succeeded last=succeeded");
	assert_int_equal(count_timeouts(&p), 1);
	/* Not before its time, and long before what a clock that decides would make of it. */
	assert_true(took >= 300000 && took < 15 * INT64_C(1000000));
	step_us = 0;
	place_close(&p);
}

static void
test_a_clock_that_is_set_back(void **state)
{
	(void)state;
	run_by(HOUR_US);
}

static void
test_a_clock_that_is_set_forward(void **state)
{
	(void)state;
	run_by(-HOUR_US);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_clock_that_is_set_back),
		cmocka_unit_test(test_a_clock_that_is_set_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
