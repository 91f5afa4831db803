/*
 * try: one attempt at one step, from taking its inputs to accepting or rejecting its outputs.
 *
 *	TAKING    inputs are found, hashed, checked and written   (maybe on the pool)
 *	RUNNING   the executor has it
 *	KEEPING   its tree is dead, log and outputs are checked and stored (maybe on the pool)
 *	PROBED    no attempt: a probe runs in its place (once_probe.c)
 *	JUDGED    validators judge the outputs, one after the other; its place was given back
 *	GATED     its gates judge them (judging.h), likewise
 *
 * Private to the engine (engine*.c): these functions move its state.
 */
#ifndef LILY_RUN_TRY_H
#define LILY_RUN_TRY_H

#include "run/engine_state.h"
#include "run/labels.h"

#define TRY_SUMMARY_MAX 250 /* a notice has room for it */

struct judging;
struct record_gate;
struct try_kept;

enum try_phase {
	PHASE_FREE,
	PHASE_TAKING,
	PHASE_IN_LANE,
	PHASE_KEEPING,
	PHASE_JUDGED,
	PHASE_GATED,
	PHASE_PROBED
};

struct
try {
	struct engine *engine;
	struct arena arena; /* reset when the place is used again */
	enum try_phase phase;
	enum try_state state;
	uint32_t number, step;
	uint32_t try_number, visit;
	bool cancelled;
	bool superseded;  /* and so is its visit: its end changes nothing */
	bool spent;       /* ended since the run's time was spent */
	int64_t begun_us; /* UTC */
	struct attempt_place place;
	const uint32_t *pool_slots; /* pools_take */
	struct once_work *once;     /* NULL: it may be repeated */
	bool once_begun;            /* the record has it: it may have happened */
	struct values values;
	struct inputs inputs;
	bool has_key; /* its step can be reused: */
	struct digest key;
	const struct try_kept *kept;     /* NULL: its candidates are its own */
	struct transaction *transaction; /* NULL: it is none */
	bool is_at_work;                 /* in the workspace: run/occupancy.h */
	struct inputs_job *inputs_job;
	int write_dir; /* where the pool writes the inputs, -1 */
	int write_failed;
	struct err write_err;
	int secrets_failed;
	struct err secrets_err;
	struct examine_job *examine_job;
	struct faults faults; /* of the inputs, */
	struct labels_lacking lacking;
	const char *feedback; /* path of the file, NULL: none */
	struct outputs outputs;
	struct outputs_job *outputs_job;
	struct judge judge;
	struct judging *judging;   /* GATED; else NULL */
	struct record_gate *gates; /* their results, for the event that ends the attempt */
	size_t n_gates;
	struct attempt_end end;
	struct record_log log;
	bool has_log;
	bool log_is_file;
	int log_fd;
	struct object_staged *log_staged;
	struct err log_err;
	unsigned jobs; /* on the pool */
};

/* Begins the next try of a ready step: 1, or 0 where there is no room. Failures of the step itself
 * are recorded, not returned. */
int try_begin(struct engine *engine, uint32_t step, struct err *err);

/* Likewise of a gate of the run, which at once is GATED. */
int try_begin_judging(struct engine *engine, uint32_t step, struct err *err);

/* A try of a step that is about to begin in a place that is free; the next attempt's number is its
 * own. */
void try_reset(struct try *try, uint32_t step);

/* What the executor is asked to run (try_spec.c), in the try's arena. Errors are the step's where they
 * are of the kinds that values_text has. */
int try_make_spec(struct try *try, struct attempt_spec *ret_spec, struct err *err);

/* What the names of a step's texts mean; without what only an attempt has. */
void engine_values(
	struct engine *engine, uint32_t step, struct arena *arena, struct values *ret_values);

/* What the executor reports. */
int try_on_started(struct engine *engine, const struct executor_event *event, struct err *err);
int try_on_exited(struct engine *engine, const struct executor_event *event, struct err *err);

/* Goes on with what waited for room in the executor. */
int try_poll(struct try *try, struct err *err);

/* What engine_next is to return: in a callback there is nobody to return it to. */
void try_keep_failure(struct engine *engine, int code, const struct err *err);
bool try_is_last(const struct try *try); /* its step is one of `finally` */
/* Ends it, whatever its phase; its end is still reported. */
void try_cancel(struct try *try);
/* Likewise; it fails unless its step is done by then. */
void try_spend(struct try *try);

/* The end of a try (try_end.c). faults are about its inputs or outputs: class schema, or secret where an
 * output holds one; TRY_FINAL: no rule would mend it. */
enum try_again { TRY_BY_RULE, TRY_FINAL };
int try_conclude(struct try *try, struct err *err);
int try_on_judged(struct try *try, struct err *err);
int try_reject(struct try *try, enum failure_class class, const char *message, struct err *err);
int try_reject_faults(
	struct try *try, const struct faults *faults, enum try_again again, struct err *err);
/* A required gate did not pass; feedback: what the next attempt finds. */
int try_reject_gates(
	struct try *try, const char *message, const struct buf *feedback, struct err *err);
int try_accept(struct try *try, struct err *err);
int try_reject_spent(struct try *try, struct err *err);
int try_record_cancelled(struct try *try, struct err *err);
struct notice *try_notify(struct try *try, enum notice_type type);

/* What the next attempt of a step will find at $LILY_FEEDBACK; NULL: nothing. */
const struct digest *engine_feedback(const struct engine *engine, uint32_t step);
void engine_set_feedback(struct engine *engine, uint32_t step, const struct digest *errors);

/* Records what followed from the end of steps: which are skipped, which are blocked. */
int engine_settle(struct engine *engine, struct err *err);

/* Whether an attempt at the step may begin, which try_begin pays for; whether a failed one may be followed
 * by another, which is paid for at once. *ret_may false: nothing is left for it, and the bound is
 * recorded as reached. Nothing is paid for what runs last. */
int engine_may_try(struct engine *engine, uint32_t step, bool *ret_may, struct err *err);
int engine_pay_retry(struct engine *engine, uint32_t step, bool *ret_may, struct err *err);

/* Likewise after a step has failed for good, which may be the end of what is new. */
int engine_step_failed(struct engine *engine, struct err *err);

#endif
