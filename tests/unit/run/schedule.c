/* The scheduler against a model that is slow and obvious: random graphs, random fates. */
#include "run/schedule_again.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define STEPS_MAX 60
#define GRAPHS 3000
#define GOING_BACK_MAX 4

struct fixture {
	struct graph graph;
	struct step steps[STEPS_MAX];
	uint32_t needs[STEPS_MAX][STEPS_MAX];
	uint8_t wants[STEPS_MAX][STEPS_MAX];
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

static uint8_t
some_wants(void)
{
	static const uint8_t kinds[] = {0, 0, 0, NEED_OUTPUT, NEED_OUTPUT, NEED_SUCCEEDED,
		NEED_SUCCEEDED | NEED_OUTPUT, NEED_FAILED, NEED_FINISHED,
		NEED_FINISHED | NEED_OUTPUT};

	return kinds[below(ARRAY_SIZE(kinds))];
}

/* The same each time, unless another is asked for. */
static uint64_t
first_seed(void)
{
	const char *given = getenv("LILY_SEED");
	uint64_t number = 0;

	return given && str_to_u64(str_of(given), UINT64_MAX, &number) && number
		? number
		: 0x9E3779B97F4A7C15U;
}

/* Edges go from earlier to later or the other way round, so that the order of the plan is not
 * always an order of execution. */
static void
make_graph(struct fixture *f, uint32_t n, uint32_t density)
{
	bool backwards = below(2);
	uint32_t n_last = below(3) ? 0 : below(n);

	memset(f, 0, sizeof(*f));
	f->graph.n_steps = f->graph.n_planned = n;
	f->graph.n_last = n_last;
	f->graph.steps = f->steps;
	for (uint32_t i = 0; i < n; i++) {
		f->steps[i].is_last = i >= n - n_last;
		f->steps[i].continue_on_error = below(4) == 0;
		f->steps[i].needs = f->needs[i];
		f->steps[i].wants = f->wants[i];
		f->steps[i].dependents = f->dependents[i];
	}
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < i; j++) {
			uint32_t from = backwards ? i : j;
			uint32_t to = backwards ? j : i;

			if (below(100) >= density)
				continue;
			if (f->steps[from].is_last && !f->steps[to].is_last)
				continue;
			f->wants[to][f->steps[to].n_needs] = some_wants();
			f->needs[to][f->steps[to].n_needs++] = from;
			f->dependents[from][f->steps[from].n_dependents++] = to;
		}
}

/* What becomes of a step, whenever it comes to it. */
struct fate {
	bool if_false;
	uint32_t fails;           /* attempts that fail before one succeeds */
	uint32_t attempts;        /* allowed */
	enum visit_routed routed; /* where it fails */
};

struct end {
	enum visit_state state;
	enum visit_routed routed;
	uint32_t tries;
};

static bool
came(uint8_t outcome, enum visit_state state)
{
	return outcome == NEED_FINISHED ||
		(outcome == NEED_SUCCEEDED && state == VISIT_SUCCEEDED) ||
		(outcome == NEED_FAILED && state == VISIT_FAILED);
}

/* How a step ends whose needs have ended so: from the words of the language alone. */
static struct end
end_of(const struct fixture *f, const struct fate *fate, const struct end *ends, uint32_t step)
{
	const struct step *node = &f->steps[step];
	bool blocked = false;
	bool left_out = false;

	for (uint32_t i = 0; i < node->n_needs; i++) {
		enum visit_state state = ends[node->needs[i]].state;
		uint8_t outcome = node->wants[i] & NEED_OUTCOME;

		if (outcome && !came(outcome, state))
			return (struct end){.state = VISIT_SKIPPED};
		if (!outcome && ends[node->needs[i]].routed == ROUTED_SKIP) {
			left_out = true;
			continue;
		}
		if (!outcome && state != VISIT_SUCCEEDED && state != VISIT_SKIPPED &&
			ends[node->needs[i]].routed != ROUTED_CONTINUE)
			blocked = true;
		if ((node->wants[i] & NEED_OUTPUT) && state != VISIT_SUCCEEDED)
			blocked = true;
	}
	if (blocked)
		return (struct end){.state = VISIT_BLOCKED};
	if (left_out)
		return (struct end){.state = VISIT_SKIPPED};
	if (fate->if_false)
		return (struct end){.state = VISIT_SKIPPED};
	if (fate->fails < fate->attempts)
		return (struct end){.state = VISIT_SUCCEEDED, .tries = fate->fails + 1};
	return (struct end){VISIT_FAILED, fate->routed, fate->attempts};
}

