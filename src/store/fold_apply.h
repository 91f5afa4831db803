/*
 * fold_apply: what each type of event does to the tables, for fold*.c only: one function a type, which fold.c
 * calls by its table with an event that is the next of its run. run.created makes the row that the others find
 * in x->run.
 */
#ifndef LILY_STORE_FOLD_APPLY_H
#define LILY_STORE_FOLD_APPLY_H

#include "store/fold_reading.h"

void fold_artifact_put(struct reading *x);
void fold_attempt_accepted(struct reading *x);
void fold_attempt_cancelled(struct reading *x);
void fold_attempt_connected(struct reading *x);
void fold_attempt_ended(struct reading *x);
void fold_attempt_held(struct reading *x);
void fold_apply_intent(struct reading *x);
void fold_apply_done(struct reading *x);
void fold_attempt_interrupted(struct reading *x);
void fold_attempt_rejected(struct reading *x);
void fold_attempt_started(struct reading *x);
void fold_attempt_submitted(struct reading *x);
void fold_cache_cleared(struct reading *x);
void fold_once_judged(struct reading *x);
void fold_question_closed(struct reading *x);
void fold_question_opened(struct reading *x);
void fold_route_decided(struct reading *x);
void fold_run_cancelling(struct reading *x);
void fold_run_closed(struct reading *x);
void fold_run_created(struct reading *x);
void fold_run_exhausted(struct reading *x);
void fold_run_finally(struct reading *x);
void fold_run_finished(struct reading *x);
void fold_run_notified(struct reading *x);
void fold_run_planned(struct reading *x);
void fold_run_running(struct reading *x);
void fold_run_waiting(struct reading *x);
void fold_scope_opened(struct reading *x);
void fold_step_expanded(struct reading *x);
void fold_visit_adopted(struct reading *x);
void fold_visit_blocked(struct reading *x);
void fold_visit_cancelled(struct reading *x);
void fold_visit_retried(struct reading *x);
void fold_visit_reused(struct reading *x);
void fold_visit_skipped(struct reading *x);
void fold_visit_unknown(struct reading *x);
void fold_visits_reused(struct reading *x);
void fold_visits_superseded(struct reading *x);

#endif
