#include "run/schedule.h"

#include "base/memory.h"
#include "run/gathering.h"
#include "run/step_heap.h"

struct schedule {
	const struct graph *graph;
	struct visit *visits;
	size_t visits_capacity;
	struct step_heap ready;   /* by place, then number */
	struct step_heap waiting; /* by time, then number */
	struct schedule_counts counts;
	uint64_t failures;
	struct gathering *gatherings; /* by number of expansion */
	uint32_t n_gatherings;
	size_t gatherings_capacity;
	uint32_t *gathered; /* foreach steps whose items have all ended */
	size_t n_gathered;
	size_t n_gathered_told;
	size_t gathered_capacity;
	uint32_t *affected; /* of the newest schedule_failed or schedule_cancel */
	size_t n_affected;
	size_t affected_capacity;
};

static bool
by_place(const void *context, uint32_t a, uint32_t b)
{
	const struct schedule *schedule = context;
	uint32_t place_a = schedule->graph->steps[a].place;
	uint32_t place_b = schedule->graph->steps[b].place;

	return place_a != place_b ? place_a < place_b : a < b;
}

static bool
by_time(const void *context, uint32_t a, uint32_t b)
{
	const struct schedule *schedule = context;
	int64_t time_a = schedule->visits[a].until_us;
	int64_t time_b = schedule->visits[b].until_us;

	return time_a != time_b ? time_a < time_b : a < b;
}

static struct gathering *
gathering_of(const struct schedule *schedule, const struct expansion *expansion)
{
	return &schedule->gatherings[expansion->number];
}

static void move(struct schedule *schedule, uint32_t step, enum visit_state to, int event);

/* Lets in as many items as the foreach allows; what they need within the item may have come. */
static void
admit_items(struct schedule *schedule, struct gathering *gathering)
{
	uint32_t n = gathering->expansion->foreach->n_templates;
	uint32_t item;

	while ((item = gathering_admit(gathering)) != STEP_NONE) {
		uint32_t first = gathering->expansion->first + item * n;

		for (uint32_t i = first; i < first + n; i++)
			if (schedule->visits[i].state == VISIT_PENDING &&
				!schedule->visits[i].missing)
				move(schedule, i, VISIT_READY, STATE_COMPUTED);
	}
}

static void
note_gathered(struct schedule *schedule, const struct gathering *gathering)
{
	if (gathering->left)
		return;
	schedule->gathered = memory_grow(schedule->gathered, schedule->n_gathered,
		&schedule->gathered_capacity, sizeof(*schedule->gathered));
	schedule->gathered[schedule->n_gathered++] = gathering->expansion->foreach->step;
}

/* A visit has come to its end: what that means for its foreach, or else for the run. */
static void
note_end(struct schedule *schedule, uint32_t step, enum visit_state state)
{
	const struct item *item = schedule->graph->steps[step].item;
	struct gathering *gathering;

	if (!item) {
		schedule->failures += state == VISIT_FAILED || state == VISIT_BLOCKED;
		return;
	}
	gathering = gathering_of(schedule, item->expansion);
	if (!gathering_end_step(gathering, item->index, state))
		return;
	admit_items(schedule, gathering);
	note_gathered(schedule, gathering);
}

static void
move(struct schedule *schedule, uint32_t step, enum visit_state to, int event)
{
	struct visit *visit = &schedule->visits[step];

	schedule->counts.by_state[visit->state]--;
	visit_state_move(&visit->state, to, event);
	schedule->counts.by_state[to]++;
	if (to == VISIT_READY)
		step_heap_add(&schedule->ready, by_place, schedule, step);
	else if (visit_state_is_final(to))
		note_end(schedule, step, to);
}

struct schedule *
schedule_new(const struct graph *graph)
{
	struct schedule *schedule = memory_zeroed(1, sizeof(*schedule));

	schedule->graph = graph;
	schedule->visits = memory_zeroed(graph->n_steps, sizeof(*schedule->visits));
	schedule->visits_capacity = graph->n_steps;
	schedule->counts.by_state[VISIT_PENDING] = graph->n_steps - graph->n_templates;
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
	step_heap_done(&schedule->ready);
	step_heap_done(&schedule->waiting);
	free(schedule->affected);
	for (uint32_t i = 0; i < schedule->n_gatherings; i++)
		gathering_done(&schedule->gatherings[i]);
	free(schedule->gatherings);
	free(schedule->gathered);
	free(schedule);
}

