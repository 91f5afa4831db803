/* Who gets slots of pools, and when: by hand, then at random against the promises of the header. */
#include "run/pools.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>

#define STEPS 200
#define POOLS 4

struct fixture {
	struct graph graph;
	struct step steps[STEPS];
	struct step_pool wants[STEPS][POOLS];
	struct pool_of_graph pools[POOLS];
	struct arena arena;
	struct pools *under_test;
	const uint32_t *slots[STEPS];
};

static void
add_want(struct fixture *f, uint32_t step, uint32_t pool, uint32_t slots)
{
	f->steps[step].pools = f->wants[step];
	f->wants[step][f->steps[step].n_pools++] = (struct step_pool){pool, slots};
}

static void
begin(struct fixture *f, uint32_t n_pools, const uint32_t *slots)
{
	for (uint32_t i = 0; i < n_pools; i++)
		f->pools[i].slots = slots[i];
	f->graph = (struct graph){
		.steps = f->steps, .n_steps = STEPS, .pools = f->pools, .n_pools = n_pools};
	f->under_test = pools_new(&f->graph);
}

static void
end(struct fixture *f)
{
	pools_free(f->under_test);
	arena_done(&f->arena);
	free(f);
}

static void
take(struct fixture *f, uint32_t step)
{
	f->slots[step] = pools_take(f->under_test, step, &f->arena);
}

static void
give(struct fixture *f, uint32_t step)
{
	pools_give(f->under_test, step, f->slots[step]);
	f->slots[step] = NULL;
}

static void
nothing_is_asked_where_there_are_no_pools(void **state)
{
	const struct graph graph = {0};

	(void)state;
	assert_null(pools_new(&graph));
	assert_true(pools_admit(NULL, 3));
	assert_int_equal(pools_next(NULL), STEP_NONE);
	assert_null(pools_take(NULL, 3, NULL));
	pools_give(NULL, 3, NULL);
	pools_free(NULL);
}

static void
slots_are_the_lowest_that_are_free(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		add_want(f, i, 0, i + 1);
	begin(f, 1, (const uint32_t[]){4});
	assert_true(pools_admit(f->under_test, 0));
	take(f, 0);
	assert_true(pools_admit(f->under_test, 1));
	take(f, 1);
	assert_int_equal(f->slots[0][0], 0);
	assert_int_equal(f->slots[1][0], 1);
	assert_int_equal(f->slots[1][1], 2);
	assert_false(pools_admit(f->under_test, 2));
	give(f, 0);
	assert_int_equal(pools_next(f->under_test), STEP_NONE);
	give(f, 1);
	assert_int_equal(pools_next(f->under_test), 2);
	take(f, 2);
	assert_int_equal(f->slots[2][0], 0);
	assert_int_equal(f->slots[2][2], 2);
	give(f, 2);
	end(f);
}

/* Who leaves the line keeps nobody behind it waiting, and has one place in it when it comes back. */
static void
a_step_leaves_the_line(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		add_want(f, i, 0, 1);
	begin(f, 1, (const uint32_t[]){1});
	assert_true(pools_admit(f->under_test, 0));
	take(f, 0);
	for (uint32_t i = 1; i < 4; i++)
		assert_false(pools_admit(f->under_test, i));
	pools_leave(f->under_test, 2);
	pools_leave(f->under_test, 2);
	assert_false(pools_admit(f->under_test, 2));
	for (uint32_t step = 0; step != 2;) {
		const uint32_t after[] = {1, 3, 2, 2};

		give(f, step);
		assert_int_equal(pools_next(f->under_test), after[step]);
		step = after[step];
		take(f, step);
	}
	give(f, 2);
	assert_int_equal(pools_next(f->under_test), STEP_NONE);
	assert_true(pools_admit(f->under_test, 2));
	pools_leave(NULL, 2);
	end(f);
}

/* A step that needs much is not passed for ever by those that need little. */
static void
nobody_goes_before_one_in_line_for_the_same_pool(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	(void)state;
	add_want(f, 0, 0, 1);
	add_want(f, 1, 0, 2);
	add_want(f, 2, 0, 1);
	add_want(f, 3, 1, 1);
	begin(f, 2, (const uint32_t[]){2, 1});
	assert_true(pools_admit(f->under_test, 0));
	take(f, 0);
	assert_false(pools_admit(f->under_test, 1));
	assert_false(pools_admit(f->under_test, 2));
	assert_true(pools_admit(f->under_test, 3));
	assert_int_equal(pools_next(f->under_test), STEP_NONE);
	give(f, 0);
	assert_int_equal(pools_next(f->under_test), 1);
	take(f, 1);
	assert_int_equal(pools_next(f->under_test), STEP_NONE);
	give(f, 1);
	assert_int_equal(pools_next(f->under_test), 2);
	end(f);
}

