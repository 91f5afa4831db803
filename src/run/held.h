/*
 * held: attempts that have ended, and of which a person says what becomes of them.
 *
 *	running ── attempt.held → running ── question.opened → asked ── question.closed → running
 *	        ── attempt.accepted → succeeded | attempt.rejected → failed | attempt.cancelled → cancelled
 *
 * `approve` with at: commit: the candidates are stored, all gates have passed, and the place of the attempt
 * is given back. What is asked, request.v1, has every candidate by digest, what each gate found and the log
 * of the attempt, and its number, so that a yes is for this attempt alone. All that is needed to go on is in
 * the event attempt.held: a process that takes the run over never runs such an attempt again. Before a yes
 * becomes attempt.accepted, what lies at the paths of outputs in the workspace is looked at: where it is not
 * what was shown, the yes was for something else.
 *
 * `then: escalate` of a rule: the attempt has failed, and the request has why, what a person may say of it (as
 * `continue` and `skip` of rules none past a required gate, and `retry` none past a bound), and the evidence. What
 * is said is a decision like that of a rule, recorded by route.decided; a no lets the failure stand.
 *
 * Private to the engine, like try.h.
 */
#ifndef LILY_RUN_HELD_H
#define LILY_RUN_HELD_H

#include "run/try.h"
#include "store/run_rows.h"

struct ask;
struct held;

/* All that is to be said of a try but what a person thinks of it: it is held, and its place free. */
int held_begin(struct try *try, struct err *err);

/* Likewise of one that failed, of which a rule says that a person decides. */
struct record_rejection;
int held_escalate(struct try *try, const struct record_rejection *rejection, struct err *err);

/* Who wants nothing new, or has no time left, is asked nothing, either. */
bool held_asks_nobody(const struct engine *engine, uint32_t step);

/* What follows for an attempt that is held, of a visit that runs: it is asked about, or ends. */
int held_conclude(struct engine *engine, struct ask *ask, struct err *err);

/* Nothing more is to be known of the one of a step; nothing where there is none. */
void held_drop(struct engine *engine, uint32_t step);

/* Ends the attempts that are held of visits that were cancelled. */
int held_cancel(struct engine *engine, const uint32_t *steps, size_t n_steps, struct err *err);

/* Of a stored run: that an attempt is held; then what the record says of all of these. ERR_CORRUPT. */
void held_note(struct engine *engine, const struct attempt_row *row);
int held_restore(struct engine *engine, int64_t run, struct err *err);

/* Its number; whether the request of that digest is what a person is asked about it. */
uint32_t held_attempt(const struct held *held);
bool held_has_failed(const struct held *held);
bool held_is_asked(const struct held *held, const struct digest *request);

void held_free(struct held *held);

#endif
