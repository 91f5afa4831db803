#include "run/schedule_state.h"

bool
visit_is_done(enum visit_state state)
{
	return state == VISIT_SUCCEEDED || state == VISIT_ADOPTED || state == VISIT_REUSED;
}

const struct visit *
schedule_visit(const struct schedule *schedule, uint32_t step)
{
	return &schedule->visits[step];
}

bool
schedule_is_failure(const struct schedule *schedule, uint32_t step, unsigned state)
{
	uint8_t routed = schedule->visits[step].routed;

	if (state != VISIT_FAILED || routed == ROUTED_ABORT)
		return state == VISIT_FAILED || state == VISIT_BLOCKED;
	return routed == ROUTED_NOT && !schedule->graph->steps[step].continue_on_error;
}

bool
schedule_has_failed(const struct schedule *schedule, uint32_t step)
{
	const struct visit *visit = &schedule->visits[step];

	return schedule_failed_gate(schedule, step) ||
		schedule_is_failure(schedule, step, visit->state);
}

uint64_t
schedule_failures(const struct schedule *schedule)
{
	return schedule->failures + schedule->gate_failures;
}

bool
schedule_is_open(const struct schedule *schedule)
{
	return schedule->open > 0;
}

static const struct gathering *
find_gathering(const struct schedule *schedule, uint32_t step)
{
	const struct expansion *expansion = graph_expansion(schedule->graph, step);

	if (!expansion)
		BUG("step %u was not expanded", step);
	return &schedule->gatherings[expansion->number];
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

void
schedule_count_parts(
	const struct schedule *schedule, uint32_t step, struct schedule_items *ret_parts)
{
	const struct scope *scope = schedule->graph->steps[step].scope;
	const struct opening *opening = &schedule->openings[scope->number];

	*ret_parts = (struct schedule_items){.left = opening->left,
		.failed = opening->failed,
		.cancelled = opening->cancelled};
	for (uint32_t i = step + 1; i <= step + scope->n_steps; i++)
		ret_parts->n += step_scope(&schedule->graph->steps[i]) == step &&
			!schedule->graph->steps[i].template_of;
}

bool
schedule_item_failed(const struct schedule *schedule, uint32_t step, uint32_t item)
{
	return gathering_is_lost(find_gathering(schedule, step), item);
}
