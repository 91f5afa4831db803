/* Items of a foreach in graph and schedule: numbers, names, order, bounds, fates. */
#include "run/schedule_again.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

/* before → loop (templates a, b: b needs a) → after; aside needs nothing. */
enum { BEFORE, LOOP, A, B, AFTER, ASIDE, PLANNED };

struct fixture {
	struct graph *graph;
	struct step steps[PLANNED];
	struct foreach foreach;
	struct schedule *schedule;
	const struct expansion *expansion;
	char text[16][8];
	struct str keys[16];
};

static const uint32_t only_before[] = {BEFORE}, only_loop[] = {LOOP}, only_a[] = {A},
		      only_b[] = {B}, only_after[] = {AFTER};

static void
setup(struct fixture *f, uint32_t parallel)
{
	static const char *const names[] = {
		"before", "loop", "loop/*/a", "loop/*/b", "after", "aside"};

	memset(f, 0, sizeof(*f));
	for (uint32_t i = 0; i < PLANNED; i++) {
		f->steps[i].name = str_of(names[i]);
		f->steps[i].place = i;
	}
	f->foreach = (struct foreach){.step = LOOP,
		.first_template = A,
		.n_templates = 2,
		.planned = A,
		.parallel = parallel};
	f->steps[BEFORE].dependents = only_loop;
	f->steps[BEFORE].n_dependents = 1;
	f->steps[LOOP].foreach = &f->foreach;
	f->steps[LOOP].needs = only_before;
	f->steps[LOOP].n_needs = 1;
	f->steps[LOOP].dependents = only_after;
	f->steps[LOOP].n_dependents = 1;
	f->steps[A].template_of = f->steps[B].template_of = &f->foreach;
	f->steps[A].dependents = only_b;
	f->steps[A].n_dependents = 1;
	f->steps[B].needs = only_a;
	f->steps[B].n_needs = 1;
	f->steps[AFTER].needs = only_loop;
	f->steps[AFTER].n_needs = 1;
	f->graph = memory_zeroed(1, sizeof(*f->graph));
	f->graph->steps = f->steps;
	f->graph->n_steps = f->graph->n_planned = PLANNED;
	f->graph->n_templates = 2;
	graph_add_foreach(f->graph, &f->foreach);
	f->schedule = schedule_new(f->graph);
	for (uint32_t i = 0; i < ARRAY_SIZE(f->keys); i++) {
		(void)snprintf(f->text[i], sizeof(f->text[i]), "k%u", i);
		f->keys[i] = str_of(f->text[i]);
	}
}

static void
teardown(struct fixture *f)
{
	schedule_free(f->schedule);
	graph_free(f->graph);
}

static void
succeed(struct fixture *f, uint32_t step)
{
	assert_int_equal(schedule_next(f->schedule), step);
	schedule_submitted(f->schedule, step);
	schedule_accepted(f->schedule, step, NULL);
}

static void
expand(struct fixture *f, uint32_t n)
{
	struct err err = ERR_INIT;

	assert_int_equal(schedule_next(f->schedule), LOOP);
	assert_int_equal(graph_expand(f->graph, LOOP,
				 &(struct expansion_items){.keys = f->keys, .n = n, .visit = 1},
				 &f->expansion, &err),
		0);
	schedule_expanded(f->schedule, f->expansion);
}

static void
begin(struct fixture *f, uint32_t parallel, uint32_t n)
{
	setup(f, parallel);
	schedule_restored(f->schedule);
	succeed(f, BEFORE);
	expand(f, n);
}

