#include "run/schedule_once.h"
#include "run/schedule_state.h"

#include "base/memory.h"
#include "graph/step_gates.h"

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

/* A step of `finally`, but for the items of a foreach that is one; within a scope it needs the others by
 * name. */
static bool
waits_for_all(const struct step *step)
{
	return step->is_last && !step->item && !step->template_of &&
		step_scope(step) == STEP_NONE;
}

/* The visit alone; see schedule_move. */
void
schedule_change(struct schedule *schedule, uint32_t step, enum visit_state to, int event)
{
	struct visit *visit = &schedule->visits[step];

	schedule_count_move(schedule, step, visit->state, to);
	visit_state_move(&visit->state, to, event);
	if (to == VISIT_READY)
		step_heap_add(&schedule->ready, by_place, schedule, step);
}

/* Nothing else can come any more: what was kept for the end may. */
void
schedule_admit_last(struct schedule *schedule)
{
	for (uint32_t i = 0; schedule->graph->n_last && i < schedule->graph->n_planned; i++)
		if (waits_for_all(&schedule->graph->steps[i]) && !schedule->visits[i].is_held &&
			--schedule->visits[i].missing == 0 &&
			schedule->visits[i].state == VISIT_PENDING) {
			if (schedule->visits[i].is_left_out)
				schedule_list_add(&schedule->left_out, i);
			else
				schedule_change(schedule, i, VISIT_READY, STATE_COMPUTED);
		}
}

bool
schedule_failed_gate(const struct schedule *schedule, uint32_t step)
{
	const struct visit *visit = &schedule->visits[step];

	/* What failed before it could be judged has not passed either. */
	return visit->state == VISIT_FAILED &&
		(visit->class == FAILURE_GATE ||
			schedule->graph->steps[step].has_required_gate);
}

void
schedule_move(struct schedule *schedule, uint32_t step, enum visit_state to, int event)
{
	schedule_change(schedule, step, to, event);
	if (!visit_state_is_final(to))
		return;
	schedule->gate_failures += schedule_failed_gate(schedule, step);
	schedule_note_end(schedule, step, to);
}

void
schedule_begin_visit(struct schedule *schedule, uint32_t step)
{
	const struct step *node = &schedule->graph->steps[step];
	struct visit *visit = &schedule->visits[step];

	*visit = (struct visit){.by = STEP_NONE,
		.missing = node->n_needs + waits_for_all(node),
		.is_held = visit->is_held};
	for (uint32_t i = 0; node->wants && i < node->n_needs; i++)
		visit->asking += (node->wants[i] & NEED_OUTCOME) != 0;
}

struct schedule *
schedule_new(const struct graph *graph)
{
	struct schedule *schedule = memory_zeroed(1, sizeof(*schedule));

	schedule->graph = graph;
	schedule->visits = memory_zeroed(graph->n_steps, sizeof(*schedule->visits));
	schedule->visits_capacity = graph->n_steps;
	schedule->counts.by_state[VISIT_PENDING] = graph->n_steps - graph->n_templates;
	schedule->loops = memory_zeroed(graph->n_foreachs, sizeof(*schedule->loops));
	schedule_add_parts(schedule, 0, graph->n_steps);
	for (uint32_t i = 0; i < graph->n_steps; i++) {
		schedule_begin_visit(schedule, i);
		schedule->open += !graph->steps[i].is_last && !graph->steps[i].item &&
			!graph->steps[i].template_of;
	}
	return schedule;
}

void
schedule_free(struct schedule *schedule)
{
	if (!schedule)
		return;
	free(schedule->visits);
	free(schedule->loops);
	step_heap_done(&schedule->ready);
	step_heap_done(&schedule->waiting);
	free(schedule->ended.items);
	free(schedule->left_out.items);
	free(schedule->decided.items);
	free(schedule->cancelled.items);
	free(schedule->renewed.items);
	free(schedule->retired.items);
	schedule_free_parts(schedule);
	free(schedule);
}

