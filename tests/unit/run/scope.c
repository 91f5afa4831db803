/* Scopes in the schedule: opened, their steps let in, closed, cancelled, retried. */
#include "run/schedule_again.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* before → scope (a → b, last: after both) → after. */
enum { BEFORE, SCOPE, A, B, LAST, AFTER, PLANNED };

struct fixture {
	struct graph *graph;
	struct step steps[PLANNED];
	struct scope scope;
	struct schedule *schedule;
};

static const uint32_t only_before[] = {BEFORE}, only_scope[] = {SCOPE}, of_b[] = {SCOPE, A},
		      of_last[] = {SCOPE, A, B}, for_scope[] = {A, B, LAST, AFTER},
		      for_a[] = {B, LAST}, for_b[] = {LAST};
static uint8_t wants_scope[] = {NEED_SUCCEEDED}, wants_b[] = {NEED_SUCCEEDED, 0},
	       wants_last[] = {NEED_SUCCEEDED, NEED_FINISHED, NEED_FINISHED};

static void
set_needs(struct step *step, const uint32_t *needs, uint8_t *wants, uint32_t n)
{
	step->needs = needs;
	step->wants = wants;
	step->n_needs = n;
}

static void
set_dependents(struct step *step, const uint32_t *dependents, uint32_t n)
{
	step->dependents = dependents;
	step->n_dependents = n;
}

static void
setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	for (uint32_t i = 0; i < PLANNED; i++)
		f->steps[i].place = i;
	f->scope = (struct scope){.step = SCOPE, .n_steps = 3};
	f->steps[SCOPE].scope = &f->scope;
	f->steps[A].inside = f->steps[B].inside = f->steps[LAST].inside = &f->scope;
	f->steps[LAST].is_last = true;
	set_needs(&f->steps[SCOPE], only_before, NULL, 1);
	set_needs(&f->steps[A], only_scope, wants_scope, 1);
	set_needs(&f->steps[B], of_b, wants_b, 2);
	set_needs(&f->steps[LAST], of_last, wants_last, 3);
	set_needs(&f->steps[AFTER], only_scope, NULL, 1);
	set_dependents(&f->steps[BEFORE], only_scope, 1);
	set_dependents(&f->steps[SCOPE], for_scope, 4);
	set_dependents(&f->steps[A], for_a, 2);
	set_dependents(&f->steps[B], for_b, 1);
	f->graph = memory_zeroed(1, sizeof(*f->graph));
	f->graph->steps = f->steps;
	f->graph->n_steps = f->graph->n_planned = PLANNED;
	graph_add_scope(f->graph, &f->scope);
	f->graph->n_last = 1;
	f->schedule = schedule_new(f->graph);
	schedule_restored(f->schedule);
}

static void
teardown(struct fixture *f)
{
	schedule_free(f->schedule);
	graph_free(f->graph);
}

static void
run_one(struct fixture *f, uint32_t step)
{
	assert_int_equal(schedule_next(f->schedule), step);
	schedule_submitted(f->schedule, step);
}

static void
succeed(struct fixture *f, uint32_t step)
{
	run_one(f, step);
	schedule_accepted(f->schedule, step, NULL);
}

static void
fail_step(struct fixture *f, uint32_t step)
{
	run_one(f, step);
	schedule_failed(f->schedule, step);
}

static void
open_scope(struct fixture *f)
{
	succeed(f, BEFORE);
	assert_int_equal(schedule_next(f->schedule), SCOPE);
	schedule_opened(f->schedule, SCOPE);
}

static uint8_t
state(const struct fixture *f, uint32_t step)
{
	return schedule_visit(f->schedule, step)->state;
}

