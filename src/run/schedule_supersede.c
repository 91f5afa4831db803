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
		else if (!schedule->visits[step].is_retired)
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

static void
retire_visit(struct schedule *schedule, uint32_t step)
{
	struct visit *visit = &schedule->visits[step];

	schedule->counts.by_state[visit->state]--;
	schedule->gate_failures -= schedule_failed_gate(schedule, step);
	*visit = (struct visit){.state = VISIT_PENDING, .by = STEP_NONE, .is_retired = true};
	schedule_list_add(&schedule->retired, step);
}

void
schedule_retire(struct schedule *schedule, uint32_t step)
{
	const struct graph *graph = schedule->graph;
	struct list *queue = &schedule->ended;

	schedule_list_add(queue, step);
	for (size_t i = 0; i < queue->n; i++) {
		const struct expansion *expansion = graph_expansion(graph, queue->items[i]);
		uint32_t n =
			expansion ? expansion->n_items * expansion->foreach->n_templates : 0;

		if (expansion)
			schedule->gatherings[expansion->number].is_retired = true;
		for (uint32_t j = 0; j < n; j++) {
			uint32_t inner = expansion->first + j;

			if (graph->steps[inner].template_of)
				continue;
			retire_visit(schedule, inner);
			if (graph->steps[inner].foreach)
				schedule_list_add(queue, inner);
		}
	}
	queue->n = 0;
}

static int
compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Of each foreach in the cone. */
static void
retire_items(struct schedule *schedule, const bool *cone, uint32_t n_steps)
{
	const struct graph *graph = schedule->graph;

	schedule->retired.n = 0;
	for (uint32_t i = 0; graph->n_foreachs && i < n_steps; i++)
		if (cone[i] && graph->steps[i].foreach && !graph->steps[i].template_of)
			schedule_retire(schedule, i);
	if (schedule->retired.n > 1)
		qsort(schedule->retired.items, schedule->retired.n, sizeof(uint32_t),
			compare_numbers);
}

void
schedule_supersede(
	struct schedule *schedule, uint32_t to, struct schedule_superseded *ret_superseded)
{
	const struct graph *graph = schedule->graph;
	bool *cone = memory_zeroed(graph->n_steps, sizeof(*cone));

	mark_cone(schedule, to, cone);
	retire_items(schedule, cone, graph->n_steps);
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
	*ret_superseded = (struct schedule_superseded){.steps = schedule->renewed.items,
		.n_steps = schedule->renewed.n,
		.retired = schedule->retired.items,
		.n_retired = schedule->retired.n};
}

void
schedule_release(struct schedule *schedule)
{
	for (uint32_t i = 0; i < schedule->graph->n_steps; i++)
		schedule->visits[i].is_held = false;
	schedule_tell_again(schedule);
}
