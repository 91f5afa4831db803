/* The scheduler against a model that is slow and obvious: random graphs, random fates. */
#include "run/schedule.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define STEPS_MAX 60
#define GRAPHS 3000

struct fixture {
	struct graph graph;
	struct step steps[STEPS_MAX];
	uint32_t needs[STEPS_MAX][STEPS_MAX];
	uint32_t dependents[STEPS_MAX][STEPS_MAX];
};

static uint64_t seed;

static uint32_t
below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed % n);
}

/* Edges go from earlier to later or the other way round, so that the order of the plan is not
 * always an order of execution. */
static void
make_graph(struct fixture *f, uint32_t n, uint32_t density)
{
	bool backwards = below(2);

	memset(f, 0, sizeof(*f));
	f->graph.n_steps = n;
	f->graph.steps = f->steps;
	for (uint32_t i = 0; i < n; i++) {
		f->steps[i].needs = f->needs[i];
		f->steps[i].dependents = f->dependents[i];
	}
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < i; j++) {
			uint32_t from = backwards ? i : j;
			uint32_t to = backwards ? j : i;

			if (below(100) >= density)
				continue;
			f->needs[to][f->steps[to].n_needs++] = from;
			f->dependents[from][f->steps[from].n_dependents++] = to;
		}
}

struct model {
	enum visit_state state[STEPS_MAX];
	uint32_t tries[STEPS_MAX];
};

static void
settle_model(const struct fixture *f, struct model *m)
{
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t i = 0; i < f->graph.n_steps; i++) {
			bool ready = true;
			bool blocked = false;

			if (m->state[i] != VISIT_PENDING)
				continue;
			for (uint32_t j = 0; j < f->steps[i].n_needs; j++) {
				enum visit_state need = m->state[f->needs[i][j]];

				ready &= need == VISIT_SUCCEEDED;
				blocked |= need == VISIT_FAILED || need == VISIT_BLOCKED;
			}
			if (!ready && !blocked)
				continue;
			m->state[i] = blocked ? VISIT_BLOCKED : VISIT_READY;
			changed = true;
		}
	}
}

static void
compare(const struct fixture *f, const struct model *m, const struct schedule *s)
{
	struct schedule_counts counts;
	uint64_t expected[VISIT_STATE_COUNT] = {0};
	uint32_t first = STEP_NONE;

	for (uint32_t i = 0; i < f->graph.n_steps; i++) {
		const struct visit *visit = schedule_visit(s, i);

		expected[m->state[i]]++;
		if (m->state[i] == VISIT_READY && first == STEP_NONE)
			first = i;
		assert_int_equal(visit->state, m->state[i]);
		assert_int_equal(visit->tries, m->tries[i]);
	}
	schedule_count(s, &counts);
	assert_memory_equal(counts.by_state, expected, sizeof(expected));
	assert_int_equal(schedule_next(s), first);
}

static uint32_t
pick(const struct fixture *f, const struct model *m, enum visit_state state)
{
	uint32_t candidates[STEPS_MAX];
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->graph.n_steps; i++)
		if (m->state[i] == state)
			candidates[n++] = i;
	return n ? candidates[below(n)] : STEP_NONE;
}

static void
fail_step(const struct fixture *f, struct model *m, struct schedule *s, uint32_t step)
{
	const uint32_t *blocked;
	size_t n;
	size_t expected = 0;
	struct model before = *m;

	schedule_failed(s, step);
	schedule_block(s, step, &blocked, &n);
	m->state[step] = VISIT_FAILED;
	settle_model(f, m);
	for (uint32_t i = 0; i < f->graph.n_steps; i++)
		expected += m->state[i] == VISIT_BLOCKED && before.state[i] != VISIT_BLOCKED;
	assert_int_equal(n, expected);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(m->state[blocked[i]], VISIT_BLOCKED);
		assert_true(i == 0 || blocked[i - 1] < blocked[i]);
	}
}