static void
test_open_and_close(void **unused)
{
	struct schedule_items parts;
	struct fixture f;

	(void)unused;
	setup(&f);
	open_scope(&f);
	assert_int_equal(schedule_next(f.schedule), A);
	succeed(&f, A);
	assert_int_equal(schedule_gathered(f.schedule), STEP_NONE);
	succeed(&f, B);
	/* What comes last does so in the scope, and nobody else has to have ended. */
	assert_int_equal(schedule_gathered(f.schedule), STEP_NONE);
	succeed(&f, LAST);
	assert_int_equal(schedule_gathered(f.schedule), SCOPE);
	assert_int_equal(schedule_gathered(f.schedule), STEP_NONE);
	schedule_count_parts(f.schedule, SCOPE, &parts);
	assert_int_equal(parts.n, 3);
	assert_int_equal(parts.left, 0);
	assert_int_equal(state(&f, AFTER), VISIT_PENDING);
	schedule_accepted(f.schedule, SCOPE, NULL);
	succeed(&f, AFTER);
	assert_false(schedule_is_open(f.schedule));
	assert_int_equal(schedule_failures(f.schedule), 0);
	teardown(&f);
}

static void
test_failure_is_the_scopes(void **unused)
{
	struct schedule_items parts;
	struct fixture f;

	(void)unused;
	setup(&f);
	open_scope(&f);
	fail_step(&f, A);
	assert_int_equal(state(&f, B), VISIT_BLOCKED);
	succeed(&f, LAST);
	assert_int_equal(schedule_gathered(f.schedule), SCOPE);
	schedule_count_parts(f.schedule, SCOPE, &parts);
	assert_int_equal(parts.failed, 2);
	assert_int_equal(schedule_failures(f.schedule), 0);
	schedule_failed(f.schedule, SCOPE);
	assert_int_equal(state(&f, AFTER), VISIT_BLOCKED);
	assert_int_equal(schedule_failures(f.schedule), 2);
	teardown(&f);
}

static void
test_skipped_with_all(void **unused)
{
	struct fixture f;

	(void)unused;
	setup(&f);
	succeed(&f, BEFORE);
	schedule_skip(f.schedule, SCOPE);
	assert_int_equal(state(&f, A), VISIT_SKIPPED);
	assert_int_equal(state(&f, B), VISIT_SKIPPED);
	assert_int_equal(state(&f, LAST), VISIT_SKIPPED);
	assert_int_equal(schedule_gathered(f.schedule), STEP_NONE);
	succeed(&f, AFTER);
	teardown(&f);
}

static void
test_blocked_with_all(void **unused)
{
	struct fixture f;

	(void)unused;
	setup(&f);
	fail_step(&f, BEFORE);
	assert_int_equal(state(&f, SCOPE), VISIT_BLOCKED);
	assert_int_equal(state(&f, A), VISIT_SKIPPED);
	assert_int_equal(state(&f, LAST), VISIT_SKIPPED);
	assert_false(schedule_is_open(f.schedule));
	teardown(&f);
}

static void
test_cancelled(void **unused)
{
	struct schedule_items parts;
	const uint32_t *steps;
	struct fixture f;
	size_t n;

	(void)unused;
	setup(&f);
	open_scope(&f);
	schedule_cancel(f.schedule, SCHEDULE_BEFORE_LAST, &steps, &n);
	assert_int_equal(n, 3);
	assert_int_equal(state(&f, SCOPE), VISIT_RUNNING);
	succeed(&f, LAST);
	assert_int_equal(schedule_gathered(f.schedule), SCOPE);
	schedule_count_parts(f.schedule, SCOPE, &parts);
	assert_int_equal(parts.cancelled, 2);
	assert_int_equal(parts.failed, 0);
	schedule_gather_cancelled(f.schedule, SCOPE);
	assert_false(schedule_is_open(f.schedule));
	teardown(&f);
}

