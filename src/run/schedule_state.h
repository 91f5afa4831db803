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

/* How far the steps of a scope are: those in it directly, neither templates nor of items. */
struct opening {
	uint32_t left;
	uint32_t failed; /* or blocked */
	uint32_t cancelled;
};

struct schedule {
	const struct graph *graph;
	struct visit *visits;
	size_t visits_capacity;
	struct step_heap ready;   /* by place, then number */
	struct step_heap waiting; /* by time, then number */
	struct schedule_counts counts;
	struct schedule_counts
		*loops; /* by number of foreach: of those of the plan, what is in their items */
	uint64_t failures;
	uint64_t
		gate_failures; /* visits that a required gate failed, those of items among them */
	uint32_t open;         /* planned steps before `finally` that have not ended */
	struct gathering *gatherings; /* by number of expansion */
	uint32_t n_gatherings;
	size_t gatherings_capacity;
	struct opening *openings; /* by number of scope, openings_capacity of them with zeros */
	uint32_t openings_capacity;
	uint32_t *gathered; /* foreach steps and scopes, all parts of which have ended */
	size_t n_gathered;
	size_t n_gathered_told;
	size_t gathered_capacity;
	struct list ended; /* whose end those that need them do not know yet */
	struct list
		left_out; /* of `finally`, all needs of which have ended, and which are to be skipped */
	struct list decided;   /* for schedule_decided */
	struct list cancelled; /* by the newest schedule_cancel */
	struct list renewed;   /* by the newest schedule_renew or schedule_supersede */
	struct list retired;   /* by the latter */
};

/* The visit goes into a state, without what its end means; what is ready stands among those. */
void schedule_change(struct schedule *schedule, uint32_t step, enum visit_state to, int event);
/* The step is the first ready one, and is not any more. */
void schedule_drop_first(struct schedule *schedule, uint32_t step);
/* It is certain that the step does not run; `by` made it so. Those that need it hear of it with the end that is being
 * passed on. */
void schedule_decide(
	struct schedule *schedule, uint32_t step, enum visit_state state, uint32_t by);
/* A step that needs `need` learns how that ended, or that it is a scope that runs; and all that need the step do. */
void schedule_tell(struct schedule *schedule, uint32_t step, uint32_t need);
void schedule_pass_on(struct schedule *schedule, uint32_t step);
/* Nothing else can come any more: what was kept for the end may. */
void schedule_admit_last(struct schedule *schedule);
/* Keeps the counts: a visit goes from one state into another; an expansion's have come. */
void schedule_count_move(
	struct schedule *schedule, uint32_t step, enum visit_state from, enum visit_state to);
void schedule_count_grown(struct schedule *schedule, const struct expansion *expansion);
/* The visit goes into a state, with what its end means for its foreach, its scope or the run. */
void schedule_move(struct schedule *schedule, uint32_t step, enum visit_state to, int event);
/* Whether that end keeps what the step is in from succeeding; of gates see below. */
bool schedule_is_failure(const struct schedule *schedule, uint32_t step, unsigned state);
bool schedule_failed_gate(const struct schedule *schedule, uint32_t step);
/* That alone, of a step that is no part of an item; by: 1, or -1 where it is taken back. */
void schedule_count_end(struct schedule *schedule, uint32_t step, unsigned state, int by);
/* A visit has come to its end: what that means for its foreach, or else for its scope or the run; of a stored
 * run, without what follows. */
void schedule_note_end(struct schedule *schedule, uint32_t step, enum visit_state state);
void schedule_restore_part(struct schedule *schedule, uint32_t step, enum visit_state state);
/* An end in that state, of a step that is still in it, counts no more. */
void schedule_take_back_end(struct schedule *schedule, uint32_t step, enum visit_state state);
/* A foreach has ended, and did not do again what it was to: its items that were are skipped. */
void schedule_leave_out_items(struct schedule *schedule, uint32_t step);
/* Foreachs of a stored run let their items in. */
void schedule_restore_items(struct schedule *schedule);
/* Whether the item that the step is of, if any, was let in. */
bool schedule_is_admitted(const struct schedule *schedule, uint32_t step);
/* Makes known to the steps of a scope that it runs. */
void schedule_let_in(struct schedule *schedule, uint32_t scope);
/* How many steps each scope has is known, of those from `first` on. */
void schedule_add_parts(struct schedule *schedule, uint32_t first, uint32_t end);
void schedule_free_parts(struct schedule *schedule);
/* A visit as it begins. */
void schedule_begin_visit(struct schedule *schedule, uint32_t step);
/* Takes out of the heaps what is not in them by its state any more. */
void schedule_purge(struct schedule *schedule);
/* Has those that are pending learn anew how their needs ended. */
void schedule_tell_again(struct schedule *schedule);
void schedule_list_add(struct list *list, uint32_t step);

#endif