uint32_t
schedule_next(const struct schedule *schedule)
{
	return schedule->ready.n ? schedule->ready.items[0] : STEP_NONE;
}

void
schedule_drop_first(struct schedule *schedule, uint32_t step)
{
	if (schedule_next(schedule) != step)
		BUG("step %u is not the next one", step);
	step_heap_drop_first(&schedule->ready, by_place, schedule);
}

void
schedule_park(struct schedule *schedule, uint32_t step)
{
	schedule_drop_first(schedule, step);
	schedule->visits[step].parked = true;
}

void
schedule_submitted(struct schedule *schedule, uint32_t step)
{
	if (schedule->visits[step].parked)
		schedule->visits[step].parked = false;
	else
		schedule_drop_first(schedule, step);
	schedule_move(schedule, step, VISIT_RUNNING, EVENT_ATTEMPT_SUBMITTED);
	schedule->visits[step].tries++;
	schedule->visits[step].gates = NULL;
}

/* What a need's end means for a step that has it. */
enum effect { EFFECT_MET, EFFECT_SKIPS, EFFECT_BLOCKS, EFFECT_LEAVES_OUT };

static enum effect
effect_of(const struct step *node, uint8_t wants, const struct visit *need)
{
	enum visit_state end = (enum visit_state)need->state;
	bool succeeded = visit_is_done(end);

	switch (wants & NEED_OUTCOME) {
	case NEED_SUCCEEDED:
		if (!succeeded)
			return EFFECT_SKIPS;
		break;
	case NEED_FAILED:
		if (end != VISIT_FAILED)
			return EFFECT_SKIPS;
		break;
	case NEED_FINISHED: break;
	default:
		/* What was skipped, or let pass by a rule, has passed no gate. */
		if (succeeded || (end == VISIT_SKIPPED && !node->has_required_gate))
			break;
		if (node->has_required_gate || end != VISIT_FAILED)
			return EFFECT_BLOCKS;
		if (need->routed == ROUTED_SKIP)
			return EFFECT_LEAVES_OUT;
		if (need->routed != ROUTED_CONTINUE)
			return EFFECT_BLOCKS;
	}
	return (wants & NEED_OUTPUT) && !succeeded ? EFFECT_BLOCKS : EFFECT_MET;
}

static uint8_t
wants_of(const struct schedule *schedule, uint32_t step, uint32_t need)
{
	const struct step *node = &schedule->graph->steps[step];

	return node->wants ? node->wants[step_need(node, need)] : 0;
}

void
schedule_list_add(struct list *list, uint32_t step)
{
	list->items = memory_grow(list->items, list->n, &list->capacity, sizeof(*list->items));
	list->items[list->n++] = step;
}

/* It is certain that the step does not run; `by` made it so. */
void
schedule_decide(struct schedule *schedule, uint32_t step, enum visit_state state, uint32_t by)
{
	schedule->visits[step].by = by;
	schedule_move(schedule, step, state,
		state == VISIT_SKIPPED ? EVENT_VISIT_SKIPPED : EVENT_VISIT_BLOCKED);
	schedule_list_add(&schedule->decided, step);
	schedule_list_add(&schedule->ended, step);
}

/* All that the step needs has ended, and none of it keeps it from running. */
static void
make_ready(struct schedule *schedule, uint32_t step)
{
	const struct visit *visit = &schedule->visits[step];

	if (visit->is_left_out)
		schedule_decide(schedule, step, VISIT_SKIPPED, visit->by);
	else
		schedule_move(schedule, step, VISIT_READY, STATE_COMPUTED);
}