/* A resumed run: the scope runs, and a step in it has ended. */
static void
test_restored(void **unused)
{
	struct fixture f;

	(void)unused;
	setup(&f);
	schedule_free(f.schedule);
	f.schedule = schedule_new(f.graph);
	schedule_restore(f.schedule, BEFORE, VISIT_SUCCEEDED, 1, 0, NULL);
	schedule_restore(f.schedule, A, VISIT_SUCCEEDED, 1, 0, NULL);
	schedule_restore(f.schedule, SCOPE, VISIT_RUNNING, 0, 0, NULL);
	schedule_restored(f.schedule);
	succeed(&f, B);
	succeed(&f, LAST);
	assert_int_equal(schedule_gathered(f.schedule), SCOPE);
	teardown(&f);
	/* All have ended, and nobody had the time to close it. */
	setup(&f);
	schedule_free(f.schedule);
	f.schedule = schedule_new(f.graph);
	for (uint32_t i = A; i <= LAST; i++)
		schedule_restore(f.schedule, i, VISIT_SUCCEEDED, 1, 0, NULL);
	schedule_restore(f.schedule, BEFORE, VISIT_SUCCEEDED, 1, 0, NULL);
	schedule_restore(f.schedule, SCOPE, VISIT_RUNNING, 0, 0, NULL);
	schedule_restored(f.schedule);
	assert_int_equal(schedule_gathered(f.schedule), SCOPE);
	teardown(&f);
}

/* Naming a step that failed takes its scope along, naming the scope what failed in it. */
static void
test_renewed(void **unused)
{
	static const uint32_t named[] = {A, SCOPE};

	(void)unused;
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		bool retried[PLANNED] = {false};
		const uint32_t *steps;
		struct fixture f;
		size_t n;

		setup(&f);
		open_scope(&f);
		fail_step(&f, A);
		succeed(&f, LAST);
		assert_int_equal(schedule_gathered(f.schedule), SCOPE);
		schedule_failed(f.schedule, SCOPE);
		retried[named[i]] = true;
		schedule_renew(f.schedule, retried, &steps, &n);
		assert_int_equal(n, 4);
		assert_int_equal(schedule_failures(f.schedule), 0);
		assert_int_equal(schedule_next(f.schedule), SCOPE);
		schedule_opened(f.schedule, SCOPE);
		succeed(&f, A);
		succeed(&f, B);
		assert_int_equal(schedule_gathered(f.schedule), SCOPE);
		schedule_accepted(f.schedule, SCOPE, NULL);
		succeed(&f, AFTER);
		assert_false(schedule_is_open(f.schedule));
		teardown(&f);
	}
}

/* While it runs, a step in it is renewed alone. */
static void
test_renewed_within(void **unused)
{
	bool retried[PLANNED] = {[A] = true};
	struct schedule_items parts;
	const uint32_t *steps;
	struct fixture f;
	size_t n;

	(void)unused;
	setup(&f);
	open_scope(&f);
	fail_step(&f, A);
	schedule_renew(f.schedule, retried, &steps, &n);
	assert_int_equal(n, 2);
	schedule_count_parts(f.schedule, SCOPE, &parts);
	assert_int_equal(parts.failed, 0);
	assert_int_equal(parts.left, 3);
	succeed(&f, A);
	succeed(&f, B);
	succeed(&f, LAST);
	assert_int_equal(schedule_gathered(f.schedule), SCOPE);
	teardown(&f);
}

/* Retried after the last of it ended and before that was looked at, as after a crash in between. */
static void
test_a_scope_that_is_open_again_is_not_closed(void **unused)
{
	struct fixture f;
	const uint32_t *steps;
	bool retried[PLANNED] = {[A] = true};
	size_t n;

	(void)unused;
	setup(&f);
	open_scope(&f);
	fail_step(&f, A);
	assert_int_equal(state(&f, B), VISIT_BLOCKED);
	succeed(&f, LAST);
	schedule_renew(f.schedule, retried, &steps, &n);
	assert_int_equal(schedule_gathered(f.schedule), STEP_NONE);
	succeed(&f, A);
	succeed(&f, B);
	assert_int_equal(schedule_gathered(f.schedule), SCOPE);
	assert_int_equal(schedule_gathered(f.schedule), STEP_NONE);
	teardown(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_scope_that_is_open_again_is_not_closed),
		cmocka_unit_test(test_open_and_close),
		cmocka_unit_test(test_failure_is_the_scopes),
		cmocka_unit_test(test_skipped_with_all),
		cmocka_unit_test(test_blocked_with_all),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_restored),
		cmocka_unit_test(test_renewed),
		cmocka_unit_test(test_renewed_within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
