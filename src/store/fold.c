#include "store/fold.h"

#include "base/memory.h"
#include "store/fold_apply.h"
#include "store/fold_items.h"
#include "json/json.h"

int
fold_new(sqlite3 *db, struct object_index *objects, struct fold **ret_fold, struct err *err)
{
	struct fold *fold = memory_zeroed(1, sizeof(*fold));
	int r;

	fold->db = db;
	fold->objects = objects;
	r = fold_rows_init(&fold->rows, db, err);
	if (r == 0)
		r = db_prepare(db,
			"INSERT INTO runs VALUES(?1,?2,?3,0,?4,?5,?6,?7,?8,?9,0,0,NULL,0,0,?10,"
			"0,0,0,0,0,0,0,?11,'',0,0,0,0,0,0,0,0)",
			&fold->insert_run, err);
	if (r == 0)
		r = db_prepare(db,
			"UPDATE runs SET plan=?2, steps=?3, workflow=?4 WHERE number=?1",
			&fold->plan_run, err);
	if (r == 0)
		r = db_prepare(db, "UPDATE runs SET reason=?2 WHERE number=?1",
			&fold->reason_run, err);
	if (r == 0)
		r = db_prepare(db,
			"INSERT INTO artifacts VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)",
			&fold->insert_artifact, err);
	if (r == 0)
		r = db_prepare(db, "INSERT INTO expansions VALUES(?1,?2,?3,?4,?5,?6,0)",
			&fold->insert_expansion, err);
	if (r == 0)
		r = db_prepare(db, "UPDATE runs SET steps=steps+?2 WHERE number=?1",
			&fold->grow_run, err);
	/* The first artifact of a type says what its id means. */
	if (r == 0)
		r = db_prepare(db, "INSERT OR IGNORE INTO schemas VALUES(?1,?2,?3)",
			&fold->insert_schema, err);
	if (r == 0)
		r = fold_attempt_prepare(fold, err);
	if (r == 0)
		r = db_prepare(db,
			"UPDATE artifacts SET role='superseded' WHERE run=?1 AND role='output'"
			" AND producer IN (SELECT value ->> '$.step' FROM json_each(?2, "
			"'$.steps'))",
			&fold->supersede_outputs, err);
	if (r == 0)
		r = fold_items_prepare(fold, err);
	if (r == 0)
		r = fold_cache_prepare(fold, err);
	if (r == 0)
		r = fold_question_prepare(fold, err);
	if (r == 0)
		r = fold_repeat_prepare(fold, err);
	if (r == 0)
		r = fold_label_prepare(fold, err);
	if (r == 0)
		r = db_prepare(db, "INSERT OR REPLACE INTO once_keys VALUES(?1,?2,?3,?4,?5,?6)",
			&fold->put_once, err);
	if (r == 0)
		r = db_prepare(db, "UPDATE once_keys SET state=?2, note=?3 WHERE key=?1",
			&fold->change_once, err);
	if (r < 0)
		fold_free(fold);
	else
		*ret_fold = fold;
	return r;
}

void
fold_free(struct fold *fold)
{
	if (!fold)
		return;
	(void)sqlite3_finalize(fold->insert_run);
	(void)sqlite3_finalize(fold->plan_run);
	(void)sqlite3_finalize(fold->reason_run);
	(void)sqlite3_finalize(fold->insert_artifact);
	(void)sqlite3_finalize(fold->insert_schema);
	(void)sqlite3_finalize(fold->drop_candidates);
	(void)sqlite3_finalize(fold->reject_candidates);
	(void)sqlite3_finalize(fold->put_once);
	(void)sqlite3_finalize(fold->change_once);
	(void)sqlite3_finalize(fold->insert_expansion);
	(void)sqlite3_finalize(fold->grow_run);
	(void)sqlite3_finalize(fold->supersede_outputs);
	(void)sqlite3_finalize(fold->insert_cached);
	(void)sqlite3_finalize(fold->forget_cached);
	(void)sqlite3_finalize(fold->clear_cached);
	(void)sqlite3_finalize(fold->put_question);
	(void)sqlite3_finalize(fold->close_question);
	(void)sqlite3_finalize(fold->find_original);
	(void)sqlite3_finalize(fold->insert_repeat);
	(void)sqlite3_finalize(fold->insert_label);
	fold_items_done(fold);
	fold_rows_done(&fold->rows);
	arena_done(&fold->scratch);
	free(fold->changed);
	free(fold);
}

int
fold_run(struct fold *fold, int64_t number, const struct fold_run **ret_run, struct err *err)
{
	struct fold_run *run;
	int r = fold_rows_run(&fold->rows, number, &run, err);

	if (r == 0)
		*ret_run = run;
	return r;
}

typedef void apply_fn(struct reading *x);