static void
one_that_is_not_ready_any_more_leaves_the_line(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		add_want(f, i, 0, 1);
	begin(f, 1, (const uint32_t[]){1});
	assert_true(pools_admit(f->under_test, 0));
	take(f, 0);
	assert_false(pools_admit(f->under_test, 1));
	assert_false(pools_admit(f->under_test, 2));
	give(f, 0);
	assert_int_equal(pools_next(f->under_test), 1);
	pools_drop(f->under_test, 1);
	assert_int_equal(pools_next(f->under_test), 2);
	end(f);
}

static bool
share(const struct fixture *f, uint32_t a, uint32_t b)
{
	for (uint32_t i = 0; i < f->steps[a].n_pools; i++)
		for (uint32_t j = 0; j < f->steps[b].n_pools; j++)
			if (f->wants[a][i].pool == f->wants[b][j].pool)
				return true;
	return false;
}

/* No slot is had twice. */
static void
check_slots(const struct fixture *f)
{
	bool had[POOLS][16] = {0};

	for (uint32_t i = 0; i < STEPS; i++) {
		const uint32_t *slot = f->slots[i];

		for (uint32_t j = 0; slot && j < f->steps[i].n_pools; j++)
			for (uint32_t k = 0; k < f->wants[i][j].slots; k++, slot++) {
				assert_true(*slot < f->pools[f->wants[i][j].pool].slots);
				assert_false(had[f->wants[i][j].pool][*slot]);
				had[f->wants[i][j].pool][*slot] = true;
			}
	}
}

/* In which order they began, of those that share a pool: the one in which they came. */
static void
run_all(struct fixture *f, unsigned *seed)
{
	uint32_t running[STEPS];
	uint32_t line[STEPS];
	uint32_t n_running = 0;
	uint32_t n_line = 0;
	uint32_t begun = 0;
	uint32_t next = 0;

	while (begun < STEPS) {
		uint32_t step = pools_next(f->under_test);

		if (step != STEP_NONE) {
			for (uint32_t i = 0; line[i] != step; i++)
				assert_false(share(f, line[i], step));
			for (uint32_t i = 0, kept = 0; i < n_line; i++)
				if (line[i] != step)
					line[kept++] = line[i];
			n_line--;
		} else if (next < STEPS) {
			step = next++;
			if (!pools_admit(f->under_test, step)) {
				line[n_line++] = step;
				step = STEP_NONE;
			} else {
				for (uint32_t i = 0; i < n_line; i++)
					assert_false(share(f, line[i], step));
			}
		} else {
			/* Somebody is in line, so somebody has slots: no deadlock. */
			assert_true(n_running > 0);
		}
		if (step != STEP_NONE) {
			take(f, step);
			running[n_running++] = step;
			begun++;
			check_slots(f);
		} else if (n_running) {
			uint32_t i = (uint32_t)rand_r(seed) % n_running;

			give(f, running[i]);
			running[i] = running[--n_running];
		}
	}
	while (n_running)
		give(f, running[--n_running]);
	for (uint32_t i = 0; i < f->graph.n_pools; i++)
		for (uint32_t j = 0; j < STEPS; j++)
			assert_null(f->slots[j]);
}

static void
at_random_it_keeps_its_promises(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		struct fixture *f = calloc(1, sizeof(*f));
		uint32_t slots[POOLS];
		unsigned seed = round;

		for (uint32_t i = 0; i < POOLS; i++)
			slots[i] = 1 + (uint32_t)rand_r(&seed) % 8;
		for (uint32_t i = 0; i < STEPS; i++)
			for (uint32_t j = 0; j < POOLS; j++)
				if (rand_r(&seed) % 3 == 0)
					add_want(f, i, j,
						1 + (uint32_t)rand_r(&seed) % slots[j]);
		begin(f, POOLS, slots);
		run_all(f, &seed);
		end(f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_asked_where_there_are_no_pools),
		cmocka_unit_test(slots_are_the_lowest_that_are_free),
		cmocka_unit_test(a_step_leaves_the_line),
		cmocka_unit_test(nobody_goes_before_one_in_line_for_the_same_pool),
		cmocka_unit_test(one_that_is_not_ready_any_more_leaves_the_line),
		cmocka_unit_test(at_random_it_keeps_its_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
