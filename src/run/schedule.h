/*
 * schedule: which step comes next. Pure: it knows the graph and the states of visits, no clock, no
 * disk, no process; whoever drives it says what happened.
 *
 * When a step ends, each step that needs it learns whether that is what it wants (graph/step.h), and
 * becomes ready, skipped or blocked as soon as that is certain. Which of these does not depend on
 * the order in which its needs end: a step that asked for an outcome which did not come is skipped,
 * whatever else it needs; else one whose need failed is blocked, unless a rule lets that pass: then what needs
 * it goes on, or is skipped if nothing else blocks it.
 *
 * Ready steps come out in the order of their places (graph/step.h), which is that of the plan. Work
 * per step is O(log ready + its edges × log of their needs), memory 40 bytes a step. Nothing
 * recurses.
 *
 * A scope that is ready is opened: it runs, and the steps in it, which need that, may start. When all
 * of them have ended it comes out of schedule_gathered, too.
 *
 * Steps of `finally` wait for all others to have ended as well, whichever way.
 *
 * A foreach step that is ready is expanded instead of submitted: then it runs until all steps of its
 * items have ended, and comes out of schedule_gathered to be accepted, failed or cancelled. Where it
 * bounds its items, those are let in in their order.
 */
#ifndef LILY_RUN_SCHEDULE_H
#define LILY_RUN_SCHEDULE_H

#include "graph/expansion.h"
#include "run/visit.h"

struct schedule;

struct schedule_counts {
	uint64_t by_state[VISIT_STATE_COUNT];
};

/* What became of the items of a foreach. An item failed where one of its steps failed or was
 * blocked, else it was cancelled where one of them was. */
struct schedule_items {
	uint32_t n;
	uint32_t left; /* not all of its steps have ended */
	uint32_t failed;
	uint32_t cancelled;
};
/* All visits pending; schedule_restored makes ready what can start, also in a new run. */
struct schedule *schedule_new(const struct graph *graph);
void schedule_free(struct schedule *schedule);
/* Whether what the step makes is there. */
bool visit_is_done(enum visit_state state);
/* The visit of a step; borrowed, to be read. */
const struct visit *schedule_visit(const struct schedule *schedule, uint32_t step);
void schedule_count(const struct schedule *schedule, struct schedule_counts *ret_counts);
/* The steps of the items of a foreach step of the plan, those of loops within them among them. */
const struct schedule_counts *schedule_loop_counts(
	const struct schedule *schedule, const struct foreach *foreach);
/* What keeps the run from succeeding: steps that were blocked, or failed and neither continue_on_error nor a
 * rule lets that pass, without those of items: their foreach says what they mean; and whatever a required
 * gate failed. */
uint64_t schedule_failures(const struct schedule *schedule);

/* Whether how the step ended keeps what it is in from succeeding. */
bool schedule_has_failed(const struct schedule *schedule, uint32_t step);

/* Whether a step that is not of `finally` has not ended. */
bool schedule_is_open(const struct schedule *schedule);

/* The first ready step in the order of the plan, STEP_NONE if none is. It stays ready. */
uint32_t schedule_next(const struct schedule *schedule);

/* Takes the step that schedule_next names aside: it stays ready until it is submitted. */
void schedule_park(struct schedule *schedule, uint32_t step);

/* What happened to a step; each moves its visit by the event that the name says. */
void schedule_submitted(struct schedule *schedule, uint32_t step);
void schedule_accepted(
	struct schedule *schedule, uint32_t step, const struct produced *outputs);
/* The first ready step need not run: an earlier attempt left these (it is reused), or one of the run that
 * this one does again (it is adopted). */
void schedule_taken(struct schedule *schedule, uint32_t step, enum visit_state state,
	const struct produced *outputs);
void schedule_retry(struct schedule *schedule, uint32_t step, int64_t until_us);
void schedule_attempt_cancelled(struct schedule *schedule, uint32_t step);

/* How the attempt ended after which the step failed; exit_code -1: not by itself. Before
 * schedule_failed or schedule_restore. */
void schedule_note_failure(
	struct schedule *schedule, uint32_t step, enum failure_class class, int exit_code);

/* What a gate of its attempt found, until the step is submitted again; in the arena. */
void schedule_note_gate(struct schedule *schedule, uint32_t step, uint32_t gate,
	const struct digest *result, struct arena *keep);

/* What a rule made of it; likewise. */
void schedule_note_route(struct schedule *schedule, uint32_t step, enum visit_routed routed);

void schedule_failed(struct schedule *schedule, uint32_t step);

/* The first ready step is a foreach and the graph has grown by its items, which are pending or ready
 * now. */
void schedule_expanded(struct schedule *schedule, const struct expansion *expansion);
/* The first ready step is a scope: its steps may start. Or a foreach that is retried: its items may. */
void schedule_opened(struct schedule *schedule, uint32_t step);
/* What became of those that are in it directly. */
void schedule_count_parts(
	const struct schedule *schedule, uint32_t step, struct schedule_items *ret_parts);

/* A foreach step or scope all of whose items or steps have ended since, each once; STEP_NONE if none
 * is. */
uint32_t schedule_gathered(struct schedule *schedule);

void schedule_gather_cancelled(struct schedule *schedule, uint32_t step);
/* Of a foreach step that was expanded; and whether the item of that number was not successful. */
void schedule_count_items(
	const struct schedule *schedule, uint32_t step, struct schedule_items *ret_items);
bool schedule_item_failed(const struct schedule *schedule, uint32_t step, uint32_t item);

/* The first ready step's `if` is false; or it holds, and what the step needs did not come: its visit
 * says by whom it is blocked. A step with an `if` becomes ready also then, to be asked it. */
void schedule_skip(struct schedule *schedule, uint32_t step);
void schedule_block_ready(struct schedule *schedule, uint32_t step);

/* The steps that are skipped or blocked since the last call, by state, `by` and number; see their
 * visits. Valid until the next call of any function that moves a visit. */
void schedule_decided(struct schedule *schedule, const uint32_t **ret_steps, size_t *ret_n);

/* Everything pending, ready or waiting is cancelled, SCHEDULE_BEFORE_LAST: but what is in `finally`;
 * *ret_steps: those, ascending, valid until the next call. */
enum schedule_part { SCHEDULE_BEFORE_LAST, SCHEDULE_ALL };
void schedule_cancel(struct schedule *schedule, enum schedule_part part,
	const uint32_t **ret_steps, size_t *ret_n);

/* What another run did counts here: before schedule_restored. */
void schedule_adopted(struct schedule *schedule, uint32_t step, const struct produced *outputs);

/* Makes ready what waited for a time that is not after now. The earliest time that is still
 * waited for, INT64_MAX if none. */
int64_t schedule_due(struct schedule *schedule, int64_t now_us);

/* The graph of a stored run has grown; for all its expansions, in their order, before any visit is
 * restored. */
void schedule_restore_expansion(struct schedule *schedule, const struct expansion *expansion);

/* Puts a visit where a stored run left it, before anything else is asked: a step of the schedule
 * that is new. `tries` attempts were submitted. Blocked and cancelled ones are final. */
void schedule_restore(struct schedule *schedule, uint32_t step, enum visit_state state,
	uint32_t tries, int64_t until_us, const struct produced *outputs);

/* After the last schedule_restore: what is pending learns how its needs ended. */
void schedule_restored(struct schedule *schedule);

#endif
