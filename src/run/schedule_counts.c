/* How many visits are in which state: in all, and in the items of each foreach of the plan. */
#include "run/schedule_state.h"

static struct schedule_counts *
counts_of_loop(const struct schedule *schedule, const struct step *step)
{
	const struct step *loop = step->item ? graph_outermost(schedule->graph, step) : NULL;

	return loop ? &schedule->loops[loop->foreach->number] : NULL;
}

void
schedule_count_move(
	struct schedule *schedule, uint32_t step, enum visit_state from, enum visit_state to)
{
	struct schedule_counts *loop = counts_of_loop(schedule, &schedule->graph->steps[step]);

	schedule->counts.by_state[from]--;
	schedule->counts.by_state[to]++;
	if (!loop)
		return;
	loop->by_state[from]--;
	loop->by_state[to]++;
}

void
schedule_count_grown(struct schedule *schedule, const struct expansion *expansion)
{
	uint32_t n =
		expansion->n_items * (expansion->foreach->n_templates - expansion->n_inner);

	schedule->counts.by_state[VISIT_PENDING] += n;
	if (n)
		counts_of_loop(schedule, &schedule->graph->steps[expansion->first])
			->by_state[VISIT_PENDING] += n;
}

void
schedule_count(const struct schedule *schedule, struct schedule_counts *ret_counts)
{
	*ret_counts = schedule->counts;
}

const struct schedule_counts *
schedule_loop_counts(const struct schedule *schedule, const struct foreach *foreach)
{
	return &schedule->loops[foreach->number];
}
