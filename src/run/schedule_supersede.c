#include "run/schedule_again.h"
#include "run/schedule_state.h"

#include "base/memory.h"

/* Marks in `cone` the step and all that needs it, directly or not. */
static void
mark_cone(struct schedule *schedule, uint32_t to, bool *cone)
{
	struct list *queue = &schedule->ended;

	cone[to] = true;
	schedule_list_add(queue, to);
	for (size_t i = 0; i < queue->n; i++) {
		const struct step *node = &schedule->graph->steps[queue->items[i]];

		for (uint32_t j = 0; j < node->n_dependents; j++) {
			if (cone[node->dependents[j]])
				continue;
			cone[node->dependents[j]] = true;
			schedule_list_add(queue, node->dependents[j]);
		}
	}
	queue->n = 0;
}

static void
begin_again(struct schedule *schedule, uint32_t step, int event)
{
	struct visit *visit = &schedule->visits[step];

	if (visit_state_is_final((enum visit_state)visit->state)) {
		schedule_count_end(schedule, step, visit->state, -1);
		schedule->gate_failures -= schedule_failed_gate(schedule, step);
	}
	visit->parked = false;
	schedule_move(schedule, step, VISIT_PENDING, event);
	visit->tries = 0;
	visit->outputs = NULL;
}

/* Nobody has been told of these, so to nobody they have ended. */
static void
forget_decided(struct schedule *schedule, const bool *cone)
{
	struct list *decided = &schedule->decided;
	size_t n = decided->n;

	decided->n = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t step = decided->items[i];

		if (cone[step])
			begin_again(schedule, step, EVENT_VISITS_SUPERSEDED);
		else
			schedule_list_add(decided, step);
	}
}

/* What was kept for the end and is not: something else is to come first again. */
static void
keep_back_last(struct schedule *schedule)
{
	const struct graph *graph = schedule->graph;

	for (uint32_t i = 0; graph->n_last && i < graph->n_planned; i++)
		if (graph->steps[i].is_last && step_scope(&graph->steps[i]) == STEP_NONE &&
			schedule->visits[i].state == VISIT_READY)
			begin_again(schedule, i, STATE_COMPUTED);
}

void
schedule_supersede(
	struct schedule *schedule, uint32_t to, const uint32_t **ret_steps, size_t *ret_n)
{
	const struct graph *graph = schedule->graph;
	bool *cone = memory_zeroed(graph->n_steps, sizeof(*cone));

	mark_cone(schedule, to, cone);
	forget_decided(schedule, cone);
	schedule->renewed.n = 0;
	for (uint32_t i = 0; i < graph->n_steps; i++) {
		if (!cone[i] || graph->steps[i].template_of ||
			schedule->visits[i].state == VISIT_PENDING)
			continue;
		begin_again(schedule, i, EVENT_VISITS_SUPERSEDED);
		schedule->visits[i].is_held = true;
		schedule_list_add(&schedule->renewed, i);
	}
	free(cone);
	if (schedule->open)
		keep_back_last(schedule);
	schedule_purge(schedule);
	schedule_tell_again(schedule);
	*ret_steps = schedule->renewed.items;
	*ret_n = schedule->renewed.n;
}

void
schedule_release(struct schedule *schedule)
{
	for (uint32_t i = 0; i < schedule->graph->n_steps; i++)
		schedule->visits[i].is_held = false;
	schedule_tell_again(schedule);
}
