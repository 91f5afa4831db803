/* Runs that were interrupted at an unlucky moment, and what goes on from there. */
#include "base/clock.h"
#include "fixture.h"
#include "run/record.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_cancelled_run_stays_cancelled_without_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
