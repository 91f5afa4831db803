#include "store/run.h"

#include "base/memory.h"
#include "store/fold_rows.h"
#include "store/handle.h"
#include "store/rows.h"
#include "store/states.h"

static struct str
text_of(sqlite3_stmt *statement, int at, struct arena *arena)
{
	return arena_str(arena, db_column_text(statement, at));
}

static int
read_row(sqlite3_stmt *statement, struct arena *arena, struct attempt_row *row, struct err *err)
{
	int64_t flags = db_column_int(statement, 12);

	*row = (struct attempt_row){
		.number = (uint32_t)db_column_int(statement, 0),
		.step = (uint32_t)db_column_int(statement, 1),
		.name = text_of(statement, 2, arena),
		.visit = (uint32_t)db_column_int(statement, 3),
		.try_number = (uint32_t)db_column_int(statement, 4),
		.state = row_attempt_name(db_column_int(statement, 5)),
		.submitted_us = db_column_int(statement, 6),
		.started_us = db_column_int(statement, 7),
		.ended_us = db_column_int(statement, 8),
		.pid = db_column_int(statement, 9),
		.has_exit = !db_column_is_null(statement, 10),
		.exit_code = (int)db_column_int(statement, 10),
		.signal = (int)db_column_int(statement, 11),
		.timed_out = (flags & FOLD_TIMED_OUT) != 0,
		.out_of_memory = (flags & FOLD_OUT_OF_MEMORY) != 0,
		.tolerated = (flags & FOLD_TOLERATED) != 0,
		.cpu_us = db_column_int(statement, 13),
		.max_rss_kib = db_column_int(statement, 14),
		.has_log = !db_column_is_null(statement, 15),
		.log_size = (uint64_t)db_column_int(statement, 16),
		.stdout_size = (uint64_t)db_column_int(statement, 17),
		.stderr_size = (uint64_t)db_column_int(statement, 18),
		.class = text_of(statement, 19, arena),
		.message = text_of(statement, 20, arena),
		.handle = text_of(statement, 21, arena),
		.inputs = text_of(statement, 22, arena),
		.pools = text_of(statement, 23, arena),
		.once = text_of(statement, 24, arena),
		.kept_attempt = (uint32_t)db_column_int(statement, 26),
	};
	if (row->kept_attempt && !uuid_parse(db_column_text(statement, 25), &row->kept_run))
		return err_set(
			err, ERR_CORRUPT, "attempt %u names a run that is none", row->number);
	return row->has_log ? db_column_digest(statement, 15, &row->log, err) : 0;
}

static int
prepare(sqlite3 *db, int64_t run, uint32_t step, sqlite3_stmt **statement, struct err *err)
{
	int r = db_prepare(db,
		step == STORE_ALL ? ATTEMPT_ROWS " ORDER BY a.number"
				  : ATTEMPT_ROWS " AND a.step=?2 ORDER BY a.number",
		statement, err);

	if (r < 0)
		return r;
	db_bind_int(*statement, 1, run);
	if (step != STORE_ALL)
		db_bind_int(*statement, 2, step);
	return 0;
}

int
attempt_rows_read(sqlite3_stmt *statement, struct arena *arena, struct attempt_row **ret_rows,
	size_t *ret_n, struct err *err)
{
	struct attempt_row *rows = NULL;
	size_t capacity = 0;
	size_t n = 0;
	int r = 0;

	while (r == 0 && (r = db_step(statement, err)) > 0) {
		rows = memory_grow(rows, n, &capacity, sizeof(*rows));
		r = read_row(statement, arena, &rows[n++], err);
	}
	if (r == 0) {
		*ret_rows = ARENA_ARRAY(arena, n, struct attempt_row);
		if (n)
			memcpy(*ret_rows, rows, n * sizeof(*rows));
		*ret_n = n;
	}
	free(rows);
	return r;
}

int
run_attempts(struct store *store, int64_t run, uint32_t step, struct arena *arena,
	struct attempt_row **ret_rows, size_t *ret_n, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = prepare(lease.db, run, step, &statement, err);
	return r < 0 ? r : attempt_rows_read(statement, arena, ret_rows, ret_n, err);
}
