#include "store/fold_apply.h"

int
fold_repeat_prepare(struct fold *fold, struct err *err)
{
	/* One that has visits of its own, so that nobody has to look further than there. */
	int r = db_prepare(fold->db,
		"SELECT number FROM runs WHERE id=?1 AND number>0 AND NOT EXISTS"
		" (SELECT 1 FROM repeats WHERE run=number)",
		&fold->find_original, err);

	return r < 0 ? r
		     : db_prepare(fold->db, "INSERT INTO repeats VALUES(?1,?2,?3,?4,?5)",
			       &fold->insert_repeat, err);
}

/* NULL after a failure. */
static struct fold_run *
find_original(struct reading *x)
{
	sqlite3_stmt *find = x->fold->find_original;
	struct fold_run *original = NULL;
	struct uuid id = {{0}};
	int r;

	if (!uuid_parse(reading_need_text(x, x->payload, "like"), &id))
		reading_refuse(x, "like", "is not the id of a run");
	if (x->failure)
		return NULL;
	db_bind_bytes(find, 1, id.bytes, sizeof(id.bytes));
	r = db_step(find, x->err);
	if (r > 0) {
		int64_t number = db_column_int(find, 0);

		(void)sqlite3_reset(find);
		r = fold_rows_run(&x->fold->rows, number, &original, x->err);
	} else if (r == 0) {
		reading_refuse(x, "like", "is no run that has visits of its own");
	}
	if (r < 0)
		x->failure = r;
	return original;
}

void
fold_visits_reused(struct reading *x)
{
	sqlite3_stmt *insert = x->fold->insert_repeat;
	int64_t steps = reading_need_number(x, x->payload, "steps", 1, UINT32_MAX - 1);
	int64_t first = reading_need_number(x, x->payload, "first", 1, UINT32_MAX);
	int64_t artifacts = reading_need_number(x, x->payload, "artifacts", 0, UINT32_MAX);
	const struct fold_run *original = find_original(x);

	if (!original)
		return;
	if (original->status != ROW_RUN_SUCCEEDED)
		reading_refuse(x, "like", "is a run that has not succeeded");
	if (original->visits[ROW_VISIT_REUSED] != (uint64_t)steps)
		reading_refuse(x, "steps", "is not how many that run has reused");
	db_bind_int(insert, 1, x->event->run);
	db_bind_int(insert, 2, original->number);
	db_bind_int(insert, 3, first);
	db_bind_int(insert, 4, artifacts);
	db_bind_int(insert, 5, x->event->time_us);
	if (!x->failure)
		x->failure = db_run(insert, x->err);
	x->run->visits[ROW_VISIT_REUSED] += (uint64_t)steps;
}