static void
test_names_and_numbers(void **state)
{
	struct fixture f;
	struct schedule_counts counts;

	(void)state;
	begin(&f, 0, 3);
	assert_int_equal(f.expansion->first, PLANNED);
	assert_int_equal(f.graph->n_steps, PLANNED + 6);
	assert_string_equal(f.graph->steps[PLANNED].name.p, "loop/k0/a");
	assert_string_equal(f.graph->steps[PLANNED + 5].name.p, "loop/k2/b");
	assert_int_equal(graph_find(f.graph, STR("loop/k1/b")), PLANNED + 3);
	assert_int_equal(f.graph->steps[PLANNED + 3].needs[0], PLANNED + 2);
	assert_int_equal(graph_target(f.graph, &f.graph->steps[PLANNED + 3], A), PLANNED + 2);
	assert_int_equal(graph_target(f.graph, &f.graph->steps[PLANNED + 3], BEFORE), BEFORE);
	assert_ptr_equal(graph_expansion(f.graph, LOOP), f.expansion);
	/* Templates are no steps of the run. */
	schedule_count(f.schedule, &counts);
	assert_int_equal(counts.by_state[VISIT_PENDING], 4);
	assert_int_equal(counts.by_state[VISIT_READY], 4);
	assert_int_equal(counts.by_state[VISIT_RUNNING], 1);
	teardown(&f);
}

/* The place of the template first, then the item; what stands behind the foreach comes last. */
static void
test_order(void **state)
{
	static const uint32_t order[] = {
		PLANNED, PLANNED + 2, PLANNED + 1, PLANNED + 3, AFTER, ASIDE};
	struct fixture f;

	(void)state;
	begin(&f, 0, 2);
	for (size_t i = 0; i < 4; i++)
		succeed(&f, order[i]);
	assert_int_equal(schedule_gathered(f.schedule), LOOP);
	schedule_accepted(f.schedule, LOOP, NULL);
	assert_int_equal(schedule_gathered(f.schedule), STEP_NONE);
	succeed(&f, AFTER);
	succeed(&f, ASIDE);
	teardown(&f);
}

static void
test_bound_lets_items_in_by_order(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 1, 3);
	for (uint32_t item = 0; item < 3; item++) {
		succeed(&f, PLANNED + 2 * item);
		assert_int_equal(schedule_visit(f.schedule, PLANNED + 4)->state,
			item < 2 ? VISIT_PENDING : VISIT_SUCCEEDED);
		assert_int_equal(schedule_gathered(f.schedule), STEP_NONE);
		succeed(&f, PLANNED + 2 * item + 1);
	}
	assert_int_equal(schedule_gathered(f.schedule), LOOP);
	teardown(&f);
}

static void
fail_step(struct fixture *f, uint32_t step)
{
	const uint32_t *blocked;
	size_t n;

	assert_int_equal(schedule_next(f->schedule), step);
	schedule_submitted(f->schedule, step);
	schedule_failed(f->schedule, step);
	schedule_decided(f->schedule, &blocked, &n);
}

static void
test_failed_item_is_no_failure_of_the_run(void **state)
{
	struct schedule_items items;
	struct fixture f;

	(void)state;
	begin(&f, 0, 2);
	fail_step(&f, PLANNED);
	assert_int_equal(schedule_visit(f.schedule, PLANNED + 1)->state, VISIT_BLOCKED);
	assert_int_equal(schedule_failures(f.schedule), 0);
	succeed(&f, PLANNED + 2);
	succeed(&f, PLANNED + 3);
	assert_int_equal(schedule_gathered(f.schedule), LOOP);
	schedule_count_items(f.schedule, LOOP, &items);
	assert_int_equal(items.n, 2);
	assert_int_equal(items.left, 0);
	assert_int_equal(items.failed, 1);
	assert_true(schedule_item_failed(f.schedule, LOOP, 0));
	assert_false(schedule_item_failed(f.schedule, LOOP, 1));
	schedule_failed(f.schedule, LOOP);
	/* It and what it blocks. */
	assert_int_equal(schedule_failures(f.schedule), 2);
	teardown(&f);
}

static void
test_no_items(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 4, 0);
	assert_int_equal(f.graph->n_steps, PLANNED);
	assert_int_equal(schedule_gathered(f.schedule), LOOP);
	schedule_accepted(f.schedule, LOOP, NULL);
	succeed(&f, AFTER);
	teardown(&f);
}

