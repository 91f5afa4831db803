#include "run/schedule.h"

#include "base/memory.h"

/* A binary heap of step numbers; `before` decides, ties go to the smaller number. */
struct heap {
	uint32_t *items;
	size_t n;
	size_t capacity;
};

struct schedule {
	const struct graph *graph;
	struct visit *visits;
	struct heap ready;   /* by number */
	struct heap waiting; /* by time, then number */
	struct schedule_counts counts;
	uint32_t *affected; /* of the newest schedule_failed or schedule_cancel */
	size_t n_affected;
	size_t affected_capacity;
};

typedef bool before_fn(const struct schedule *schedule, uint32_t a, uint32_t b);

static bool
by_number(const struct schedule *schedule, uint32_t a, uint32_t b)
{
	(void)schedule;
	return a < b;
}

static bool
by_time(const struct schedule *schedule, uint32_t a, uint32_t b)
{
	int64_t time_a = schedule->visits[a].until_us;
	int64_t time_b = schedule->visits[b].until_us;

	return time_a != time_b ? time_a < time_b : a < b;
}

static void
heap_add(const struct schedule *schedule, struct heap *heap, before_fn *before, uint32_t step)
{
	size_t i = heap->n;

	heap->items = memory_grow(heap->items, heap->n, &heap->capacity, sizeof(*heap->items));
	heap->n++;
	while (i && before(schedule, step, heap->items[(i - 1) / 2])) {
		heap->items[i] = heap->items[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap->items[i] = step;
}

static void
heap_drop_first(const struct schedule *schedule, struct heap *heap, before_fn *before)
{
	uint32_t moved = heap->items[--heap->n];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= heap->n)
			break;
		if (child + 1 < heap->n &&
			before(schedule, heap->items[child + 1], heap->items[child]))
			child++;
		if (!before(schedule, heap->items[child], moved))
			break;
		heap->items[i] = heap->items[child];
		i = child;
	}
	heap->items[i] = moved;
}

static void
move(struct schedule *schedule, uint32_t step, enum visit_state to, int event)
{
	struct visit *visit = &schedule->visits[step];

	schedule->counts.by_state[visit->state]--;
	visit_state_move(&visit->state, to, event);
	schedule->counts.by_state[to]++;
	if (to == VISIT_READY)
		heap_add(schedule, &schedule->ready, by_number, step);
}

struct schedule *
schedule_new(const struct graph *graph)
{
	struct schedule *schedule = memory_zeroed(1, sizeof(*schedule));

	schedule->graph = graph;
	schedule->visits = memory_zeroed(graph->n_steps, sizeof(*schedule->visits));
	schedule->counts.by_state[VISIT_PENDING] = graph->n_steps;
	for (uint32_t i = 0; i < graph->n_steps; i++)
		schedule->visits[i].missing = graph->steps[i].n_needs;
	return schedule;
}

void
schedule_free(struct schedule *schedule)
{
	if (!schedule)
		return;
	free(schedule->visits);
	free(schedule->ready.items);
	free(schedule->waiting.items);
	free(schedule->affected);
	free(schedule);
}

const struct visit *
schedule_visit(const struct schedule *schedule, uint32_t step)
{
	return &schedule->visits[step];
}

void
schedule_count(const struct schedule *schedule, struct schedule_counts *ret_counts)
{
	*ret_counts = schedule->counts;
}

uint32_t
schedule_next(const struct schedule *schedule)
{
	return schedule->ready.n ? schedule->ready.items[0] : STEP_NONE;
}

void
schedule_submitted(struct schedule *schedule, uint32_t step)
{
	if (schedule_next(schedule) != step)
		BUG("step %u was submitted out of order", step);
	heap_drop_first(schedule, &schedule->ready, by_number);
	move(schedule, step, VISIT_RUNNING, EVENT_ATTEMPT_SUBMITTED);
	schedule->visits[step].tries++;
}

/* The step's dependents miss one need less. */
static void
count_down(struct schedule *schedule, uint32_t step)
{
	const struct step *node = &schedule->graph->steps[step];

	for (uint32_t i = 0; i < node->n_dependents; i++) {
		struct visit *visit = &schedule->visits[node->dependents[i]];

		if (--visit->missing == 0 && visit->state == VISIT_PENDING)
			move(schedule, node->dependents[i], VISIT_READY, STATE_COMPUTED);
	}
}

void
schedule_accepted(struct schedule *schedule, uint32_t step, const struct produced *outputs)
{
	move(schedule, step, VISIT_SUCCEEDED, EVENT_ATTEMPT_ACCEPTED);
	schedule->visits[step].outputs = outputs;
	count_down(schedule, step);
}