/* One thing that happens to a running step. */
static void
end_step(const struct fixture *f, struct model *m, struct schedule *s, uint32_t step,
	int64_t now)
{
	switch (below(7)) {
	case 0: fail_step(f, m, s, step); break;
	case 1:
		schedule_retry(s, step, now + below(5));
		m->state[step] = VISIT_WAITING;
		break;
	case 2:
		schedule_attempt_cancelled(s, step);
		m->state[step] = VISIT_CANCELLED;
		break;
	default:
		schedule_accepted(s, step, NULL);
		m->state[step] = VISIT_SUCCEEDED;
		settle_model(f, m);
		break;
	}
}

static void
run_graph(struct fixture *f, uint32_t n)
{
	struct schedule *s = schedule_new(&f->graph);
	struct model m = {0};
	int64_t now = 0;

	schedule_restored(s);
	settle_model(f, &m);
	for (unsigned turn = 0; turn < n * 30; turn++) {
		uint32_t step;

		compare(f, &m, s);
		step = schedule_next(s);
		if (step != STEP_NONE && below(2)) {
			schedule_submitted(s, step);
			m.state[step] = VISIT_RUNNING;
			m.tries[step]++;
		}
		step = pick(f, &m, VISIT_RUNNING);
		if (step != STEP_NONE && below(2))
			end_step(f, &m, s, step, now);
		now += below(3);
		for (uint32_t i = 0; i < n; i++)
			if (m.state[i] == VISIT_WAITING &&
				schedule_visit(s, i)->until_us <= now)
				m.state[i] = VISIT_READY;
		(void)schedule_due(s, now);
	}
	schedule_free(s);
}

static void
test_random_graphs(void **state)
{
	static struct fixture f;

	(void)state;
	seed = 0x9E3779B97F4A7C15U;
	for (unsigned i = 0; i < GRAPHS; i++) {
		uint32_t n = 1 + below(i % 10 ? 12 : STEPS_MAX);

		make_graph(&f, n, 5 + below(60));
		run_graph(&f, n);
	}
}

/* A schedule restored from the states of another goes on as that one would. */
static void
test_restore(void **state)
{
	static struct fixture f;

	(void)state;
	seed = 42;
	for (unsigned i = 0; i < 300; i++) {
		uint32_t n = 1 + below(30);
		struct schedule *before;
		struct schedule *after;

		make_graph(&f, n, 20);
		before = schedule_new(&f.graph);
		after = schedule_new(&f.graph);
		schedule_restored(before);
		for (uint32_t k = below(n); k; k--) {
			uint32_t step = schedule_next(before);

			if (step == STEP_NONE)
				break;
			schedule_submitted(before, step);
			schedule_accepted(before, step, NULL);
			schedule_restore(after, step, VISIT_SUCCEEDED, 1, 0, NULL);
		}
		schedule_restored(after);
		for (uint32_t step = 0; step < n; step++)
			assert_int_equal(schedule_visit(before, step)->state,
				schedule_visit(after, step)->state);
		assert_int_equal(schedule_next(before), schedule_next(after));
		schedule_free(before);
		schedule_free(after);
	}
}

static void
test_cancel(void **state)
{
	static struct fixture f;
	const uint32_t *steps;
	struct schedule *s;
	size_t n;

	(void)state;
	seed = 7;
	make_graph(&f, 10, 0);
	s = schedule_new(&f.graph);
	schedule_restored(s);
	schedule_submitted(s, 0);
	schedule_submitted(s, 1);
	schedule_retry(s, 1, 100);
	schedule_cancel(s, &steps, &n);
	assert_int_equal(n, 9);
	assert_int_equal(schedule_visit(s, 0)->state, VISIT_RUNNING);
	assert_int_equal(schedule_visit(s, 1)->state, VISIT_CANCELLED);
	assert_int_equal(schedule_next(s), STEP_NONE);
	assert_true(schedule_due(s, 1000) == INT64_MAX);
	schedule_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_graphs),
		cmocka_unit_test(test_restore),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
