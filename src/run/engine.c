#include "run/engine.h"

#include "base/clock.h"
#include "base/memory.h"
#include "run/adopt_items.h"
#include "run/ask.h"
#include "run/bounds.h"
#include "run/condition.h"
#include "run/engine_end.h"
#include "run/engine_request.h"
#include "run/expand.h"
#include "run/gather.h"
#include "run/notification.h"
#include "run/once.h"
#include "run/repeat.h"
#include "run/reuse_turn.h"
#include "run/scope.h"

#include <unistd.h>

int
engine_cancel(struct engine *engine, struct str reason, struct err *err)
{
	return engine_begin_cancelling(engine, 0, reason, err);
}

void
engine_stop(struct engine *engine)
{
	const uint64_t one = 1;

	/* An eventfd takes 2^64 - 2 of these; it cannot fail in any way that matters. */
	if (write(engine->stop, &one, sizeof(one)) != sizeof(one))
		return;
}

static bool
has_work(const struct engine *engine)
{
	struct schedule_counts counts;

	schedule_count(engine->schedule, &counts);
	return engine->busy || counts.by_state[VISIT_READY] || counts.by_state[VISIT_WAITING] ||
		once_has_work(engine) || asks_are_due(engine);
}

/* The step to start next: first those in line for a pool, then ready ones in the order of the plan
 * whose `if` holds; STEP_NONE where none may start. One that may be a hit needs no slot. */
static int
choose_step(struct engine *engine, uint32_t *ret_step, struct err *err)
{
	uint32_t step;
	int r;

	*ret_step = STEP_NONE;
	while ((step = pools_next(engine->pools)) != STEP_NONE) {
		if (schedule_visit(engine->schedule, step)->state == VISIT_READY) {
			*ret_step = step;
			return 0;
		}
		pools_drop(engine->pools, step);
	}
	while ((step = once_next(engine)) != STEP_NONE) {
		if (pools_admit(engine->pools, step)) {
			*ret_step = step;
			return 0;
		}
		once_line_up(engine, step);
	}
	while ((step = schedule_next(engine->schedule)) != STEP_NONE) {
		r = adopt_items_may(engine, step, err);
		if (r != 0) {
			*ret_step = step;
			return MIN(r, 0);
		}
		if (engine->graph->steps[step].condition) {
			r = condition_ask(engine, step, err);
			if (r < 0)
				return r;
			if (r == 0)
				continue;
		}
		if (once_is(engine->graph, step)) {
			schedule_park(engine->schedule, step);
			once_meet(engine, step);
			continue;
		}
		if (reuse_turn_is_open(engine, step) || pools_admit(engine->pools, step)) {
			*ret_step = step;
			return 0;
		}
		schedule_park(engine->schedule, step);
	}
	return 0;
}

/* The foreach steps and scopes, all parts of which have ended: 1. */
static int
gather_ended(struct engine *engine, struct err *err)
{
	uint32_t step;
	int r = 0;

	while (r == 0 && (step = schedule_gathered(engine->schedule)) != STEP_NONE)
		r = engine->graph->steps[step].scope ? scope_close(engine, step, err)
						     : gather_step(engine, step, err);
	return r < 0 ? r : 1;
}

/* 1, or 0 where there is no room for it. What cannot even start may be the last of its foreach. */
static int
begin_step(struct engine *engine, uint32_t step, struct err *err)
{
	const struct step *node = &engine->graph->steps[step];
	bool expands = node->foreach || node->scope;
	bool may = true;
	int r = node->question ? ask_step(engine, step, &may, err) : 0;

	if (r < 0 || !may)
		return r < 0 ? r : gather_ended(engine, err);
	r = expands || node->judges ? 0 : engine_may_try(engine, step, &may, err);

	if (r == 0 && node->scope)
		r = scope_open(engine, step, err);
	else if (r == 0 && expands)
		r = expand_step(engine, step, err);
	else if (r == 0 && node->judges)
		r = try_begin_judging(engine, step, err);
	else if (r == 0 && may)
		r = try_begin(engine, step, err);
	/* Where nothing is left for it, it is cancelled by now. */
	if (r < 0 || (r == 0 && !expands && may))
		return r;
	return gather_ended(engine, err);
}

/* Takes as done what need not run, and starts what is ready as far as there is room. 1: there is more
 * to take. */