/* before: what has succeeded there stays so; NULL: nothing has. */
static void
foretell(const struct fixture *f, const struct fate *fates, struct end *ends,
	const struct end *before)
{
	uint32_t n = f->graph.n_steps;
	bool known[STEPS_MAX] = {false};

	for (uint32_t n_known = 0; n_known < n;)
		for (uint32_t i = 0; i < n; i++) {
			bool may = !known[i];

			for (uint32_t j = 0; j < f->steps[i].n_needs; j++)
				may &= known[f->needs[i][j]];
			if (!may)
				continue;
			ends[i] = end_of(f, &fates[i], ends, i);
			if (before && before[i].state == VISIT_SUCCEEDED)
				ends[i] = before[i];
			known[i] = true;
			n_known++;
		}
}

static bool
has_ended(const struct schedule *s, uint32_t step)
{
	return schedule_visit(s, step)->state >= VISIT_SUCCEEDED;
}

/* Between two turns: nothing waits for what has come, nothing came too early, the first is first. */
static void
look(const struct fixture *f, const struct end *ends, const struct schedule *s)
{
	struct schedule_counts counts;
	uint64_t expected[VISIT_STATE_COUNT] = {0};
	uint32_t first = STEP_NONE;

	for (uint32_t i = 0; i < f->graph.n_steps; i++) {
		const struct visit *visit = schedule_visit(s, i);
		bool all_ended = true;

		for (uint32_t j = 0; j < f->steps[i].n_needs; j++)
			all_ended &= has_ended(s, f->needs[i][j]);
		for (uint32_t j = 0; f->steps[i].is_last && j < f->graph.n_steps; j++)
			all_ended &= f->steps[j].is_last || has_ended(s, j);
		if (visit->state == VISIT_PENDING)
			assert_false(all_ended);
		else if (!has_ended(s, i))
			assert_true(all_ended);
		else
			assert_int_equal(visit->state, ends[i].state);
		if (visit->state == VISIT_READY && first == STEP_NONE)
			first = i;
		expected[visit->state]++;
	}
	schedule_count(s, &counts);
	assert_memory_equal(counts.by_state, expected, sizeof(expected));
	assert_int_equal(schedule_next(s), first);
}

/* Each is told of once, with the state that it has. */
static void
hear(struct schedule *s, uint32_t *told)
{
	const uint32_t *steps;
	size_t n;

	schedule_decided(s, &steps, &n);
	for (size_t i = 0; i < n; i++) {
		uint8_t state = schedule_visit(s, steps[i])->state;

		assert_true(state == VISIT_SKIPPED || state == VISIT_BLOCKED);
		assert_int_equal(told[steps[i]]++, 0);
		if (state == VISIT_BLOCKED)
			assert_int_not_equal(schedule_visit(s, steps[i])->by, STEP_NONE);
	}
}

struct drive {
	struct fixture *f;
	const struct fate *fates;
	const struct end *ends;
	struct schedule *s;
	uint32_t running[STEPS_MAX];
	uint32_t n_running;
	uint32_t slots;
	uint32_t told[STEPS_MAX];
	int64_t now;
	unsigned may_go_back; /* so many times more */
};

/* As the engine does: the first ready one, as long as there is room. */
static void
start(struct drive *d)
{
	uint32_t step;

	while (d->n_running < d->slots && (step = schedule_next(d->s)) != STEP_NONE &&
		below(4)) {
		if (d->fates[step].if_false) {
			schedule_skip(d->s, step);
			continue;
		}
		schedule_submitted(d->s, step);
		d->running[d->n_running++] = step;
	}
}

static void
end_one(struct drive *d)
{
	uint32_t at = below(d->n_running);
	uint32_t step = d->running[at];
	const struct fate *fate = &d->fates[step];
	uint32_t tries = schedule_visit(d->s, step)->tries;

	d->running[at] = d->running[--d->n_running];
	if (tries > fate->fails)
		schedule_accepted(d->s, step, NULL);
	else if (tries < fate->attempts)
		schedule_retry(d->s, step, d->now + below(5));
	else {
		schedule_note_route(d->s, step, fate->routed);
		schedule_failed(d->s, step);
	}
}

