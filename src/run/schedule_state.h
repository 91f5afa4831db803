/*
 * schedule_state: what a schedule holds, for its own files and nobody else.
 */
#ifndef LILY_RUN_SCHEDULE_STATE_H
#define LILY_RUN_SCHEDULE_STATE_H

#include "run/gathering.h"
#include "run/schedule.h"
#include "run/step_heap.h"

struct list {
	uint32_t *items;
	size_t n;
	size_t capacity;
};

struct schedule {
	const struct graph *graph;
	struct visit *visits;
	size_t visits_capacity;
	struct step_heap ready;   /* by place, then number */
	struct step_heap waiting; /* by time, then number */
	struct schedule_counts counts;
	uint64_t failures;
	uint32_t open;                /* planned steps before `finally` that have not ended */
	struct gathering *gatherings; /* by number of expansion */
	uint32_t n_gatherings;
	size_t gatherings_capacity;
	uint32_t *gathered; /* foreach steps whose items have all ended */
	size_t n_gathered;
	size_t n_gathered_told;
	size_t gathered_capacity;
	struct list ended;     /* whose end those that need them do not know yet */
	struct list decided;   /* for schedule_decided */
	struct list cancelled; /* by the newest schedule_cancel */
	struct list renewed;   /* by the newest schedule_renew */
};

#endif
