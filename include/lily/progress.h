/*
 * lily/progress.h: how far a run is that is driven here.
 */
#ifndef LILY_PROGRESS_H
#define LILY_PROGRESS_H

#include "lily/run.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lily_run_counts {
	uint64_t steps, running, waiting, succeeded, failed, blocked, cancelled, skipped;
	uint64_t unknown; /* waiting for word whether their effects have happened */
	uint64_t adopted; /* done by the run that this one does again */
	uint64_t reused;  /* done by any run before, under the same content key */
};

LILY_API void lily_run_count(const struct lily_run *run, struct lily_run_counts *ret_counts);

/* The oldest steps that run now, at most `max` and 256, with when they started (UTC, µs). Names are valid
 * until the next lily_run_next. Returns how many were written. */
struct lily_running_step {
	const char *name;
	const char *item_of; /* as in lily_run_event */
	int64_t started_at_us;
};
LILY_API size_t lily_run_running(
	const struct lily_run *run, struct lily_running_step *ret_steps, size_t max);

/* The foreach steps of the file whose items are under way, in the order in which they were begun, at most
 * `max`; counts: of the steps of their items, those of loops within them among them. Likewise. */
struct lily_run_loop {
	const char *name;
	struct lily_run_counts counts;
};
LILY_API size_t lily_run_loops(
	const struct lily_run *run, struct lily_run_loop *ret_loops, size_t max);

#ifdef __cplusplus
}
#endif

#endif