/* Whether the event of a decision may not have been written yet: nothing came of it that was. */
static bool
may_be_lost(const struct drive *d, uint32_t step)
{
	bool lost = schedule_visit(d->s, step)->state == VISIT_SKIPPED ||
		schedule_visit(d->s, step)->state == VISIT_BLOCKED;

	for (uint32_t i = 0; i < d->f->steps[step].n_dependents; i++) {
		uint8_t state = schedule_visit(d->s, d->f->dependents[step][i])->state;

		lost &= state == VISIT_PENDING || state == VISIT_SKIPPED ||
			state == VISIT_BLOCKED;
	}
	for (uint32_t i = 0; i < d->f->graph.n_steps && !d->f->steps[step].is_last; i++)
		lost &= !d->f->steps[i].is_last ||
			schedule_visit(d->s, i)->state == VISIT_PENDING;
	return lost;
}

/* What a process that was killed here leaves behind, taken up by the next one. */
static void
interrupt(struct drive *d)
{
	struct schedule *next = schedule_new(&d->f->graph);

	for (uint32_t i = 0; i < d->f->graph.n_steps; i++) {
		const struct visit *visit = schedule_visit(d->s, i);

		if (visit->state == VISIT_RUNNING)
			schedule_restore(next, i, VISIT_READY, visit->tries - 1, 0, NULL);
		else if (has_ended(d->s, i) && (!may_be_lost(d, i) || below(2))) {
			schedule_note_route(next, i, (enum visit_routed)visit->routed);
			schedule_restore(
				next, i, (enum visit_state)visit->state, visit->tries, 0, NULL);
		} else if (visit->state == VISIT_WAITING)
			schedule_restore(
				next, i, VISIT_WAITING, visit->tries, visit->until_us, NULL);
		else
			d->told[i] = 0;
	}
	schedule_restored(next);
	schedule_free(d->s);
	d->s = next;
	d->n_running = 0;
}

static bool
may_go_back(const struct drive *d, uint32_t to)
{
	if (d->f->steps[to].is_last || schedule_visit(d->s, to)->state == VISIT_PENDING)
		return false;
	for (uint32_t i = 0; i < d->f->graph.n_steps; i++)
		if (d->f->steps[i].is_last && schedule_visit(d->s, i)->state > VISIT_READY)
			return false;
	return true;
}

/* As a rule does: all that needs the step is done again, whatever it was doing, and nothing else. */
static void
go_back(struct drive *d, uint32_t to)
{
	uint8_t states[STEPS_MAX];
	struct schedule_superseded superseded;
	const uint32_t *steps;
	uint32_t n_running = 0;
	size_t n;

	for (uint32_t i = 0; i < d->f->graph.n_steps; i++)
		states[i] = schedule_visit(d->s, i)->state;
	schedule_supersede(d->s, to, &superseded);
	steps = superseded.steps;
	n = superseded.n_steps;
	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || steps[i - 1] < steps[i]);
		assert_int_not_equal(states[steps[i]], VISIT_PENDING);
		states[steps[i]] = VISIT_PENDING;
		d->told[steps[i]] = 0;
	}
	assert_int_equal(states[to], VISIT_PENDING);
	for (uint32_t i = 0; i < d->n_running; i++)
		if (states[d->running[i]] == VISIT_RUNNING)
			d->running[n_running++] = d->running[i];
	d->n_running = n_running;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(schedule_visit(d->s, steps[i])->state, VISIT_PENDING);
	schedule_release(d->s);
	for (uint32_t i = 0; i < d->f->graph.n_steps; i++)
		if (states[i] > VISIT_READY)
			assert_int_equal(schedule_visit(d->s, i)->state, states[i]);
}

static uint64_t
count_failures(const struct drive *d)
{
	uint64_t failures = 0;

	for (uint32_t i = 0; i < d->f->graph.n_steps; i++)
		failures += d->ends[i].state == VISIT_BLOCKED ||
			(d->ends[i].state == VISIT_FAILED &&
				(d->ends[i].routed == ROUTED_ABORT ||
					(d->ends[i].routed == ROUTED_NOT &&
						!d->f->steps[i].continue_on_error)));
	return failures;
}

static void
drive(struct drive *d, bool interrupted)
{
	uint32_t n = d->f->graph.n_steps;
	struct schedule_counts counts;
	uint32_t to;

	for (unsigned turn = 0;; turn++) {
		hear(d->s, d->told);
		look(d->f, d->ends, d->s);
		schedule_count(d->s, &counts);
		if (!counts.by_state[VISIT_READY] && !counts.by_state[VISIT_RUNNING] &&
			!counts.by_state[VISIT_WAITING])
			break;
		assert_true(turn < 1000 * n);
		if (interrupted && below(10) == 0)
			interrupt(d);
		to = below(n);
		hear(d->s, d->told);
		if (below(8) == 0 && d->may_go_back && may_go_back(d, to)) {
			go_back(d, to);
			d->may_go_back--;
		}
		start(d);
		if (d->n_running && below(2))
			end_one(d);
		d->now += below(3);
		(void)schedule_due(d->s, d->now);
	}
	assert_int_equal(schedule_failures(d->s), count_failures(d));
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(schedule_visit(d->s, i)->state, d->ends[i].state);
		if (!d->fates[i].if_false)
			assert_int_equal(schedule_visit(d->s, i)->tries, d->ends[i].tries);
	}
}