bool
visit_is_done(enum visit_state state)
{
	return state == VISIT_SUCCEEDED || state == VISIT_ADOPTED;
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

uint64_t
schedule_failures(const struct schedule *schedule)
{
	return schedule->failures;
}

uint32_t
schedule_next(const struct schedule *schedule)
{
	return schedule->ready.n ? schedule->ready.items[0] : STEP_NONE;
}

static void
drop_first_ready(struct schedule *schedule, uint32_t step)
{
	if (schedule_next(schedule) != step)
		BUG("step %u is not the next one", step);
	step_heap_drop_first(&schedule->ready, by_place, schedule);
}

void
schedule_park(struct schedule *schedule, uint32_t step)
{
	drop_first_ready(schedule, step);
	schedule->visits[step].parked = true;
}

void
schedule_submitted(struct schedule *schedule, uint32_t step)
{
	if (schedule->visits[step].parked)
		schedule->visits[step].parked = false;
	else
		drop_first_ready(schedule, step);
	move(schedule, step, VISIT_RUNNING, EVENT_ATTEMPT_SUBMITTED);
	schedule->visits[step].tries++;
}

static bool
is_admitted(const struct schedule *schedule, uint32_t step)
{
	const struct item *item = schedule->graph->steps[step].item;

	return !item || item->index < gathering_of(schedule, item->expansion)->admitted;
}

/* The step's dependents miss one need less. */
static void
count_down(struct schedule *schedule, uint32_t step)
{
	const struct step *node = &schedule->graph->steps[step];

	for (uint32_t i = 0; i < node->n_dependents; i++) {
		struct visit *visit = &schedule->visits[node->dependents[i]];

		if (--visit->missing == 0 && visit->state == VISIT_PENDING &&
			is_admitted(schedule, node->dependents[i]))
			move(schedule, node->dependents[i], VISIT_READY, STATE_COMPUTED);
	}
}

void
schedule_accepted(struct schedule *schedule, uint32_t step, const struct produced *outputs)
{
	schedule->visits[step].outputs = outputs;
	move(schedule, step, VISIT_SUCCEEDED, EVENT_ATTEMPT_ACCEPTED);
	count_down(schedule, step);
}

void
schedule_retry(struct schedule *schedule, uint32_t step, int64_t until_us)
{
	schedule->visits[step].until_us = until_us;
	move(schedule, step, VISIT_WAITING, EVENT_ATTEMPT_REJECTED);
	step_heap_add(&schedule->waiting, by_time, schedule, step);
}

void
schedule_attempt_cancelled(struct schedule *schedule, uint32_t step)
{
	move(schedule, step, VISIT_CANCELLED, EVENT_ATTEMPT_CANCELLED);
}

/* Room for the visits of steps that the graph has grown by. */
static void
grow(struct schedule *schedule, const struct expansion *expansion)
{
	uint32_t n = expansion->n_items * expansion->foreach->n_templates;
	size_t end = (size_t)expansion->first + n;

	if (end > schedule->visits_capacity) {
		schedule->visits_capacity = MAX(end, schedule->visits_capacity * 3 / 2);
		schedule->visits = memory_resize(
			schedule->visits, schedule->visits_capacity, sizeof(*schedule->visits));
	}
	for (size_t i = expansion->first; i < end; i++)
		schedule->visits[i] =
			(struct visit){.missing = schedule->graph->steps[i].n_needs};
	schedule->counts.by_state[VISIT_PENDING] += n;
	schedule->gatherings = memory_grow(schedule->gatherings, schedule->n_gatherings,
		&schedule->gatherings_capacity, sizeof(*schedule->gatherings));
	gathering_init(&schedule->gatherings[schedule->n_gatherings++], expansion);
}

void
schedule_expanded(struct schedule *schedule, const struct expansion *expansion)
{
	uint32_t step = expansion->foreach->step;

	if (schedule_next(schedule) != step || expansion->number != schedule->n_gatherings)
		BUG("step %u was expanded out of order", step);
	step_heap_drop_first(&schedule->ready, by_place, schedule);
	move(schedule, step, VISIT_RUNNING, EVENT_STEP_EXPANDED);
	grow(schedule, expansion);
	admit_items(schedule, gathering_of(schedule, expansion));
	note_gathered(schedule, gathering_of(schedule, expansion));
}

uint32_t
schedule_gathered(struct schedule *schedule)
{
	while (schedule->n_gathered_told < schedule->n_gathered) {
		uint32_t step = schedule->gathered[schedule->n_gathered_told++];

		if (schedule->visits[step].state == VISIT_RUNNING)
			return step;
	}
	return STEP_NONE;
}

static const struct gathering *
find_gathering(const struct schedule *schedule, uint32_t step)
{
	for (uint32_t i = schedule->n_gatherings; i > 0; i--)
		if (schedule->gatherings[i - 1].expansion->foreach->step == step)
			return &schedule->gatherings[i - 1];
	BUG("step %u was not expanded", step);
}

void
schedule_count_items(
	const struct schedule *schedule, uint32_t step, struct schedule_items *ret_items)
{
	const struct gathering *gathering = find_gathering(schedule, step);

	*ret_items = (struct schedule_items){.n = gathering->expansion->n_items,
		.left = gathering->left,
		.failed = gathering->failed,
		.cancelled = gathering->cancelled};
}

bool
schedule_item_failed(const struct schedule *schedule, uint32_t step, uint32_t item)
{
	return find_gathering(schedule, step)->fates[item] != 0;
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

		if (schedule->graph->steps[i].template_of)
			continue;
		if (state != VISIT_PENDING && state != VISIT_READY && state != VISIT_WAITING)
			continue;
		move(schedule, i, VISIT_CANCELLED, EVENT_VISIT_CANCELLED);
		schedule->visits[i].parked = false;
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
		step_heap_drop_first(&schedule->waiting, by_time, schedule);
		move(schedule, step, VISIT_READY, STATE_COMPUTED);
	}
	return INT64_MAX;
}

