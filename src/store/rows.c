#include "store/rows.h"

#include "store/states.h"

static struct str
text_of(sqlite3_stmt *statement, int at, struct arena *arena)
{
	return arena_str(arena, db_column_text(statement, at));
}

int
run_row_read(
	sqlite3_stmt *statement, struct arena *arena, struct run_row *ret_row, struct err *err)
{
	struct run_row row = {0};
	uint64_t *const counters[] = {&row.running, &row.waiting, &row.succeeded, &row.failed,
		&row.blocked, &row.cancelled, &row.attempts};
	int r = db_column_uuid(statement, 1, &row.id, err);

	row.number = db_column_int(statement, 0);
	row.kind = text_of(statement, 2, arena);
	row.status = row_run_name(db_column_int(statement, 3));
	row.workflow = text_of(statement, 4, arena);
	row.source = text_of(statement, 5, arena);
	row.key = text_of(statement, 6, arena);
	row.kernel = text_of(statement, 7, arena);
	row.has_parent = !db_column_is_null(statement, 8);
	if (r == 0 && row.has_parent)
		r = db_column_uuid(statement, 8, &row.parent, err);
	row.created_us = db_column_int(statement, 9);
	row.started_us = db_column_int(statement, 10);
	row.ended_us = db_column_int(statement, 11);
	row.has_plan = !db_column_is_null(statement, 12);
	if (r == 0 && row.has_plan)
		r = db_column_digest(statement, 12, &row.plan, err);
	row.steps = (uint64_t)db_column_int(statement, 13);
	row.seq = (uint64_t)db_column_int(statement, 14);
	if (r == 0)
		r = db_column_digest(statement, 15, &row.head, err);
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		*counters[i] = (uint64_t)db_column_int(statement, 16 + (int)i);
	row.work_order = (uint32_t)db_column_int(statement, 23);
	row.has_work_order = row.work_order != 0;
	row.reason = text_of(statement, 24, arena);
	row.reused = (uint64_t)db_column_int(statement, 25);
	row.adopted = (uint64_t)db_column_int(statement, 26);
	row.skipped = (uint64_t)db_column_int(statement, 27);
	row.stops = (uint32_t)db_column_int(statement, 28);
	/* Nobody knows when a process that was killed ended: its last event is what it left. */
	row.driven_us = db_column_int(statement, 29) +
		MAX(0, db_column_int(statement, 31) - db_column_int(statement, 30));
	row.unknown = (uint64_t)db_column_int(statement, 32);
	if (r == 0)
		*ret_row = row;
	return r;
}

int
run_row_get(sqlite3 *db, int64_t number, struct arena *arena, struct run_row *ret_row,
	struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = db_prepare(
		db, "SELECT " RUN_COLUMNS " FROM runs WHERE number=?1", &statement, err);

	if (r < 0)
		return r;
	db_bind_int(statement, 1, number);
	r = db_step(statement, err);
	if (r == 0)
		return err_set(err, ERR_NOT_FOUND, "no run number %lld", (long long)number);
	return r < 0 ? r : run_row_read(statement, arena, ret_row, err);
}
