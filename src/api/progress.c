/* How far a run is: lily/progress.h. */
#include "lily/progress.h"

#include "api/run.h"
#include "base/attr.h"
#include "run/engine.h"

#define RUNNING_MAX 256
#define LOOPS_MAX 256

static uint64_t
sum_of(const struct schedule_counts *counts)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < VISIT_STATE_COUNT; i++)
		sum += counts->by_state[i];
	return sum;
}

static struct lily_run_counts
give_counts(const struct schedule_counts *counts)
{
	return (struct lily_run_counts){.steps = sum_of(counts),
		.running = counts->by_state[VISIT_RUNNING],
		.waiting = counts->by_state[VISIT_WAITING] + counts->by_state[VISIT_ASKED],
		.succeeded = counts->by_state[VISIT_SUCCEEDED],
		.failed = counts->by_state[VISIT_FAILED],
		.blocked = counts->by_state[VISIT_BLOCKED],
		.cancelled = counts->by_state[VISIT_CANCELLED],
		.adopted = counts->by_state[VISIT_ADOPTED],
		.unknown = counts->by_state[VISIT_UNKNOWN],
		.skipped = counts->by_state[VISIT_SKIPPED],
		.reused = counts->by_state[VISIT_REUSED]};
}

void
lily_run_count(const struct lily_run *run, struct lily_run_counts *ret_counts)
{
	struct schedule_counts counts;

	engine_count(run->engine, &counts);
	*ret_counts = give_counts(&counts);
	ret_counts->steps = engine_steps(run->engine);
	/* What stands for other steps runs as long as these do, and is no work of its own. */
	ret_counts->running = engine_busy(run->engine);
}

size_t
lily_run_running(const struct lily_run *run, struct lily_running_step *ret_steps, size_t max)
{
	struct engine_running running[RUNNING_MAX];
	size_t n = engine_list_running(run->engine, running, MIN(max, RUNNING_MAX));

	for (size_t i = 0; i < n; i++)
		ret_steps[i] = (struct lily_running_step){
			engine_step_name(run->engine, running[i].step),
			engine_loop_name(run->engine, running[i].step),
			running[i].started_at_us};
	return n;
}

size_t
lily_run_loops(const struct lily_run *run, struct lily_run_loop *ret_loops, size_t max)
{
	uint32_t steps[LOOPS_MAX];
	size_t n = engine_list_loops(run->engine, steps, MIN(max, LOOPS_MAX));

	for (size_t i = 0; i < n; i++) {
		struct schedule_counts counts;

		engine_count_loop(run->engine, steps[i], &counts);
		ret_loops[i] = (struct lily_run_loop){
			engine_step_name(run->engine, steps[i]), give_counts(&counts)};
	}
	return n;
}