static void
test_cancelled_items(void **state)
{
	struct schedule_items items;
	struct fixture f;
	const uint32_t *steps;
	size_t n;

	(void)state;
	begin(&f, 1, 3);
	succeed(&f, PLANNED);
	schedule_submitted(f.schedule, PLANNED + 1);
	schedule_cancel(f.schedule, SCHEDULE_ALL, &steps, &n);
	/* Four steps of items 1 and 2, after, aside; not the templates, not the foreach. */
	assert_int_equal(n, 6);
	assert_int_equal(schedule_next(f.schedule), STEP_NONE);
	assert_int_equal(schedule_gathered(f.schedule), STEP_NONE);
	schedule_attempt_cancelled(f.schedule, PLANNED + 1);
	assert_int_equal(schedule_gathered(f.schedule), LOOP);
	schedule_count_items(f.schedule, LOOP, &items);
	assert_int_equal(items.cancelled, 3);
	schedule_attempt_cancelled(f.schedule, LOOP);
	teardown(&f);
}

/* At any instant of a run its states can be put into a new graph and schedule, which go on alike. */
static void
test_restored_at_any_step(void **state)
{
	struct fixture f;
	struct err err = ERR_INIT;

	(void)state;
	for (uint32_t done = 0; done <= 6; done++) {
		setup(&f, 2);
		assert_int_equal(
			graph_expand(f.graph, LOOP,
				&(struct expansion_items){.keys = f.keys, .n = 3, .visit = 1},
				&f.expansion, &err),
			0);
		schedule_restore_expansion(f.schedule, f.expansion);
		schedule_restore(f.schedule, BEFORE, VISIT_SUCCEEDED, 1, 0, NULL);
		schedule_restore(f.schedule, LOOP, VISIT_RUNNING, 0, 0, NULL);
		for (uint32_t i = 0; i < done; i++)
			schedule_restore(f.schedule, PLANNED + i, VISIT_SUCCEEDED, 1, 0, NULL);
		schedule_restored(f.schedule);
		for (uint32_t left = 6 - done; left > 0; left--) {
			uint32_t next = schedule_next(f.schedule);

			assert_true(next >= PLANNED);
			assert_int_equal(schedule_gathered(f.schedule), STEP_NONE);
			succeed(&f, next);
		}
		assert_int_equal(schedule_gathered(f.schedule), LOOP);
		schedule_accepted(f.schedule, LOOP, NULL);
		succeed(&f, AFTER);
		teardown(&f);
	}
}

/* A rule goes back while items run, wait and have failed: they count no more, and others come. */
static void
test_gone_back_to_with_other_items(void **state)
{
	struct fixture f;
	struct schedule_superseded superseded;
	struct schedule_counts counts;

	(void)state;
	begin(&f, 0, 3);
	succeed(&f, PLANNED);
	schedule_submitted(f.schedule, PLANNED + 2);
	schedule_submitted(f.schedule, PLANNED + 4);
	schedule_note_failure(f.schedule, PLANNED + 2, FAILURE_EXIT, 1);
	schedule_failed(f.schedule, PLANNED + 2);
	schedule_supersede(f.schedule, BEFORE, &superseded);
	assert_int_equal(superseded.n_steps, 2);
	assert_int_equal(superseded.steps[0], BEFORE);
	assert_int_equal(superseded.steps[1], LOOP);
	assert_int_equal(superseded.n_retired, 6);
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(superseded.retired[i], PLANNED + i);
	graph_retire(f.graph, LOOP);
	assert_null(graph_expansion(f.graph, LOOP));
	assert_int_equal(f.graph->n_templates, 2 + 6);
	assert_int_equal(f.graph->n_items, 0);
	assert_int_equal(schedule_next(f.schedule), ASIDE);
	schedule_release(f.schedule);
	schedule_count(f.schedule, &counts);
	assert_int_equal(counts.by_state[VISIT_PENDING], 2);
	assert_int_equal(counts.by_state[VISIT_READY], 2);
	assert_int_equal(counts.by_state[VISIT_RUNNING], 0);
	assert_int_equal(counts.by_state[VISIT_FAILED], 0);
	succeed(&f, BEFORE);
	expand(&f, 2);
	assert_int_equal(f.expansion->first, PLANNED + 6);
	assert_int_equal(graph_find(f.graph, STR("loop/k0/a")), PLANNED + 6);
	/* The third one is not there any more, but its number is. */
	assert_int_equal(graph_find(f.graph, STR("loop/k2/a")), PLANNED + 4);
	assert_ptr_equal(f.graph->steps[PLANNED + 4].template_of, &f.foreach);
	succeed(&f, PLANNED + 6);
	succeed(&f, PLANNED + 8);
	succeed(&f, PLANNED + 7);
	assert_int_equal(schedule_gathered(f.schedule), STEP_NONE);
	succeed(&f, PLANNED + 9);
	assert_int_equal(schedule_gathered(f.schedule), LOOP);
	schedule_accepted(f.schedule, LOOP, NULL);
	succeed(&f, AFTER);
	assert_int_equal(schedule_failures(f.schedule), 0);
	teardown(&f);
}

