/*
 * engine: drives one run: the only stateful part of lily.
 *
 *	engine_start or engine_resume → engine_next until 0 → engine_free
 *
 * Everything happens inside engine_next, on its caller's thread (large files are hashed on a
 * pool). Each transition is one event in the run's chain; what is in memory can be rebuilt from the
 * tables at any instant, which is what engine_resume does.
 */
#ifndef LILY_RUN_ENGINE_H
#define LILY_RUN_ENGINE_H

#include "graph/graph.h"
#include "run/notices.h"
#include "run/schedule.h"
#include "store/run.h"

struct engine;
struct parent; /* run/parent.h */

struct engine_options {
	struct store *store;
	const char *workspace; /* absolute */
	const char *lane;      /* absolute path of lily-lane */
	const struct policy_machine
		*machine;  /* what it offers, once for all runs; NULL: is asked */
	unsigned parallel; /* 0: as the workflow says, else processors */
	bool fail_fast;
	bool keep;             /* the directories of attempts, for people to look at */
	bool waits_for_people; /* the run does not end while only a question is open */
	bool quiet;            /* no notice of a step that is reused */
};

/* Begins a planned run. Takes *hold over, also on failure. */
struct engine_beginning {
	const struct digest *plan;
	const struct run_work_order *work_order; /* or NULL */
	const struct parent *parent;             /* whose successes are adopted, or NULL */
	const struct str *again;                 /* steps that are not adopted */
	size_t n_again;
};
int engine_start(const struct engine_options *options, struct run_hold *hold,
	const struct engine_beginning *beginning, struct engine **ret_engine, struct err *err);

/* Goes on with an interrupted run: proves dead what was left of it, then rebuilds its state. Takes
 * *hold over, also on failure. ERR_INVALID where it has no plan. */
int engine_resume(const struct engine_options *options, struct run_hold *hold,
	const struct run_row *row, struct engine **ret_engine, struct err *err);

/* An engine that has not ended leaves its run interrupted: its steps are killed. */
void engine_free(struct engine *engine);

/* The next thing that happened within timeout_ms (-1: for ever): 1, or 0 when the run has ended and
 * is durable. An error is the store's or the system's; the run is then interrupted. */
int engine_next(
	struct engine *engine, int timeout_ms, struct notice *ret_notice, struct err *err);

/* Begins to cancel, now. Doing it again is fine. */
int engine_cancel(struct engine *engine, struct str reason, struct err *err);

/* Failed steps run again, and what was blocked by them: those of the names, else all, and what
 * fail-fast cancelled. A name that has not failed is passed over. request: 0, or who asked. */
int engine_retry(struct engine *engine, int64_t request, const struct str *names,
	size_t n_names, struct err *err);

/* Has it begin to cancel in the next turn; safe in a signal handler and on any thread. */
void engine_stop(struct engine *engine);

uint32_t engine_steps(const struct engine *engine); /* without templates */
bool engine_has_last(const struct engine *engine);  /* some run when the others have ended */
/* Of a step that a notice spoke of, or that runs. */
const char *engine_step_name(const struct engine *engine, uint32_t step);
/* Of the foreach of the plan of whose items it is, "" where it is of none's. */
const char *engine_loop_name(const struct engine *engine, uint32_t step);
const struct uuid *engine_run(const struct engine *engine);
enum run_state engine_state(const struct engine *engine);
void engine_count(const struct engine *engine, struct schedule_counts *ret_counts);
/* What is not held of the policies of its steps where best effort will do, a line each; or "". */
const char *engine_lacking(const struct engine *engine);
unsigned engine_busy(const struct engine *engine); /* programs that run, of steps mostly */

/* Steps that run now, oldest first. */
struct engine_running {
	uint32_t step;
	int64_t started_at_us; /* UTC */
};
size_t engine_list_running(
	const struct engine *engine, struct engine_running *ret_steps, size_t max);

/* The foreach steps of the plan that wait for their items, in the order in which they were expanded; and the
 * states of the steps of these items, those of loops within them among them. */
size_t engine_list_loops(const struct engine *engine, uint32_t *ret_steps, size_t max);
void engine_count_loop(
	const struct engine *engine, uint32_t step, struct schedule_counts *ret_counts);

#endif
