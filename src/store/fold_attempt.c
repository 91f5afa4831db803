#include "store/fold_apply.h"

int
fold_attempt_prepare(struct fold *fold, struct err *err)
{
	int r = db_prepare(fold->db,
		"DELETE FROM artifacts WHERE run=?1 AND attempt=?2 AND role='candidate'",
		&fold->drop_candidates, err);

	if (r == 0)
		r = db_prepare(fold->db,
			"UPDATE artifacts SET role='rejected' WHERE run=?1 AND attempt=?2 AND "
			"role='candidate'",
			&fold->reject_candidates, err);
	return r;
}

void
fold_attempt_submitted(struct reading *x)
{
	int64_t number = reading_need_number(x, x->payload, "n", 1, UINT32_MAX);
	int64_t step = reading_need_number(x, x->payload, "i", 0, UINT32_MAX - 1);
	struct str name = reading_need_text(x, x->payload, "step");
	int64_t visit_number = reading_get_number(x, x->payload, "visit", 1);
	struct fold_visit *visit = fold_visit_get(x, step);
	struct fold_attempt *attempt;

	if (!visit)
		return;
	/* A step of an item that is made once more begins with a later one than the first. */
	if (visit_number > visit->number) {
		visit->number = visit_number;
		visit->is_next = true;
	} else if (visit_number < visit->number) {
		reading_refuse(x, "visit", "is not the newest of its step");
	}
	if (x->failure)
		return;
	x->failure = fold_rows_new_attempt(
		&x->fold->rows, x->event->run, (uint32_t)number, &attempt, x->err);
	if (x->failure)
		return;
	if (value_get(x->payload, STR("key")))
		(void)reading_need_object(x, x->payload, "key");
	attempt->step = step;
	attempt->visit = visit->number;
	attempt->try_number = reading_need_number(x, x->payload, "try", 1, UINT32_MAX);
	attempt->state = ROW_ATTEMPT_SUBMITTED;
	attempt->event = x->event->id;
	attempt->submitted_us = x->event->time_us;
	attempt->class = attempt->message = STR_EMPTY;
	fold_visit_set(x, visit, ROW_VISIT_RUNNING);
	visit->attempts++;
	if (!visit->name.n)
		visit->name = reading_keep(x, name);
	x->run->attempts++;
	fold_once_begun(x, name, number);
}

static struct fold_attempt *
need_attempt(struct reading *x)
{
	int64_t number = reading_need_number(x, x->payload, "n", 1, UINT32_MAX);
	struct fold_attempt *attempt = NULL;

	if (!x->failure)
		x->failure = fold_rows_attempt(
			&x->fold->rows, x->event->run, (uint32_t)number, &attempt, x->err);
	return x->failure ? NULL : attempt;
}

void
fold_attempt_started(struct reading *x)
{
	struct fold_attempt *attempt = need_attempt(x);

	if (!attempt)
		return;
	attempt->state = ROW_ATTEMPT_STARTED;
	attempt->started_us = reading_get_number(x, x->payload, "at", x->event->time_us);
	attempt->pid = reading_get_number(x, x->payload, "pid", 0);
}

/* Evidence: nothing else follows from it. */
void
fold_attempt_connected(struct reading *x)
{
	if (!need_attempt(x))
		return;
	(void)reading_need_text(x, x->payload, "host");
	(void)reading_need_text(x, x->payload, "outcome");
	(void)reading_need_number(x, x->payload, "port", 1, UINT16_MAX);
}

static void
fold_log(struct reading *x, struct fold_attempt *attempt)
{
	const struct value *log = value_get(x->payload, STR("log"));

	if (!log || log->kind == VALUE_NULL)
		return;
	attempt->log = reading_need_object(x, log, "sha256");
	attempt->log_size = reading_get_number(x, log, "size", 0);
	attempt->stdout_size = reading_get_number(x, log, "stdout", 0);
	attempt->stderr_size = reading_get_number(x, log, "stderr", 0);
}