/* Retries the steps, which are as many as were moved. */
static void
renew(struct fixture *f, const uint32_t *named, size_t n_named, size_t n_moved)
{
	bool *marks = memory_zeroed(f->graph->n_steps, sizeof(*marks));
	const uint32_t *steps;
	size_t n;

	for (size_t i = 0; i < n_named; i++)
		marks[named[i]] = true;
	schedule_renew(f->schedule, marks, &steps, &n);
	free(marks);
	assert_int_equal(n, n_moved);
}

static enum visit_state
state_of(const struct fixture *f, uint32_t step)
{
	return (enum visit_state)schedule_visit(f->schedule, step)->state;
}

static void
gather(struct fixture *f, enum visit_state state, uint32_t failed)
{
	struct schedule_items items;

	assert_int_equal(schedule_gathered(f->schedule), LOOP);
	schedule_count_items(f->schedule, LOOP, &items);
	assert_int_equal(items.left, 0);
	assert_int_equal(items.failed, failed);
	assert_int_equal(items.cancelled, 0);
	if (state == VISIT_FAILED)
		schedule_failed(f->schedule, LOOP);
	else
		schedule_accepted(f->schedule, LOOP, NULL);
	assert_int_equal(schedule_gathered(f->schedule), STEP_NONE);
}

static void
reopen(struct fixture *f)
{
	assert_int_equal(schedule_next(f->schedule), LOOP);
	schedule_opened(f->schedule, LOOP);
}

/* Items 0 and 2 fail, and with them the foreach: it is opened again for the one that is retried, then for all. */
static void
test_items_of_a_failed_foreach_are_retried(void **state)
{
	struct fixture f;
	const uint32_t third[] = {PLANNED + 4};
	const uint32_t whole[] = {LOOP};

	(void)state;
	begin(&f, 0, 3);
	fail_step(&f, PLANNED);
	succeed(&f, PLANNED + 2);
	fail_step(&f, PLANNED + 4);
	succeed(&f, PLANNED + 3);
	gather(&f, VISIT_FAILED, 2);
	assert_int_equal(schedule_failures(f.schedule), 2);
	/* It, its step b, the foreach, and what that blocks. */
	renew(&f, third, 1, 4);
	assert_int_equal(schedule_failures(f.schedule), 0);
	assert_int_equal(state_of(&f, PLANNED), VISIT_FAILED);
	assert_int_equal(state_of(&f, PLANNED + 1), VISIT_BLOCKED);
	assert_int_equal(state_of(&f, PLANNED + 4), VISIT_PENDING);
	reopen(&f);
	succeed(&f, PLANNED + 4);
	assert_int_equal(schedule_gathered(f.schedule), STEP_NONE);
	succeed(&f, PLANNED + 5);
	gather(&f, VISIT_FAILED, 1);
	assert_true(schedule_item_failed(f.schedule, LOOP, 0));
	assert_false(schedule_item_failed(f.schedule, LOOP, 2));
	renew(&f, whole, 1, 4);
	reopen(&f);
	succeed(&f, PLANNED);
	succeed(&f, PLANNED + 1);
	gather(&f, VISIT_SUCCEEDED, 0);
	succeed(&f, AFTER);
	succeed(&f, ASIDE);
	assert_int_equal(schedule_failures(f.schedule), 0);
	teardown(&f);
}