void
schedule_retry(struct schedule *schedule, uint32_t step, int64_t until_us)
{
	schedule->visits[step].until_us = until_us;
	move(schedule, step, VISIT_WAITING, EVENT_ATTEMPT_REJECTED);
	heap_add(schedule, &schedule->waiting, by_time, step);
}

void
schedule_attempt_cancelled(struct schedule *schedule, uint32_t step)
{
	move(schedule, step, VISIT_CANCELLED, EVENT_ATTEMPT_CANCELLED);
}

static void
affect(struct schedule *schedule, uint32_t step)
{
	schedule->affected = memory_grow(schedule->affected, schedule->n_affected,
		&schedule->affected_capacity, sizeof(*schedule->affected));
	schedule->affected[schedule->n_affected++] = step;
}

static int
compare_steps(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Blocks the pending dependents of one step; the list itself is the queue of those to look at. */
static void
block_dependents(struct schedule *schedule, uint32_t step)
{
	const struct step *node = &schedule->graph->steps[step];

	for (uint32_t i = 0; i < node->n_dependents; i++) {
		uint32_t dependent = node->dependents[i];

		if (schedule->visits[dependent].state != VISIT_PENDING)
			continue;
		move(schedule, dependent, VISIT_BLOCKED, EVENT_VISIT_BLOCKED);
		affect(schedule, dependent);
	}
}

void
schedule_failed(struct schedule *schedule, uint32_t step)
{
	move(schedule, step, VISIT_FAILED, EVENT_ATTEMPT_REJECTED);
}

void
schedule_block(
	struct schedule *schedule, uint32_t failed, const uint32_t **ret_steps, size_t *ret_n)
{
	schedule->n_affected = 0;
	block_dependents(schedule, failed);
	for (size_t i = 0; i < schedule->n_affected; i++)
		block_dependents(schedule, schedule->affected[i]);
	if (schedule->n_affected)
		qsort(schedule->affected, schedule->n_affected, sizeof(*schedule->affected),
			compare_steps);
	*ret_steps = schedule->affected;
	*ret_n = schedule->n_affected;
}

void
schedule_cancel(struct schedule *schedule, const uint32_t **ret_steps, size_t *ret_n)
{
	schedule->n_affected = 0;
	for (uint32_t i = 0; i < schedule->graph->n_steps; i++) {
		uint8_t state = schedule->visits[i].state;

		if (state != VISIT_PENDING && state != VISIT_READY && state != VISIT_WAITING)
			continue;
		move(schedule, i, VISIT_CANCELLED, EVENT_VISIT_CANCELLED);
		affect(schedule, i);
	}
	schedule->ready.n = 0;
	schedule->waiting.n = 0;
	*ret_steps = schedule->affected;
	*ret_n = schedule->n_affected;
}

int64_t
schedule_due(struct schedule *schedule, int64_t now_us)
{
	while (schedule->waiting.n) {
		uint32_t step = schedule->waiting.items[0];

		if (schedule->visits[step].until_us > now_us)
			return schedule->visits[step].until_us;
		heap_drop_first(schedule, &schedule->waiting, by_time);
		move(schedule, step, VISIT_READY, STATE_COMPUTED);
	}
	return INT64_MAX;
}

void
schedule_restore(struct schedule *schedule, uint32_t step, enum visit_state state,
	uint32_t tries, int64_t until_us, const struct produced *outputs)
{
	struct visit *visit = &schedule->visits[step];
	const struct step *node = &schedule->graph->steps[step];

	if (visit->state != VISIT_PENDING)
		BUG("step %u is restored twice", step);
	schedule->counts.by_state[VISIT_PENDING]--;
	schedule->counts.by_state[state]++;
	visit->state = (uint8_t)state;
	visit->tries = tries;
	visit->until_us = until_us;
	visit->outputs = outputs;
	if (state == VISIT_READY)
		heap_add(schedule, &schedule->ready, by_number, step);
	else if (state == VISIT_WAITING)
		heap_add(schedule, &schedule->waiting, by_time, step);
	else if (state == VISIT_SUCCEEDED)
		for (uint32_t i = 0; i < node->n_dependents; i++)
			schedule->visits[node->dependents[i]].missing--;
}

void
schedule_restored(struct schedule *schedule)
{
	for (uint32_t i = 0; i < schedule->graph->n_steps; i++)
		if (schedule->visits[i].state == VISIT_PENDING &&
			schedule->visits[i].missing == 0)
			move(schedule, i, VISIT_READY, STATE_COMPUTED);
}
