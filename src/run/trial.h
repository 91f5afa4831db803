/*
 * trial: one gate of an attempt, from finding what it judges to its report (gate/report.h).
 *
 *	TAKING    its inputs are found, hashed and checked       (maybe on the pool)
 *	WAITING   for a place of the executor; lily's own gates need none
 *	WRITING   its inputs are written there                    (maybe on the pool)
 *	IN_LANE   the program runs, once for each turn
 *	KEEPING   its tree is dead, what it left is stored        (maybe on the pool)
 *	ENDED     the report is there
 *
 * A program runs in the root of the workspace, on copies of its inputs at $LILY_IN; what it writes to
 * its scratch is thrown away. What it measures stands in $LILY_METRICS, why it judged so in
 * $LILY_REASON; other files of $LILY_OUT are kept. What is wrong with a gate is a result; an err is the
 * store's or the system's.
 *
 * Private to judging.c: these functions move the trial's state.
 */
#ifndef LILY_RUN_TRIAL_H
#define LILY_RUN_TRIAL_H

#include "gate/report.h"
#include "run/try.h"

/* The executor knows a turn of a gate, which is no attempt, by a number of its own with these bits. */
#define TRIAL_BIT UINT32_C(0x40000000)
#define TRIAL_NUMBER (EXECUTOR_ASIDE | TRIAL_BIT)

enum trial_phase {
	TRIAL_TAKING,
	TRIAL_WAITING,
	TRIAL_WRITING,
	TRIAL_IN_LANE,
	TRIAL_KEEPING,
	TRIAL_ENDED
};

struct trial;
typedef int trial_next_fn(struct trial *trial, struct err *err);

struct trial {
	struct try *try;
	struct arena arena; /* its own: a job on the pool may be using it */
	const struct gate *gate;
	enum trial_phase phase;
	uint32_t number; /* of its turn, with TRIAL_NUMBER */
	struct attempt_place place;
	struct step
		own; /* the gate as a step: its name, its inputs, and what it left as outputs */
	struct step_settings settings;
	struct values values;
	struct inputs inputs;
	struct inputs again; /* the same after its turn */
	struct inputs_job *inputs_job;
	struct faults faults; /* of the inputs */
	struct examine_job *examine_job;
	struct comparing_job *comparing_job;
	struct digest programs; /* that its key is of, where it has one and runs any */
	const char *lacking;    /* what was not compared, and why; NULL: nothing */
	int write_dir;          /* where the pool writes the inputs, -1 */
	int failed;             /* what a job on the pool came to */
	struct err err;
	struct outputs outputs; /* what it left in $LILY_OUT */
	struct outputs_job *outputs_job;
	struct gate_report report;
};

/* Begins: its phase is TAKING, WAITING or ENDED afterwards. */
int trial_begin(struct trial *trial, struct try *try, const struct gate *gate, struct err *err);

/* trial_turn.c: a trial that is WAITING starts its turn: 1; 0 where there is no room yet. */
int trial_start(struct trial *trial, struct err *err);

/* Its turn has ended. */
int trial_on_exited(struct trial *trial, struct err *err);

/* Ends it; one that is in a lane still reports its end. */
void trial_cancel(struct trial *trial);

/* Releases what it holds, its report included. */
void trial_done(struct trial *trial);

/* trial_compare.c: its inputs are there and are compared with others. */
int trial_compare(struct trial *trial, struct err *err);

/* What its files share. Errors that say something about the gate rather than about the machine or the
 * store; the turn that is being judged; the end of all turns, that of one which could not begin, and what
 * comes after a job on the pool that ended with r, unless it was cancelled meanwhile. */
bool trial_is_refusal(int code);
struct engine *trial_engine(const struct trial *trial);
struct gate_turn *trial_turn(struct trial *trial);
int trial_end(struct trial *trial);
int trial_end_error(struct trial *trial, int code, const struct err *why, struct err *err);
/* Whether the paths that it names are what they were, then the end of its turn. */
int trial_look_again(struct trial *trial, struct err *err);
/* Its turn has not passed, and has no key, where the program is not the one any more that the key is of. */
int trial_check_programs(struct trial *trial, struct err *err);
void trial_go_on(struct trial *trial, int r, trial_next_fn *next);

/* judging.c: a job on the pool has ended, and what came of that. */
void judging_went_on(struct trial *trial, int r, struct err *err);

#endif