static apply_fn *const apply[EVENT_TYPE_COUNT] = {
	[EVENT_RUN_CREATED] = fold_run_created,
	[EVENT_RUN_PLANNED] = fold_run_planned,
	[EVENT_RUN_STARTED] = fold_run_running,
	[EVENT_RUN_RESUMED] = fold_run_running,
	[EVENT_RUN_CANCELLING] = fold_run_cancelling,
	[EVENT_RUN_FINISHED] = fold_run_finished,
	[EVENT_ATTEMPT_SUBMITTED] = fold_attempt_submitted,
	[EVENT_ATTEMPT_STARTED] = fold_attempt_started,
	[EVENT_ATTEMPT_ENDED] = fold_attempt_ended,
	[EVENT_ATTEMPT_ACCEPTED] = fold_attempt_accepted,
	[EVENT_ATTEMPT_REJECTED] = fold_attempt_rejected,
	[EVENT_ATTEMPT_INTERRUPTED] = fold_attempt_interrupted,
	[EVENT_ATTEMPT_CANCELLED] = fold_attempt_cancelled,
	[EVENT_VISIT_BLOCKED] = fold_visit_blocked,
	[EVENT_VISIT_CANCELLED] = fold_visit_cancelled,
	[EVENT_ARTIFACT_PUT] = fold_artifact_put,
	[EVENT_RUN_CLOSED] = fold_run_closed,
	[EVENT_VISIT_UNKNOWN] = fold_visit_unknown,
	[EVENT_ONCE_JUDGED] = fold_once_judged,
	[EVENT_RUN_WAITING] = fold_run_waiting,
	[EVENT_STEP_EXPANDED] = fold_step_expanded,
	[EVENT_VISIT_REUSED] = fold_visit_reused,
	[EVENT_CACHE_CLEARED] = fold_cache_cleared,
	[EVENT_VISIT_ADOPTED] = fold_visit_adopted,
	[EVENT_VISIT_RETRIED] = fold_visit_retried,
	[EVENT_VISIT_SKIPPED] = fold_visit_skipped,
	[EVENT_RUN_EXHAUSTED] = fold_run_exhausted,
	[EVENT_RUN_FINALLY] = fold_run_finally,
	[EVENT_SCOPE_OPENED] = fold_scope_opened,
	[EVENT_RUN_NOTIFIED] = fold_run_notified,
	[EVENT_ROUTE_DECIDED] = fold_route_decided,
	[EVENT_QUESTION_OPENED] = fold_question_opened,
	[EVENT_QUESTION_CLOSED] = fold_question_closed,
	[EVENT_VISITS_REUSED] = fold_visits_reused,
	[EVENT_ATTEMPT_HELD] = fold_attempt_held,
	[EVENT_VISITS_SUPERSEDED] = fold_visits_superseded,
	[EVENT_ATTEMPT_CONNECTED] = fold_attempt_connected,
	[EVENT_APPLY_INTENT] = fold_apply_intent,
	[EVENT_APPLY_DONE] = fold_apply_done,
};

static int
parse_payload(struct reading *x)
{
	struct source source = {.name = "payload", .text = x->event->payload};
	int r = json_parse(
		&x->fold->scratch, &source, JSON_BORROW_TEXT, NULL, &x->payload, x->err);

	if (r < 0)
		return r;
	if (x->payload->kind != VALUE_OBJECT)
		return err_set(x->err, ERR_INVALID, "the payload is not an object");
	return 0;
}

/* The row of the event's run; the first event of a run makes it. */
static int
begin(struct reading *x)
{
	const struct event *event = x->event;
	int r;

	if (event->type == EVENT_RUN_CREATED) {
		fold_run_created(x);
		if (x->failure)
			return x->failure;
	}
	r = fold_rows_run(&x->fold->rows, event->run, &x->run, x->err);
	if (r < 0)
		return r;
	if (event->type == EVENT_RUN_CREATED)
		x->run->status_changed = true;
	if (row_run_is_end(x->run->status) && event->run != 0)
		return err_set(x->err, ERR_INVALID, "the run has ended");
	return 0;
}

static int
apply_event(struct reading *x)
{
	int r = x->event->removed ? 0 : parse_payload(x);

	if (r == 0)
		r = begin(x);
	if (r < 0)
		return r;
	if (x->event->type != EVENT_RUN_CREATED && !x->event->removed)
		apply[x->event->type](x);
	if (x->failure)
		return x->failure;
	x->run->seq = x->event->seq;
	x->run->latest_us = x->event->time_us;
	x->run->head = x->event->hash;
	return 0;
}

int
fold_event(struct fold *fold, const struct event *event, struct err *err)
{
	struct reading x = {.fold = fold, .event = event, .err = err};
	int r;

	arena_reset(&fold->scratch);
	if ((unsigned)event->type >= EVENT_TYPE_COUNT)
		return err_set(err, ERR_INVALID,
			"event %llu of run number %lld is of no known type",
			(unsigned long long)event->seq, (long long)event->run);
	r = apply_event(&x);
	if (r < 0)
		return err_wrap(err, "event %llu (%s) of run number %lld",
			(unsigned long long)event->seq, event_type_name(event->type),
			(long long)event->run);
	return 0;
}

int
fold_flush(struct fold *fold, const int64_t **ret_changed, size_t *ret_n, struct err *err)
{
	fold->n_changed = 0;
	for (size_t i = 0; i < fold->rows.n; i++) {
		const struct fold_run_row *row = (const void *)fold->rows.rows[i];

		if (row->key.table != FOLD_RUNS || !row->run.status_changed || !row->key.run)
			continue;
		fold->changed = memory_grow(fold->changed, fold->n_changed, &fold->capacity,
			sizeof(*fold->changed));
		fold->changed[fold->n_changed++] = row->key.run;
	}
	if (ret_changed) {
		*ret_changed = fold->changed;
		*ret_n = fold->n_changed;
	}
	return fold_rows_flush(&fold->rows, err);
}