static int
start_round(struct engine *engine, struct err *err)
{
	int more = 0;
	int r = engine_note_status(engine, err);

	if (r < 0)
		return r;
	r = 1;
	while (r > 0) {
		uint32_t step;

		r = adopt_items_take(engine, err);
		if (r < 0)
			break;
		more = reuse_turn_take(engine, err);
		if (more || engine->busy >= engine->slots)
			break;
		r = choose_step(engine, &step, err);
		if (r < 0 || step == STEP_NONE)
			break;
		r = 1;
		if (reuse_turn_is_open(engine, step))
			continue;
		r = adopt_items_may(engine, step, err);
		if (r != 0) {
			r = MIN(r, 0) ? r : 1;
			continue;
		}
		r = reuse_turn_record(engine, err);
		if (r == 0)
			r = begin_step(engine, step, err);
	}
	if (r >= 0 && more >= 0)
		r = reuse_turn_record(engine, err);
	return r < 0 ? r : more;
}

/* What is met that must not happen twice is looked at before the next round. */
static int
start_steps(struct engine *engine, struct err *err)
{
	int r;

	do {
		r = once_look(engine, err);
		if (r == 0)
			r = start_round(engine, err);
	} while (r == 0 && engine->busy < engine->slots && once_is_new(engine));
	return r;
}

static bool
needs_person(const struct engine *engine)
{
	struct schedule_counts counts;

	schedule_count(engine->schedule, &counts);
	return counts.by_state[VISIT_UNKNOWN] > 0 || counts.by_state[VISIT_ASKED] > 0;
}

/* Whether it waits for people itself, rather than leave the run to whoever answers. */
static bool
stays(const struct engine *engine)
{
	struct schedule_counts counts;

	schedule_count(engine->schedule, &counts);
	/* While a process drives it the time that a run has goes on, which people need not be told. */
	return engine->options.waits_for_people && counts.by_state[VISIT_ASKED] &&
		!engine->graph->budget.wall_us;
}

static int turn(struct engine *engine, int64_t due, int64_t deadline, struct err *err);

/* One round of starting; finishes the run where nothing is left. *ret_due: when a waiting step becomes
 * ready (BOOTTIME). */
static int
advance(struct engine *engine, int64_t *ret_due, struct err *err)
{
	int64_t wall = INT64_MAX;
	int r = 1;

	for (unsigned i = 0; i < engine->slots; i++) {
		r = try_poll(&engine->tries[i], err);
		if (r < 0)
			return r;
	}
	/* Telling of it spends nothing of what the steps have. */
	if (engine->graph->budget.wall_us && !engine->ending.is_certain &&
		!notification_is_under_way(engine))
		r = engine_spend_wall(engine, &wall, err);
	if (r < 0)
		return r;
	*ret_due = MIN(wall, schedule_due(engine->schedule, clock_boot_us()));
	r = asks_expire(engine, ret_due, err);
	if (r == 0)
		r = asks_conclude(engine, err);
	if (r == 0)
		r = start_steps(engine, err);
	/* Whoever wants the run to stop is heard between two batches of hits. */
	if (r > 0)
		return turn(engine, 0, 0, err);
	if (r == 0)
		r = MIN(gather_ended(engine, err), 0);
	/* What somebody has said already is not waited for. */
	if (r == 0 && !has_work(engine) && needs_person(engine))
		r = engine_hear_all_requests(engine, err);
	/* What has become unknown since. */
	if (r == 0 && !has_work(engine) && needs_person(engine) && engine->cancelling)
		r = engine_cancel_pending(engine, SCHEDULE_BEFORE_LAST, err);
	if (r == 0 && !has_work(engine) && !stays(engine))
		r = engine_finish(engine, err);
	return r;
}

static int
hear_executor(struct engine *engine, struct err *err)
{
	struct executor_event event;
	int r;

	while ((r = engine->executor->ops->next(engine->executor, &event, err)) > 0) {
		if (notification_is_meant(engine, &event))
			r = notification_hear(engine, &event, err);
		else if (event.type == EXECUTOR_STARTED)
			r = try_on_started(engine, &event, err);
		else
			r = try_on_exited(engine, &event, err);
		if (r < 0)
			break;
	}
	return r;
}

/* Whoever drives a run reads from it at its end, at the latest. */
static void
warm_store(struct engine *engine)
{
	if (engine->has_warmed || !engine->busy)
		return;
	engine->has_warmed = true;
	store_warm(engine->store);
}

/* One turn: wait for something, then take in what came. */
static int
turn(struct engine *engine, int64_t due, int64_t deadline, struct err *err)
{
	int64_t now = clock_boot_us();
	int64_t until = MIN(MIN(due, deadline), now + REQUESTS_EVERY_US);
	int r;

	warm_store(engine);
	r = loop_turn(engine->loop, MAX(0, until - now), err);
	if (r == 0 && engine->failed) {
		*err = engine->err;
		r = engine->failed;
	}
	if (r == 0)
		r = hear_executor(engine, err);
	if (r == 0)
		r = engine_hear_requests(engine, err);
	if (r == 0)
		r = store_check(engine->store, err);
	folders_clear(&engine->folders, &engine->hold);
	return r;
}