/* All that failed is retried, by fates that are kinder now: what had succeeded stays, all else ends as
 * it would have in the first place. */
static void
retry_all(struct drive *d, struct fate *fates, struct end *ends)
{
	uint32_t n = d->f->graph.n_steps;
	struct end again[STEPS_MAX];
	bool retried[STEPS_MAX];
	const uint32_t *steps;
	size_t n_renewed;

	for (uint32_t i = 0; i < n; i++) {
		retried[i] = true;
		fates[i].fails = 0;
	}
	foretell(d->f, fates, again, ends);
	memcpy(ends, again, sizeof(again));
	/* By the old fates they came to what they did. */
	d->may_go_back = 0;
	schedule_renew(d->s, retried, &steps, &n_renewed);
	for (size_t i = 0; i < n_renewed; i++) {
		assert_true(i == 0 || steps[i - 1] < steps[i]);
		d->told[steps[i]] = 0;
	}
	drive(d, false);
}

static void
run_graph(struct fixture *f, uint32_t n)
{
	struct fate fates[STEPS_MAX];
	struct end ends[STEPS_MAX];

	for (uint32_t i = 0; i < n; i++)
		fates[i] = (struct fate){.if_false = below(12) == 0,
			.fails = below(3) ? 0 : below(4),
			.attempts = 1 + (below(2) ? 0 : below(3)),
			.routed = below(2) ? ROUTED_NOT : (enum visit_routed)below(4)};
	foretell(f, fates, ends, NULL);
	/* Whatever the order in which unrelated steps end, it comes to the same. */
	for (unsigned i = 0; i < 2; i++) {
		struct drive d = {.f = f,
			.fates = fates,
			.ends = ends,
			.s = schedule_new(&f->graph),
			.slots = 1 + below(4),
			.may_go_back = below(GOING_BACK_MAX)};

		schedule_restored(d.s);
		drive(&d, i == 1);
		if (i == 1)
			retry_all(&d, fates, ends);
		schedule_free(d.s);
	}
}

static void
test_random_graphs(void **state)
{
	static struct fixture f;

	(void)state;
	seed = first_seed();
	print_message("seed %llu (LILY_SEED repeats it)\n", (unsigned long long)seed);
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
	schedule_cancel(s, SCHEDULE_ALL, &steps, &n);
	assert_int_equal(n, 9);
	assert_int_equal(schedule_visit(s, 0)->state, VISIT_RUNNING);
	assert_int_equal(schedule_visit(s, 1)->state, VISIT_CANCELLED);
	assert_int_equal(schedule_next(s), STEP_NONE);
	assert_true(schedule_due(s, 1000) == INT64_MAX);
	schedule_free(s);
}

/* 0 → 1: what a rule lets pass holds back nothing that needs it. */
static void
test_what_needs_a_step_that_was_let_pass_is_retried_alone(void **state)
{
	static struct fixture f;
	const bool retried[] = {false, true};
	const uint32_t *steps;
	struct schedule *s;
	size_t n;

	(void)state;
	make_graph(&f, 2, 0);
	f.steps[0].is_last = f.steps[1].is_last = false;
	f.graph.n_last = 0;
	f.needs[1][0] = 0;
	f.steps[1].n_needs = 1;
	f.dependents[0][0] = 1;
	f.steps[0].n_dependents = 1;
	s = schedule_new(&f.graph);
	schedule_restored(s);
	schedule_submitted(s, 0);
	schedule_note_route(s, 0, ROUTED_CONTINUE);
	schedule_failed(s, 0);
	assert_int_equal(schedule_failures(s), 0);
	assert_int_equal(schedule_next(s), 1);
	schedule_submitted(s, 1);
	schedule_failed(s, 1);
	schedule_renew(s, retried, &steps, &n);
	assert_int_equal(n, 1);
	assert_int_equal(steps[0], 1);
	assert_int_equal(schedule_next(s), 1);
	assert_int_equal(schedule_failures(s), 0);
	schedule_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_graphs),
		cmocka_unit_test(test_restore),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_what_needs_a_step_that_was_let_pass_is_retried_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