/* Items that are retried while the others go on take their turn: no more are open than the bound allows. */
static void
test_a_retried_item_waits_for_its_turn(void **state)
{
	struct fixture f;
	const uint32_t first[] = {PLANNED};

	(void)state;
	begin(&f, 1, 3);
	fail_step(&f, PLANNED);
	succeed(&f, PLANNED + 2);
	renew(&f, first, 1, 2);
	assert_int_equal(state_of(&f, PLANNED), VISIT_PENDING);
	succeed(&f, PLANNED + 3);
	assert_int_equal(state_of(&f, PLANNED + 4), VISIT_PENDING);
	succeed(&f, PLANNED);
	succeed(&f, PLANNED + 1);
	succeed(&f, PLANNED + 4);
	succeed(&f, PLANNED + 5);
	gather(&f, VISIT_SUCCEEDED, 0);
	teardown(&f);
}

/* What failed in a foreach that succeeded all the same is past. */
static void
test_items_of_a_foreach_that_succeeded_are_not_retried(void **state)
{
	struct fixture f;
	const uint32_t first[] = {PLANNED, LOOP};

	(void)state;
	begin(&f, 0, 2);
	fail_step(&f, PLANNED);
	succeed(&f, PLANNED + 2);
	succeed(&f, PLANNED + 3);
	gather(&f, VISIT_SUCCEEDED, 1);
	renew(&f, first, 2, 0);
	succeed(&f, AFTER);
	teardown(&f);
}

/* Both steps of an item fail, of which the first is let pass: with the second alone done, the item is still lost. */
static void
test_what_is_not_retried_in_an_item_still_counts(void **state)
{
	struct fixture f;
	const uint32_t second[] = {PLANNED + 1};

	(void)state;
	begin(&f, 0, 1);
	schedule_submitted(f.schedule, PLANNED);
	schedule_note_route(f.schedule, PLANNED, ROUTED_CONTINUE);
	schedule_failed(f.schedule, PLANNED);
	fail_step(&f, PLANNED + 1);
	gather(&f, VISIT_FAILED, 1);
	renew(&f, second, 1, 3);
	reopen(&f);
	succeed(&f, PLANNED + 1);
	gather(&f, VISIT_FAILED, 1);
	teardown(&f);
}

/* Cut off at any instant after items are retried, the run lets in no more items than its bound allows. */
static void
test_restored_while_items_are_retried(void **state)
{
	struct fixture f;
	struct err err = ERR_INIT;

	(void)state;
	for (unsigned opened = 0; opened < 2; opened++) {
		setup(&f, 1);
		assert_int_equal(
			graph_expand(f.graph, LOOP,
				&(struct expansion_items){.keys = f.keys, .n = 3, .visit = 1},
				&f.expansion, &err),
			0);
		schedule_restore_expansion(f.schedule, f.expansion);
		schedule_restore(f.schedule, BEFORE, VISIT_SUCCEEDED, 1, 0, NULL);
		if (opened)
			schedule_restore(f.schedule, LOOP, VISIT_RUNNING, 0, 0, NULL);
		for (uint32_t i = 0; i < 2; i++)
			schedule_restore(f.schedule, PLANNED + i, VISIT_SUCCEEDED, 1, 0, NULL);
		/* The third had begun when the second was retried. */
		if (opened)
			schedule_restore(f.schedule, PLANNED + 4, VISIT_READY, 1, 0, NULL);
		schedule_restored(f.schedule);
		if (!opened) {
			reopen(&f);
		} else {
			assert_int_equal(state_of(&f, PLANNED + 2), VISIT_PENDING);
			succeed(&f, PLANNED + 4);
			assert_int_equal(state_of(&f, PLANNED + 2), VISIT_PENDING);
			succeed(&f, PLANNED + 5);
		}
		succeed(&f, PLANNED + 2);
		succeed(&f, PLANNED + 3);
		for (uint32_t i = 4; !opened && i < 6; i++)
			succeed(&f, PLANNED + i);
		gather(&f, VISIT_SUCCEEDED, 0);
		succeed(&f, AFTER);
		teardown(&f);
	}
}