/* A step that needs `need` learns how that ended. */
void
schedule_tell(struct schedule *schedule, uint32_t step, uint32_t need)
{
	const struct visit *ended = &schedule->visits[need];
	struct visit *visit = &schedule->visits[step];
	uint8_t wants = wants_of(schedule, step, need);

	if (visit->state != VISIT_PENDING || visit->is_held)
		return;
	visit->missing--;
	visit->asking -= (wants & NEED_OUTCOME) != 0;
	/* A scope that runs is open. */
	switch (ended->state == VISIT_RUNNING
			? EFFECT_MET
			: effect_of(&schedule->graph->steps[need], wants, ended)) {
	case EFFECT_SKIPS: schedule_decide(schedule, step, VISIT_SKIPPED, need); return;
	case EFFECT_BLOCKS:
		/* By what began it, not by what is blocked in between. */
		if (visit->by == STEP_NONE || visit->is_left_out)
			visit->by = ended->by != STEP_NONE && ended->state == VISIT_BLOCKED
				? ended->by
				: need;
		visit->is_left_out = false;
		break;
	case EFFECT_LEAVES_OUT:
		/* What blocks it may still come, and counts for more. */
		visit->is_left_out |= visit->by == STEP_NONE;
		if (visit->by == STEP_NONE)
			visit->by = need;
		break;
	case EFFECT_MET: break;
	}
	/* Where an `if` may still make it skipped, that is asked before it is blocked. */
	if (visit->by != STEP_NONE && !visit->is_left_out && !visit->asking &&
		!schedule->graph->steps[step].condition)
		schedule_decide(schedule, step, VISIT_BLOCKED, visit->by);
	else if (!visit->missing && schedule_is_admitted(schedule, step))
		make_ready(schedule, step);
}

/* Steps of `finally` that had to wait for all others to be skipped. */
static void
leave_out_last(struct schedule *schedule)
{
	while (schedule->left_out.n) {
		uint32_t step = schedule->left_out.items[--schedule->left_out.n];

		schedule_decide(schedule, step, VISIT_SKIPPED, schedule->visits[step].by);
	}
}

/* Makes known that a step has ended, and what follows from it. */
void
schedule_pass_on(struct schedule *schedule, uint32_t step)
{
	schedule_list_add(&schedule->ended, step);
	for (size_t at = 0; at < schedule->ended.n; at++) {
		uint32_t ended = schedule->ended.items[at];
		const struct step *node = &schedule->graph->steps[ended];

		leave_out_last(schedule);
		if (schedule->visits[ended].is_passed)
			continue;
		schedule->visits[ended].is_passed = true;
		if (node->foreach)
			schedule_leave_out_items(schedule, ended);
		for (uint32_t i = 0; i < node->n_dependents; i++)
			schedule_tell(schedule, node->dependents[i], ended);
	}
	schedule->ended.n = 0;
}

void
schedule_accepted(struct schedule *schedule, uint32_t step, const struct produced *outputs)
{
	schedule->visits[step].outputs = outputs;
	schedule_move(schedule, step, VISIT_SUCCEEDED, EVENT_ATTEMPT_ACCEPTED);
	schedule_pass_on(schedule, step);
}

void
schedule_taken(struct schedule *schedule, uint32_t step, enum visit_state state,
	const struct produced *outputs)
{
	schedule_drop_first(schedule, step);
	schedule->visits[step].outputs = outputs;
	schedule_move(schedule, step, state,
		state == VISIT_REUSED ? EVENT_VISIT_REUSED : EVENT_VISIT_ADOPTED);
	schedule_pass_on(schedule, step);
}

void
schedule_retry(struct schedule *schedule, uint32_t step, int64_t until_us)
{
	schedule->visits[step].until_us = until_us;
	schedule_move(schedule, step, VISIT_WAITING, EVENT_ATTEMPT_REJECTED);
	step_heap_add(&schedule->waiting, by_time, schedule, step);
}

void
schedule_become(struct schedule *schedule, uint32_t step, enum visit_state state,
	enum event_type event, int64_t until_us)
{
	schedule->visits[step].parked = false;
	schedule->visits[step].until_us = until_us;
	schedule_move(schedule, step, state, (int)event);
	if (state == VISIT_WAITING)
		step_heap_add(&schedule->waiting, by_time, schedule, step);
	else if (state == VISIT_FAILED)
		schedule_pass_on(schedule, step);
}