void
fold_attempt_ended(struct reading *x)
{
	struct fold_attempt *attempt = need_attempt(x);
	const struct value *exit_code = value_get(x->payload, STR("exit"));
	struct str error = reading_get_text(x, x->payload, "error");

	if (!attempt)
		return;
	attempt->state = ROW_ATTEMPT_ENDED;
	attempt->ended_us = reading_get_number(x, x->payload, "at", x->event->time_us);
	attempt->has_exit = exit_code && exit_code->kind != VALUE_NULL;
	if (attempt->has_exit)
		attempt->exit_code = reading_need_number(x, x->payload, "exit", 0, INT32_MAX);
	attempt->signal = reading_get_number(x, x->payload, "signal", 0);
	if (reading_get_flag(x, "timeout"))
		attempt->flags |= FOLD_TIMED_OUT;
	if (reading_get_flag(x, "oom"))
		attempt->flags |= FOLD_OUT_OF_MEMORY;
	attempt->cpu_us = reading_get_number(x, x->payload, "cpu", 0);
	attempt->rss_kib = reading_get_number(x, x->payload, "rss", 0);
	if (error.n)
		attempt->message = reading_keep(x, error);
	fold_log(x, attempt);
}

/* What a held attempt showed: the event that accepts it makes artifacts of these numbers once more, with
 * their types; else they never become true. */
static void
end_candidates(struct reading *x, const struct fold_attempt *attempt, enum row_attempt state)
{
	sqlite3_stmt *end = state == ROW_ATTEMPT_ACCEPTED ? x->fold->drop_candidates
							  : x->fold->reject_candidates;

	db_bind_int(end, 1, x->event->run);
	db_bind_int(end, 2, attempt->key.a);
	if (!x->failure)
		x->failure = db_run(end, x->err);
}

static bool
is_of_newest(const struct fold_attempt *attempt, const struct fold_visit *visit)
{
	return attempt->visit == visit->number;
}

/* The attempt's end in `state`; its visit, which goes into the other state. The end of an attempt whose visit was
 * superseded while it ran changes that no more. */
static struct fold_visit *
end_attempt(struct reading *x, enum row_attempt state, enum row_visit visit_state,
	struct fold_attempt **ret_attempt)
{
	struct fold_attempt *attempt = need_attempt(x);
	struct fold_visit *visit = attempt ? fold_visit_get(x, attempt->step) : NULL;

	if (!visit)
		return NULL;
	if (attempt->state == ROW_ATTEMPT_HELD)
		end_candidates(x, attempt, state);
	attempt->state = state;
	if (is_of_newest(attempt, visit))
		fold_visit_set(x, visit, visit_state);
	*ret_attempt = attempt;
	return visit;
}

static void
fold_outputs(struct reading *x, const struct fold_visit *visit,
	const struct fold_attempt *attempt, struct str role)
{
	struct str producer_kind = reading_get_text(x, x->payload, "producer_kind");
	struct fold_origin made = {.role = role,
		.producer = visit->name,
		.producer_kind = producer_kind.n ? producer_kind : STR("tool"),
		.attempt = attempt->key.a};

	reading_add_artifacts(x, "out", &made);
}

/* What was wrong with them, beside them. */
static void
fold_errors(
	struct reading *x, const struct fold_visit *visit, const struct fold_attempt *attempt)
{
	const struct value *errors = value_get(x->payload, STR("errors"));
	const struct fold_origin made = {.role = STR("rejected"),
		.producer = visit->name,
		.producer_kind = STR("system"),
		.attempt = attempt->key.a};

	if (errors && !x->failure)
		reading_add_artifact(x, errors, &made);
}

/* What those wrote that judged what it made. */
static void
fold_logs(struct reading *x, const struct fold_visit *visit, const struct fold_attempt *attempt)
{
	const struct fold_origin made = {.role = STR("log"),
		.producer = visit->name,
		.producer_kind = STR("tool"),
		.attempt = attempt->key.a};

	reading_add_artifacts(x, "logs", &made);
}