/* It asked for a failure that does not come again: the items that were to be done again are skipped with it. */
static void
test_a_retried_foreach_that_is_skipped_leaves_out_its_items(void **state)
{
	static uint8_t wants_failure[] = {NEED_FAILED};
	struct fixture f;
	const uint32_t both[] = {BEFORE, LOOP};

	(void)state;
	setup(&f, 0);
	f.steps[LOOP].wants = wants_failure;
	schedule_free(f.schedule);
	f.schedule = schedule_new(f.graph);
	schedule_restored(f.schedule);
	fail_step(&f, BEFORE);
	expand(&f, 2);
	fail_step(&f, PLANNED);
	succeed(&f, PLANNED + 2);
	succeed(&f, PLANNED + 3);
	gather(&f, VISIT_FAILED, 1);
	renew(&f, both, 2, 5);
	succeed(&f, BEFORE);
	assert_int_equal(state_of(&f, LOOP), VISIT_SKIPPED);
	assert_int_equal(state_of(&f, PLANNED), VISIT_SKIPPED);
	assert_int_equal(state_of(&f, PLANNED + 1), VISIT_SKIPPED);
	assert_int_equal(state_of(&f, PLANNED + 3), VISIT_SUCCEEDED);
	succeed(&f, AFTER);
	succeed(&f, ASIDE);
	assert_int_equal(schedule_next(f.schedule), STEP_NONE);
	assert_int_equal(schedule_gathered(f.schedule), STEP_NONE);
	teardown(&f);
}

static void
test_bad_keys(void **state)
{
	struct str twice[] = {STR("a"), STR("b"), STR("a")};
	struct str bad[] = {STR("a"), STR("b/c")};
	struct fixture f;
	struct err err = ERR_INIT;

	(void)state;
	setup(&f, 0);
	assert_int_equal(graph_expand(f.graph, LOOP,
				 &(struct expansion_items){.keys = twice, .n = 3, .visit = 1},
				 &f.expansion, &err),
		ERR_INVALID);
	assert_non_null(strstr(err.message, "items 0 and 2 have the same key \"a\""));
	err = ERR_INIT;
	assert_int_equal(graph_expand(f.graph, LOOP,
				 &(struct expansion_items){.keys = bad, .n = 2, .visit = 1},
				 &f.expansion, &err),
		ERR_INVALID);
	assert_non_null(strstr(err.message, "the key \"b/c\" of item 1 is no name"));
	assert_int_equal(f.graph->n_steps, PLANNED);
	assert_int_equal(f.graph->n_expansions, 0);
	teardown(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_and_numbers),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_bound_lets_items_in_by_order),
		cmocka_unit_test(test_failed_item_is_no_failure_of_the_run),
		cmocka_unit_test(test_no_items),
		cmocka_unit_test(test_cancelled_items),
		cmocka_unit_test(test_restored_at_any_step),
		cmocka_unit_test(test_gone_back_to_with_other_items),
		cmocka_unit_test(test_items_of_a_failed_foreach_are_retried),
		cmocka_unit_test(test_a_retried_item_waits_for_its_turn),
		cmocka_unit_test(test_items_of_a_foreach_that_succeeded_are_not_retried),
		cmocka_unit_test(test_what_is_not_retried_in_an_item_still_counts),
		cmocka_unit_test(test_restored_while_items_are_retried),
		cmocka_unit_test(test_a_retried_foreach_that_is_skipped_leaves_out_its_items),
		cmocka_unit_test(test_bad_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