void
schedule_asked(struct schedule *schedule, uint32_t step)
{
	struct visit *visit = &schedule->visits[step];

	if (visit->state == VISIT_RUNNING)
		visit->tries--;
	else
		schedule_drop_first(schedule, step);
	schedule_move(schedule, step, VISIT_ASKED, EVENT_QUESTION_OPENED);
}

void
schedule_held(struct schedule *schedule, uint32_t step)
{
	schedule_move(schedule, step, VISIT_ASKED, EVENT_QUESTION_OPENED);
}

void
schedule_taken_over(struct schedule *schedule, uint32_t step, const struct produced *outputs)
{
	schedule->visits[step].parked = false;
	schedule->visits[step].outputs = outputs;
	schedule_move(schedule, step, VISIT_ADOPTED, EVENT_VISIT_ADOPTED);
	schedule_pass_on(schedule, step);
}

void
schedule_attempt_cancelled(struct schedule *schedule, uint32_t step)
{
	schedule_move(schedule, step, VISIT_CANCELLED, EVENT_ATTEMPT_CANCELLED);
	schedule_pass_on(schedule, step);
}

void
schedule_note_failure(
	struct schedule *schedule, uint32_t step, enum failure_class class, int exit_code)
{
	struct visit *visit = &schedule->visits[step];

	visit->class = (uint8_t) class;
	visit->has_exit = exit_code >= 0;
	visit->exit_code = (uint8_t)MAX(exit_code, 0);
}

void
schedule_note_gate(struct schedule *schedule, uint32_t step, uint32_t gate,
	const struct digest *result, struct arena *keep)
{
	struct visit *visit = &schedule->visits[step];

	if (!visit->gates)
		visit->gates = ARENA_ARRAY(
			keep, schedule->graph->steps[step].gates->n, struct gate_found);
	visit->gates[gate] = (struct gate_found){true, *result};
}

void
schedule_note_route(struct schedule *schedule, uint32_t step, enum visit_routed routed)
{
	schedule->visits[step].routed = (uint8_t)routed;
}

void
schedule_failed(struct schedule *schedule, uint32_t step)
{
	schedule_move(schedule, step, VISIT_FAILED, EVENT_ATTEMPT_REJECTED);
	schedule_pass_on(schedule, step);
}

void
schedule_skip(struct schedule *schedule, uint32_t step)
{
	schedule_drop_first(schedule, step);
	schedule_decide(schedule, step, VISIT_SKIPPED, STEP_NONE);
	schedule_pass_on(schedule, step);
}

void
schedule_block_ready(struct schedule *schedule, uint32_t step)
{
	uint32_t by = schedule->visits[step].by;

	schedule_drop_first(schedule, step);
	schedule_decide(schedule, step, VISIT_BLOCKED, by);
	schedule_pass_on(schedule, step);
}

/* By state and by whom, so that few events tell it. */
static int
compare_decided(const void *a, const void *b, void *context)
{
	const struct schedule *schedule = context;
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	const struct visit *of_x = &schedule->visits[x];
	const struct visit *of_y = &schedule->visits[y];

	if (of_x->state != of_y->state)
		return (of_x->state > of_y->state) - (of_x->state < of_y->state);
	if (of_x->by != of_y->by)
		return (of_x->by > of_y->by) - (of_x->by < of_y->by);
	return (x > y) - (x < y);
}

void
schedule_decided(struct schedule *schedule, const uint32_t **ret_steps, size_t *ret_n)
{
	if (schedule->decided.n > 1)
		qsort_r(schedule->decided.items, schedule->decided.n, sizeof(uint32_t),
			compare_decided, schedule);
	*ret_steps = schedule->decided.items;
	*ret_n = schedule->decided.n;
	schedule->decided.n = 0;
}

