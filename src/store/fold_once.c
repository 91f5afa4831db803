#include "store/fold_apply.h"
#include "store/once.h"

static void
change_key(struct reading *x, struct str key, enum once_state state, struct str note)
{
	sqlite3_stmt *change = x->fold->change_once;

	if (x->failure)
		return;
	db_bind_text(change, 1, key);
	db_bind_int(change, 2, state);
	db_bind_text(change, 3, note);
	x->failure = db_run(change, x->err);
}

void
fold_once_begun(struct reading *x, struct str step, int64_t attempt)
{
	struct str key = reading_get_text(x, x->payload, "once");
	sqlite3_stmt *put = x->fold->put_once;

	if (!key.n || x->failure)
		return;
	db_bind_text(put, 1, key);
	db_bind_int(put, 2, ONCE_OPEN);
	db_bind_int(put, 3, x->event->run);
	db_bind_int(put, 4, attempt);
	db_bind_text(put, 5, step);
	db_bind_text(put, 6, STR_EMPTY);
	x->failure = db_run(put, x->err);
}

void
fold_once_accepted(struct reading *x)
{
	struct str key = reading_get_text(x, x->payload, "once");

	if (key.n)
		change_key(x, key, ONCE_DONE, STR_EMPTY);
}

/* Until somebody says whether it has happened. */
static void
make_unknown(struct reading *x, struct fold_visit *visit, struct str key, int64_t until)
{
	fold_visit_set(x, visit, ROW_VISIT_UNKNOWN);
	visit->by = reading_keep(x, key);
	visit->until_us = until;
}

void
fold_once_rejected(struct reading *x, struct fold_visit *visit, int64_t until)
{
	struct str key = reading_get_text(x, x->payload, "once");
	bool never_ran = str_is(reading_get_text(x, x->payload, "class"), "start");

	if (!key.n)
		return;
	change_key(x, key, never_ran ? ONCE_NOT_DONE : ONCE_OPEN,
		reading_get_text(x, x->payload, "message"));
	if (reading_get_flag(x, "unknown"))
		make_unknown(x, visit, key, until);
}

void
fold_once_interrupted(struct reading *x, struct fold_visit *visit)
{
	struct str key = reading_get_text(x, x->payload, "once");

	if (key.n)
		make_unknown(x, visit, key, x->event->time_us);
}

static struct fold_visit *
need_visit(struct reading *x)
{
	int64_t step = reading_need_number(x, x->payload, "i", 0, UINT32_MAX - 1);
	struct str name = reading_need_text(x, x->payload, "step");
	struct fold_visit *visit = fold_visit_get(x, step);

	if (visit && !visit->name.n)
		visit->name = reading_keep(x, name);
	return visit;
}

void
fold_visit_unknown(struct reading *x)
{
	struct fold_visit *visit = need_visit(x);
	struct str key = reading_need_text(x, x->payload, "once");

	if (visit)
		make_unknown(x, visit, key, x->event->time_us);
}

static void
move_visit(struct reading *x, struct fold_visit *visit, struct str to)
{
	if (!to.n)
		return;
	if (str_is(to, "ready")) {
		fold_visit_set(x, visit, ROW_VISIT_READY);
	} else if (str_is(to, "failed")) {
		fold_visit_set(x, visit, ROW_VISIT_FAILED);
	} else if (str_is(to, "waiting")) {
		fold_visit_set(x, visit, ROW_VISIT_WAITING);
		visit->until_us = reading_get_number(x, x->payload, "until", 0);
	} else {
		reading_refuse(x, "visit", "is not what an unknown visit can become");
	}
}

void
fold_once_judged(struct reading *x)
{
	struct str key = reading_need_text(x, x->payload, "once");
	struct str verdict = reading_need_text(x, x->payload, "verdict");
	struct str note = reading_get_text(x, x->payload, "note");
	struct fold_visit *visit = need_visit(x);

	if (!visit)
		return;
	/* By the key: its row says so already. */
	if (str_is(reading_get_text(x, x->payload, "by"), "key"))
		;
	else if (str_is(verdict, "done"))
		change_key(x, key, ONCE_DONE, note);
	else if (str_is(verdict, "unknown"))
		change_key(x, key, ONCE_OPEN, note);
	else if (str_is(verdict, "not_done"))
		change_key(x, key, ONCE_NOT_DONE, note);
	else
		reading_refuse(x, "verdict", "is none");
	move_visit(x, visit, reading_get_text(x, x->payload, "visit"));
}
