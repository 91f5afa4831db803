#include "store/fold_apply.h"

static void
bind_optional_bytes(sqlite3_stmt *statement, int at, bool present, const void *bytes, size_t n)
{
	if (present)
		db_bind_bytes(statement, at, bytes, n);
	else
		db_bind_null(statement, at);
}

void
fold_run_created(struct reading *x)
{
	static const struct fold_origin given = {.role = {"work_order", 10},
		.producer = {"lily", 4},
		.producer_kind = {"system", 6}};
	const struct value *work_order = value_get(x->payload, STR("work_order"));
	struct str key = reading_get_text(x, x->payload, "key");
	struct str parent_text = reading_get_text(x, x->payload, "parent");
	sqlite3_stmt *insert = x->fold->insert_run;
	struct uuid parent = {{0}};
	struct uuid id = {{0}};
	struct digest zeros = {{0}};

	if (!uuid_parse(reading_need_text(x, x->payload, "id"), &id))
		reading_refuse(x, "id", "is not the id of a run");
	if (parent_text.n && !uuid_parse(parent_text, &parent))
		reading_refuse(x, "parent", "is not the id of a run");
	db_bind_int(insert, 1, x->event->run);
	db_bind_bytes(insert, 2, id.bytes, sizeof(id.bytes));
	db_bind_text(insert, 3, reading_need_text(x, x->payload, "kind"));
	db_bind_text(insert, 4, reading_get_text(x, x->payload, "workflow"));
	db_bind_text(insert, 5, reading_get_text(x, x->payload, "source"));
	bind_optional_bytes(insert, 6, false, NULL, 0);
	if (key.n)
		db_bind_text(insert, 6, key);
	db_bind_text(insert, 7, reading_get_text(x, x->payload, "kernel"));
	bind_optional_bytes(insert, 8, parent_text.n > 0, parent.bytes, sizeof(parent.bytes));
	db_bind_int(insert, 9, x->event->time_us);
	db_bind_bytes(insert, 10, zeros.bytes, sizeof(zeros.bytes));
	db_bind_int(
		insert, 11, work_order ? reading_get_number(x, work_order, "artifact", 0) : 0);
	if (!x->failure)
		x->failure = db_run(insert, x->err);
	if (!x->failure && work_order)
		reading_add_artifact(x, work_order, &given);
}

void
fold_run_planned(struct reading *x)
{
	static const struct fold_origin given = {
		.role = {"input", 5}, .producer = {"lily", 4}, .producer_kind = {"system", 6}};
	sqlite3_stmt *update = x->fold->plan_run;
	struct digest plan = {{0}};

	reading_need_digest(x, x->payload, "plan", &plan);
	(void)reading_need_object(x, x->payload, "plan");
	db_bind_int(update, 1, x->event->run);
	db_bind_bytes(update, 2, plan.bytes, sizeof(plan.bytes));
	db_bind_int(update, 3, reading_need_number(x, x->payload, "steps", 0, UINT32_MAX));
	db_bind_text(update, 4, reading_get_text(x, x->payload, "workflow"));
	if (!x->failure)
		x->failure = db_run(update, x->err);
	reading_add_artifacts(x, "inputs", &given);
	x->run->status_changed = true;
}

void
fold_run_running(struct reading *x)
{
	if (x->run->turn_us)
		x->run->driven_us += MAX(0, x->run->latest_us - x->run->turn_us);
	x->run->turn_us = x->event->time_us;
	x->run->status = ROW_RUN_RUNNING;
	if (!x->run->started_us)
		x->run->started_us = x->event->time_us;
	x->run->status_changed = true;
}

void
fold_run_waiting(struct reading *x)
{
	x->run->status = ROW_RUN_PAUSED;
	x->run->status_changed = true;
}

static void
set_reason(struct reading *x)
{
	struct str reason = reading_get_text(x, x->payload, "reason");

	if (!reason.n || x->failure)
		return;
	db_bind_int(x->fold->reason_run, 1, x->event->run);
	db_bind_text(x->fold->reason_run, 2, reason);
	x->failure = db_run(x->fold->reason_run, x->err);
}

void
fold_run_finished(struct reading *x)
{
	static const struct fold_origin made = {
		.role = {"output", 6}, .producer = {"lily", 4}, .producer_kind = {"system", 6}};
	enum row_run status = ROW_RUN_FAILED;

	if (!row_run_parse_end(reading_need_text(x, x->payload, "status"), &status))
		reading_refuse(x, "status", "is not how a run can end");
	set_reason(x);
	reading_add_artifacts(x, "made", &made);
	x->run->status = status;
	x->run->ended_us = x->event->time_us;
	x->run->status_changed = true;
}

/* A fact for what comes then; the run's row says the same when it has ended. */
void
fold_run_finally(struct reading *x)
{
	enum row_run status;

	if (!row_run_parse_end(reading_need_text(x, x->payload, "status"), &status))
		reading_refuse(x, "status", "is not how a run can end");
}

/* What the program wrote is an artifact; all else is a fact for readers. */
void
fold_run_notified(struct reading *x)
{
	static const struct fold_origin wrote = {
		.role = {"log", 3}, .producer = {"notify", 6}, .producer_kind = {"tool", 4}};
	const struct value *log = value_get(x->payload, STR("log"));

	(void)reading_need_text(x, x->payload, "event");
	(void)reading_need_number(x, x->payload, "after", 1, INT64_MAX);
	(void)reading_need_number(x, x->payload, "n", 1, UINT32_MAX);
	if (log)
		reading_add_artifact(x, log, &wrote);
}

void
fold_artifact_put(struct reading *x)
{
	static const struct fold_origin put = {
		.role = {"put", 3}, .producer = {"lily", 4}, .producer_kind = {"system", 6}};

	reading_add_artifact(x, x->payload, &put);
}

void
fold_run_cancelling(struct reading *x)
{
	x->run->stops |= RUN_STOP_CANCEL;
	if (reading_get_flag(x, "finally"))
		x->run->stops |= RUN_STOP_FINALLY;
	set_reason(x);
}

void
fold_run_exhausted(struct reading *x)
{
	static const struct {
		const char *bound;
		enum run_stop stop;
	} stops[] = {{"attempts", RUN_STOP_ATTEMPTS}, {"transitions", RUN_STOP_TRANSITIONS},
		{"wall", RUN_STOP_WALL}};
	struct str bound = reading_need_text(x, x->payload, "bound");
	uint32_t before = x->run->stops;

	for (size_t i = 0; i < ARRAY_SIZE(stops); i++)
		if (str_is(bound, stops[i].bound))
			x->run->stops |= stops[i].stop;
	if (x->run->stops == before)
		reading_refuse(x, "bound", "is no bound that was not reached before");
	set_reason(x);
}

/* What follows from it is in the event that rejects the attempt. */
void
fold_route_decided(struct reading *x)
{
	(void)reading_need_number(x, x->payload, "n", 1, UINT32_MAX - 1);
	(void)reading_need_number(x, x->payload, "i", 0, UINT32_MAX - 1);
	(void)reading_need_text(x, x->payload, "rule");
	(void)reading_need_text(x, x->payload, "action");
}

/* The store's own chain: its facts are about runs, whose rows say the same already. */
void
fold_run_closed(struct reading *x)
{
	struct digest head;

	(void)reading_need_text(x, x->payload, "run");
	reading_need_digest(x, x->payload, "head", &head);
}