void
schedule_restore_expansion(struct schedule *schedule, const struct expansion *expansion)
{
	if (expansion->number != schedule->n_gatherings)
		BUG("expansion %u is restored out of order", expansion->number);
	grow(schedule, expansion);
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
		step_heap_add(&schedule->ready, by_place, schedule, step);
	else if (state == VISIT_WAITING)
		step_heap_add(&schedule->waiting, by_time, schedule, step);
	else if (visit_is_done(state))
		for (uint32_t i = 0; i < node->n_dependents; i++)
			schedule->visits[node->dependents[i]].missing--;
	if (visit_state_is_final(state) && !node->item)
		schedule->failures += state == VISIT_FAILED || state == VISIT_BLOCKED;
	else if (visit_state_is_final(state))
		(void)gathering_end_step(gathering_of(schedule, node->item->expansion),
			node->item->index, state);
}

void
schedule_adopted(struct schedule *schedule, uint32_t step, const struct produced *outputs)
{
	const struct step *node = &schedule->graph->steps[step];

	move(schedule, step, VISIT_ADOPTED, EVENT_VISIT_ADOPTED);
	schedule->visits[step].outputs = outputs;
	for (uint32_t i = 0; i < node->n_dependents; i++)
		schedule->visits[node->dependents[i]].missing--;
}

/* Items are retried by the run that does this one again, as is a foreach that has them. */
static bool
may_renew(const struct schedule *schedule, uint32_t step)
{
	return !schedule->graph->steps[step].item && !graph_expansion(schedule->graph, step);
}

static bool
is_stuck(const struct schedule *schedule, uint32_t step)
{
	uint8_t state = schedule->visits[step].state;

	return state == VISIT_FAILED || state == VISIT_CANCELLED;
}

/* Marks in `held` every step that one which stays failed or cancelled keeps from running; the list
 * of affected steps is the queue of those to look behind. */
static void
hold_back(struct schedule *schedule, const bool *retried, bool *held)
{
	const struct graph *graph = schedule->graph;

	schedule->n_affected = 0;
	for (uint32_t i = 0; i < graph->n_steps; i++)
		if (is_stuck(schedule, i) && (!retried[i] || !may_renew(schedule, i)))
			affect(schedule, i);
	for (size_t i = 0; i < schedule->n_affected; i++) {
		const struct step *node = &graph->steps[schedule->affected[i]];

		for (uint32_t j = 0; j < node->n_dependents; j++) {
			if (held[node->dependents[j]])
				continue;
			held[node->dependents[j]] = true;
			affect(schedule, node->dependents[j]);
		}
	}
	schedule->n_affected = 0;
}

void
schedule_renew(struct schedule *schedule, const bool *retried, const uint32_t **ret_steps,
	size_t *ret_n)
{
	uint32_t n_steps = schedule->graph->n_steps;
	bool *held = memory_zeroed(n_steps, sizeof(*held));

	hold_back(schedule, retried, held);
	for (uint32_t i = 0; i < n_steps; i++) {
		bool marked = is_stuck(schedule, i) && retried[i];

		if (held[i] || !may_renew(schedule, i) ||
			(!marked && schedule->visits[i].state != VISIT_BLOCKED))
			continue;
		schedule->failures -= schedule->visits[i].state != VISIT_CANCELLED;
		move(schedule, i, VISIT_PENDING, EVENT_VISIT_RETRIED);
		schedule->visits[i].tries = 0;
		affect(schedule, i);
	}
	free(held);
	schedule_restored(schedule);
	*ret_steps = schedule->affected;
	*ret_n = schedule->n_affected;
}

void
schedule_restored(struct schedule *schedule)
{
	for (uint32_t i = 0; i < schedule->n_gatherings; i++) {
		admit_items(schedule, &schedule->gatherings[i]);
		note_gathered(schedule, &schedule->gatherings[i]);
	}
	for (uint32_t i = 0; i < schedule->graph->n_steps; i++)
		if (schedule->visits[i].state == VISIT_PENDING &&
			schedule->visits[i].missing == 0 && is_admitted(schedule, i) &&
			!schedule->graph->steps[i].template_of)
			move(schedule, i, VISIT_READY, STATE_COMPUTED);
}