void
fold_attempt_held(struct reading *x)
{
	bool failed = value_get(x->payload, STR("class")) != NULL;
	struct fold_attempt *attempt;
	struct fold_visit *visit =
		end_attempt(x, ROW_ATTEMPT_HELD, ROW_VISIT_RUNNING, &attempt);

	if (!visit)
		return;
	(void)reading_need_object(x, x->payload, "request");
	attempt->class = reading_keep(x, reading_get_text(x, x->payload, "class"));
	attempt->message = reading_keep(x, reading_get_text(x, x->payload, "message"));
	fold_outputs(x, visit, attempt, failed ? STR("rejected") : STR("candidate"));
	fold_errors(x, visit, attempt);
	fold_logs(x, visit, attempt);
	fold_gates(x, x->payload, visit->name, attempt->key.a);
}

void
fold_attempt_accepted(struct reading *x)
{
	struct fold_attempt *attempt;
	struct fold_visit *visit =
		end_attempt(x, ROW_ATTEMPT_ACCEPTED, ROW_VISIT_SUCCEEDED, &attempt);

	if (!visit)
		return;
	fold_outputs(x, visit, attempt, STR("output"));
	fold_logs(x, visit, attempt);
	fold_gates(x, x->payload, visit->name, attempt->key.a);
	fold_grants(x, x->payload, visit->name);
	fold_labels(x, x->payload, visit->name);
	if (value_get(x->payload, STR("key")))
		fold_cache_add(x, attempt->key.a);
	fold_once_accepted(x);
}

void
fold_attempt_rejected(struct reading *x)
{
	int64_t until = reading_get_number(x, x->payload, "until", 0);
	bool again = value_get(x->payload, STR("until")) != NULL;
	struct fold_attempt *attempt;
	struct fold_visit *visit = end_attempt(x, ROW_ATTEMPT_REJECTED,
		again ? ROW_VISIT_WAITING : ROW_VISIT_FAILED, &attempt);

	if (!visit)
		return;
	visit->until_us = until;
	if (reading_get_flag(x, "tolerated"))
		attempt->flags |= FOLD_TOLERATED;
	visit->due_us = reading_get_number(x, x->payload, "due", 0);
	visit->boot = reading_keep(x, reading_get_text(x, x->payload, "boot"));
	attempt->class = reading_keep(x, reading_get_text(x, x->payload, "class"));
	attempt->message = reading_keep(x, reading_get_text(x, x->payload, "message"));
	fold_outputs(x, visit, attempt, STR("rejected"));
	fold_errors(x, visit, attempt);
	fold_logs(x, visit, attempt);
	fold_gates(x, x->payload, visit->name, attempt->key.a);
	fold_cache_forget(x);
	fold_once_rejected(x, visit, until);
}

void
fold_attempt_interrupted(struct reading *x)
{
	struct fold_attempt *attempt;

	struct fold_visit *visit =
		end_attempt(x, ROW_ATTEMPT_INTERRUPTED, ROW_VISIT_READY, &attempt);

	if (visit && is_of_newest(attempt, visit))
		fold_once_interrupted(x, visit);
}

void
fold_attempt_cancelled(struct reading *x)
{
	struct fold_attempt *attempt;
	struct fold_visit *visit =
		end_attempt(x, ROW_ATTEMPT_CANCELLED, ROW_VISIT_CANCELLED, &attempt);

	if (!visit)
		return;
	fold_logs(x, visit, attempt);
	fold_gates(x, x->payload, visit->name, attempt->key.a);
}

/* The workspace is no table. */
void
fold_apply_intent(struct reading *x)
{
	if (need_attempt(x))
		(void)reading_need_object(x, x->payload, "write_set");
}

void
fold_apply_done(struct reading *x)
{
	if (need_attempt(x))
		(void)reading_need_text(x, x->payload, "outcome");
}