static void
purge(struct schedule *schedule, struct step_heap *heap, step_before_fn *before,
	enum visit_state state)
{
	size_t n = heap->n;

	heap->n = 0;
	for (size_t i = 0; i < n; i++)
		if (schedule->visits[heap->items[i]].state == state)
			step_heap_add(heap, before, schedule, heap->items[i]);
}

void
schedule_purge(struct schedule *schedule)
{
	purge(schedule, &schedule->ready, by_place, VISIT_READY);
	purge(schedule, &schedule->waiting, by_time, VISIT_WAITING);
}

void
schedule_cancel(struct schedule *schedule, enum schedule_part part, const uint32_t **ret_steps,
	size_t *ret_n)
{
	schedule->cancelled.n = 0;
	for (uint32_t i = 0; i < schedule->graph->n_steps; i++) {
		uint8_t state = schedule->visits[i].state;

		if (schedule->graph->steps[i].template_of ||
			(part == SCHEDULE_BEFORE_LAST && schedule->graph->steps[i].is_last))
			continue;
		if (state != VISIT_PENDING && state != VISIT_READY && state != VISIT_WAITING &&
			state != VISIT_UNKNOWN && state != VISIT_ASKED)
			continue;
		schedule_move(schedule, i, VISIT_CANCELLED, EVENT_VISIT_CANCELLED);
		schedule->visits[i].parked = false;
		schedule_list_add(&schedule->cancelled, i);
	}
	schedule_purge(schedule);
	for (size_t i = 0; i < schedule->cancelled.n; i++)
		schedule_pass_on(schedule, schedule->cancelled.items[i]);
	*ret_steps = schedule->cancelled.items;
	*ret_n = schedule->cancelled.n;
}

int64_t
schedule_due(struct schedule *schedule, int64_t now_us)
{
	while (schedule->waiting.n) {
		uint32_t step = schedule->waiting.items[0];

		if (schedule->visits[step].until_us > now_us)
			return schedule->visits[step].until_us;
		step_heap_drop_first(&schedule->waiting, by_time, schedule);
		schedule_move(schedule, step, VISIT_READY, STATE_COMPUTED);
	}
	return INT64_MAX;
}

void
schedule_restore(struct schedule *schedule, uint32_t step, enum visit_state state,
	uint32_t tries, int64_t until_us, const struct produced *outputs)
{
	struct visit *visit = &schedule->visits[step];

	if (visit->state != VISIT_PENDING)
		BUG("step %u is restored twice", step);
	schedule_count_move(schedule, step, VISIT_PENDING, state);
	visit->state = (uint8_t)state;
	visit->tries = tries;
	visit->until_us = until_us;
	visit->outputs = outputs;
	if (state == VISIT_READY)
		step_heap_add(&schedule->ready, by_place, schedule, step);
	else if (state == VISIT_WAITING)
		step_heap_add(&schedule->waiting, by_time, schedule, step);
	schedule->gate_failures += schedule_failed_gate(schedule, step);
	schedule_restore_part(schedule, step, state);
}

void
schedule_restored(struct schedule *schedule)
{
	schedule_restore_items(schedule);
	if (!schedule->open)
		schedule_admit_last(schedule);
	for (uint32_t i = 0; i < schedule->graph->n_steps; i++) {
		const struct visit *visit = &schedule->visits[i];

		if (schedule->graph->steps[i].template_of || visit->is_retired)
			continue;
		if (visit_state_is_final((enum visit_state)visit->state))
			schedule_pass_on(schedule, i);
		else if (schedule->graph->steps[i].scope && visit->state == VISIT_RUNNING)
			schedule_let_in(schedule, i);
		else if (visit->state == VISIT_PENDING && !visit->missing && !visit->is_held &&
			schedule_is_admitted(schedule, i))
			schedule_move(schedule, i, VISIT_READY, STATE_COMPUTED);
	}
}
