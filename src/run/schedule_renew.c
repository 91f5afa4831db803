#include "run/schedule_again.h"
#include "run/schedule_state.h"

#include "base/memory.h"

/* The foreach or scope that the step is a part of, or STEP_NONE. */
static uint32_t
whole_of(const struct schedule *schedule, uint32_t step)
{
	const struct step *node = &schedule->graph->steps[step];
	const struct item *item = graph_item(schedule->graph, node);

	return item ? item->expansion->foreach->step : step_scope(node);
}

/* A part of what has ended waits for that to be renewed before. */
static bool
may_renew(const struct schedule *schedule, uint32_t step)
{
	uint32_t whole = whole_of(schedule, step);

	return whole == STEP_NONE ||
		!visit_state_is_final((enum visit_state)schedule->visits[whole].state);
}

static bool
is_stuck(const struct schedule *schedule, uint32_t step)
{
	uint8_t state = schedule->visits[step].state;

	return state == VISIT_FAILED || state == VISIT_CANCELLED;
}

/* By a rule: what needs it does not wait for another end of it. */
static bool
is_let_pass(const struct schedule *schedule, uint32_t step)
{
	const struct visit *visit = &schedule->visits[step];

	return visit->state == VISIT_FAILED &&
		(visit->routed == ROUTED_CONTINUE || visit->routed == ROUTED_SKIP);
}

/* Marks in `held` every step that one which stays failed or cancelled keeps from running. */
static void
hold_back(struct schedule *schedule, const bool *retried, bool *held)
{
	const struct graph *graph = schedule->graph;
	struct list *queue = &schedule->ended;

	for (uint32_t i = 0; i < graph->n_steps; i++) {
		uint32_t whole = whole_of(schedule, i);
		bool may = may_renew(schedule, i) || retried[whole];

		if (is_stuck(schedule, i) && !is_let_pass(schedule, i) && (!retried[i] || !may))
			schedule_list_add(queue, i);
	}
	for (size_t i = 0; i < queue->n; i++) {
		const struct step *node = &graph->steps[queue->items[i]];

		for (uint32_t j = 0; j < node->n_dependents; j++) {
			if (held[node->dependents[j]])
				continue;
			held[node->dependents[j]] = true;
			schedule_list_add(queue, node->dependents[j]);
		}
	}
	queue->n = 0;
}

static void
renew(struct schedule *schedule, uint32_t step)
{
	uint8_t state = schedule->visits[step].state;

	/* What is asked has not ended. */
	if (visit_state_is_final((enum visit_state)state))
		schedule_take_back_end(schedule, step, (enum visit_state)state);
	schedule->gate_failures -= schedule_failed_gate(schedule, step);
	schedule_move(schedule, step, VISIT_PENDING, EVENT_VISIT_RETRIED);
	schedule->visits[step].tries = 0;
	schedule->visits[step].gates = NULL;
	schedule_list_add(&schedule->renewed, step);
}

/* What was skipped for the sake of a step that is pending again may be wanted after all, and what a person is
 * asked with its end before him is asked when that is another. */
static bool
is_renewed_with_need(const struct schedule *schedule, uint32_t step, const bool *held)
{
	uint8_t state = schedule->visits[step].state;

	return may_renew(schedule, step) &&
		(state == VISIT_ASKED || (state == VISIT_SKIPPED && !held[step]));
}

static void
renew_with_needs(struct schedule *schedule, const bool *held)
{
	for (size_t i = 0; i < schedule->renewed.n; i++) {
		const struct step *node = &schedule->graph->steps[schedule->renewed.items[i]];

		for (uint32_t j = 0; j < node->n_dependents; j++) {
			uint32_t step = node->dependents[j];

			if (is_renewed_with_need(schedule, step, held))
				renew(schedule, step);
		}
	}
}

void
schedule_tell_again(struct schedule *schedule)
{
	for (uint32_t i = 0; i < schedule->graph->n_steps; i++) {
		struct visit *visit = &schedule->visits[i];

		visit->is_passed = false;
		if (visit->state == VISIT_PENDING && !visit->is_retired)
			schedule_begin_visit(schedule, i);
	}
	schedule_restored(schedule);
}

static int
compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* With a foreach or scope that has not succeeded all that failed in it, with a part of one that has failed that. */
static bool *
with_wholes(const struct schedule *schedule, const bool *named)
{
	const struct graph *graph = schedule->graph;
	bool *all = memory_new(graph->n_steps, sizeof(*all));

	memcpy(all, named, graph->n_steps * sizeof(*all));
	for (uint32_t i = 0; i < graph->n_steps; i++) {
		uint32_t whole = whole_of(schedule, i);

		if (whole != STEP_NONE && all[whole] &&
			!visit_is_done((enum visit_state)schedule->visits[whole].state))
			all[i] = true;
	}
	for (uint32_t i = graph->n_steps; i-- > 0;) {
		uint32_t whole = whole_of(schedule, i);

		if (whole != STEP_NONE && all[i] && is_stuck(schedule, i) &&
			is_stuck(schedule, whole))
			all[whole] = true;
	}
	return all;
}

void
schedule_renew(
	struct schedule *schedule, const bool *named, const uint32_t **ret_steps, size_t *ret_n)
{
	uint32_t n_steps = schedule->graph->n_steps;
	bool *held = memory_zeroed(n_steps, sizeof(*held));
	bool *retried = with_wholes(schedule, named);

	schedule->renewed.n = 0;
	hold_back(schedule, retried, held);
	for (uint32_t i = 0; i < n_steps; i++)
		if (!held[i] && may_renew(schedule, i) &&
			((is_stuck(schedule, i) && retried[i]) ||
				schedule->visits[i].state == VISIT_BLOCKED))
			renew(schedule, i);
	renew_with_needs(schedule, held);
	free(retried);
	free(held);
	schedule_tell_again(schedule);
	if (schedule->renewed.n > 1)
		qsort(schedule->renewed.items, schedule->renewed.n, sizeof(uint32_t),
			compare_numbers);
	*ret_steps = schedule->renewed.items;
	*ret_n = schedule->renewed.n;
}

void
schedule_adopted(struct schedule *schedule, uint32_t step, const struct produced *outputs)
{
	schedule->visits[step].outputs = outputs;
	schedule_move(schedule, step, VISIT_ADOPTED, EVENT_VISIT_ADOPTED);
}
