#include "store/fold_apply.h"
#include "store/question.h"

int
fold_question_prepare(struct fold *fold, struct err *err)
{
	int r = db_prepare(fold->db,
		"INSERT OR REPLACE INTO questions VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,NULL,'')",
		&fold->put_question, err);

	if (r == 0)
		r = db_prepare(fold->db,
			"UPDATE questions SET state=?3, answer=?4, approval=?5"
			" WHERE run=?1 AND step=?2",
			&fold->close_question, err);
	return r;
}

static struct fold_visit *
need_visit(struct reading *x, int64_t step)
{
	struct str name = reading_need_text(x, x->payload, "step");
	struct fold_visit *visit = fold_visit_get(x, step);

	if (visit && !visit->name.n)
		visit->name = reading_keep(x, name);
	return visit;
}

static int64_t
read_kind(struct reading *x)
{
	struct str name = reading_need_text(x, x->payload, "kind");
	enum question_row_kind kind = QUESTION_ROW_ANSWER;

	if (!question_row_kind_parse(name, &kind))
		reading_refuse(x, "kind", "is none of a question");
	return (int64_t)kind;
}

void
fold_question_opened(struct reading *x)
{
	int64_t step = reading_need_number(x, x->payload, "i", 0, UINT32_MAX - 1);
	struct fold_visit *visit = need_visit(x, step);
	int64_t until = reading_get_number(x, x->payload, "until", 0);
	sqlite3_stmt *put = x->fold->put_question;
	struct digest request = {{0}};

	reading_need_digest(x, x->payload, "request", &request);
	(void)reading_need_object(x, x->payload, "request");
	db_bind_int(put, 1, x->event->run);
	db_bind_int(put, 2, step);
	db_bind_int(put, 3, read_kind(x));
	db_bind_int(put, 4, QUESTION_OPEN);
	db_bind_bytes(put, 5, request.bytes, sizeof(request.bytes));
	db_bind_int(put, 6, x->event->time_us);
	db_bind_int(put, 7, until);
	db_bind_int(put, 8, reading_get_number(x, x->payload, "due", 0));
	db_bind_text(put, 9, reading_get_text(x, x->payload, "boot"));
	if (!x->failure)
		x->failure = db_run(put, x->err);
	if (visit && !x->failure)
		fold_visit_set(x, visit, ROW_VISIT_ASKED);
}

void
fold_question_closed(struct reading *x)
{
	int64_t step = reading_need_number(x, x->payload, "i", 0, UINT32_MAX - 1);
	struct fold_visit *visit = need_visit(x, step);
	sqlite3_stmt *close = x->fold->close_question;
	enum question_state state = QUESTION_OPEN;
	const struct value *approval = value_get(x->payload, STR("approval"));
	const struct fold_origin said = {.role = STR("approval"),
		.producer = visit ? visit->name : STR_EMPTY,
		.producer_kind = STR("human")};
	struct digest answer = {{0}};

	if (!question_state_parse(reading_need_text(x, x->payload, "verdict"), &state) ||
		state == QUESTION_OPEN)
		reading_refuse(x, "verdict", "is none");
	db_bind_int(close, 1, x->event->run);
	db_bind_int(close, 2, step);
	db_bind_int(close, 3, (int64_t)state);
	db_bind_null(close, 4);
	if (value_get(x->payload, STR("answer"))) {
		reading_need_digest(x, x->payload, "answer", &answer);
		(void)reading_need_object(x, x->payload, "answer");
		db_bind_bytes(close, 4, answer.bytes, sizeof(answer.bytes));
	}
	if (approval)
		reading_add_artifact(x, approval, &said);
	db_bind_text(close, 5, approval ? reading_get_text(x, approval, "sha256") : STR_EMPTY);
	if (!x->failure)
		x->failure = db_run(close, x->err);
	/* What was said of an attempt that was held ends it. */
	if (visit && !x->failure)
		fold_visit_set(x, visit,
			value_get(x->payload, STR("n")) ? ROW_VISIT_RUNNING : ROW_VISIT_READY);
}

void
fold_question_forgotten(struct reading *x, int64_t step)
{
	sqlite3_stmt *close = x->fold->close_question;

	if (x->failure)
		return;
	db_bind_int(close, 1, x->event->run);
	db_bind_int(close, 2, step);
	db_bind_int(close, 3, QUESTION_VOID);
	db_bind_null(close, 4);
	db_bind_text(close, 5, STR_EMPTY);
	x->failure = db_run(close, x->err);
}