int
engine_next(struct engine *engine, int timeout_ms, struct notice *ret_notice, struct err *err)
{
	int64_t deadline =
		timeout_ms < 0 ? INT64_MAX : clock_boot_us() + timeout_ms * INT64_C(1000);

	if (engine->repeat)
		return engine->options.quiet ? 0 : repeat_next(engine, ret_notice, err);
	for (;;) {
		int64_t due = INT64_MAX;
		int r;

		if (notices_take(&engine->notices, ret_notice))
			return 1;
		if (engine->state != RUN_RUNNING)
			return 0;
		r = advance(engine, &due, err);
		if (r == 0 && !engine->notices.n && engine->state == RUN_RUNNING) {
			if (clock_boot_us() >= deadline) {
				*ret_notice = (struct notice){.type = NOTICE_IDLE,
					.step = STEP_NONE,
					.time_us = clock_utc_us()};
				return 1;
			}
			r = turn(engine, due, deadline, err);
		}
		if (r < 0)
			return r;
	}
}

uint32_t
engine_steps(const struct engine *engine)
{
	return engine->repeat ? repeat_count(engine->repeat)
			      : engine->graph->n_steps - engine->graph->n_templates;
}

bool
engine_has_last(const struct engine *engine)
{
	return !engine->repeat && engine->graph->n_last > 0;
}

const char *
engine_step_name(const struct engine *engine, uint32_t step)
{
	return engine->repeat ? repeat_step_name(engine->repeat, step)
			      : engine->graph->steps[step].name.p;
}

const char *
engine_loop_name(const struct engine *engine, uint32_t step)
{
	const struct step *loop = NULL;

	/* A run that repeats another one has no foreach. */
	if (!engine->repeat)
		loop = graph_outermost(engine->graph, &engine->graph->steps[step]);
	return loop ? loop->name.p : "";
}

const struct uuid *
engine_run(const struct engine *engine)
{
	return &engine->hold.chain.id;
}

enum run_state
engine_state(const struct engine *engine)
{
	return engine->state;
}

void
engine_count(const struct engine *engine, struct schedule_counts *ret_counts)
{
	if (!engine->repeat) {
		schedule_count(engine->schedule, ret_counts);
		return;
	}
	*ret_counts = (struct schedule_counts){0};
	ret_counts->by_state[VISIT_REUSED] = repeat_count(engine->repeat);
}

const char *
engine_lacking(const struct engine *engine)
{
	return bounds_lacking(engine->bounds);
}

unsigned
engine_busy(const struct engine *engine)
{
	return engine->busy;
}

static int
compare_running(const void *a, const void *b)
{
	const struct engine_running *x = a;
	const struct engine_running *y = b;

	return (x->started_at_us > y->started_at_us) - (x->started_at_us < y->started_at_us);
}

size_t
engine_list_running(const struct engine *engine, struct engine_running *ret_steps, size_t max)
{
	struct engine_running *all;
	size_t n = 0;

	if (!engine->slots)
		return 0;
	all = memory_new(engine->slots, sizeof(*all));
	for (unsigned i = 0; i < engine->slots; i++)
		if (engine->tries[i].phase != PHASE_FREE)
			all[n++] = (struct engine_running){
				engine->tries[i].step, engine->tries[i].begun_us};
	qsort(all, n, sizeof(*all), compare_running);
	n = MIN(n, max);
	if (n)
		memcpy(ret_steps, all, n * sizeof(*all));
	free(all);
	return n;
}

size_t
engine_list_loops(const struct engine *engine, uint32_t *ret_steps, size_t max)
{
	const struct graph *graph = engine->graph;
	size_t n = 0;

	/* One whose run is said in a word has ended without any. */
	for (uint32_t i = 0; graph && i < graph->n_expansions && n < max; i++) {
		uint32_t step = graph->expansions[i]->foreach->step;

		if (!graph->steps[step].item &&
			schedule_visit(engine->schedule, step)->state == VISIT_RUNNING)
			ret_steps[n++] = step;
	}
	return n;
}

void
engine_count_loop(
	const struct engine *engine, uint32_t step, struct schedule_counts *ret_counts)
{
	*ret_counts =
		*schedule_loop_counts(engine->schedule, engine->graph->steps[step].foreach);
}
