#include "store/fold_rows.h"

#include "base/memory.h"

static const char *const statements_sql[] = {
	[FOLD_GET_RUN] =
		"SELECT id, status, started, ended, seq, head, running, waiting,"
		" succeeded, failed, blocked, cancelled, reused, adopted, skipped, unknown,"
		" attempts, stops, driven, turn, latest FROM runs"
		" WHERE number=?1",
	[FOLD_PUT_RUN] = "UPDATE runs SET status=?2, started=?3, ended=?4, seq=?5, head=?6,"
			 " running=?7, waiting=?8, succeeded=?9, failed=?10, blocked=?11,"
			 " cancelled=?12, reused=?13, adopted=?14, skipped=?15, unknown=?16, "
			 "attempts=?17,"
			 " stops=?18, driven=?19, turn=?20, latest=?21 WHERE number=?1",
	[FOLD_GET_VISIT] = "SELECT state, attempts, until, by, name, origin, origin_attempt,"
			   " since, due, boot, visit FROM visits WHERE run=?1 AND step=?2",
	[FOLD_PUT_VISIT] = "INSERT OR REPLACE INTO visits VALUES(?1,?2,?3,?4,?5,?6,?7,?8,"
			   "?9,?10,?11,?12,?13)",
	[FOLD_NEXT_VISIT] = "UPDATE visits SET visit=?3 WHERE run=?1 AND step=?2",
	[FOLD_GET_ATTEMPT] = "SELECT step, visit, try, state, event, submitted, started, ended,"
			     " pid, exit, signal, flags, cpu, rss, log, log_size, stdout,"
			     " stderr, class, message FROM attempts"
			     " WHERE run=?1 AND number=?2",
	[FOLD_PUT_ATTEMPT] = "INSERT OR REPLACE INTO attempts VALUES(?1,?2,?3,?4,?5,?6,?7,?8,"
			     "?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22)",
	[FOLD_ADD_ATTEMPT] = "INSERT INTO attempts VALUES(?1,?2,?3,?4,?5,?6,?7,?8,"
			     "?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22)",
};

/* The states that the row of a run counts, in the order of its columns. */
static const enum row_visit counted[] = {ROW_VISIT_RUNNING, ROW_VISIT_WAITING,
	ROW_VISIT_SUCCEEDED, ROW_VISIT_FAILED, ROW_VISIT_BLOCKED, ROW_VISIT_CANCELLED,
	ROW_VISIT_REUSED, ROW_VISIT_ADOPTED, ROW_VISIT_SKIPPED, ROW_VISIT_UNKNOWN};

int
fold_rows_init(struct fold_rows *rows, sqlite3 *db, struct err *err)
{
	*rows = (struct fold_rows){.arena = ARENA_INIT, .by_key = MAP_INIT};
	for (size_t i = 0; i < FOLD_STATEMENTS; i++) {
		int r = db_prepare(db, statements_sql[i], &rows->statements[i], err);

		if (r < 0) {
			fold_rows_done(rows);
			return r;
		}
	}
	return 0;
}

static void
forget(struct fold_rows *rows)
{
	map_done(&rows->by_key);
	arena_reset(&rows->arena);
	rows->n = 0;
	rows->last_run = NULL;
}

void
fold_rows_done(struct fold_rows *rows)
{
	for (size_t i = 0; i < FOLD_STATEMENTS; i++) {
		(void)sqlite3_finalize(rows->statements[i]);
		rows->statements[i] = NULL;
	}
	forget(rows);
	arena_done(&rows->arena);
	free(rows->rows);
	rows->rows = NULL;
	rows->capacity = 0;
}

static struct str
key_text(const struct fold_key *key)
{
	return (struct str){(const char *)key, sizeof(*key)};
}

static struct fold_key *
find(const struct fold_rows *rows, const struct fold_key *key)
{
	uint32_t at = map_get(&rows->by_key, key_text(key));

	return at == MAP_NONE ? NULL : rows->rows[at];
}

static void
add(struct fold_rows *rows, struct fold_key *row)
{
	rows->rows = memory_grow(rows->rows, rows->n, &rows->capacity, sizeof(*rows->rows));
	rows->rows[rows->n] = row;
	(void)map_add(&rows->by_key, key_text(row), (uint32_t)rows->n);
	rows->n++;
}

static int
read_run(sqlite3_stmt *statement, struct fold_run *run, struct err *err)
{
	int r = db_column_uuid(statement, 0, &run->id, err);

	run->status = (enum row_run)db_column_int(statement, 1);
	run->started_us = db_column_int(statement, 2);
	run->ended_us = db_column_int(statement, 3);
	run->seq = (uint64_t)db_column_int(statement, 4);
	if (r == 0)
		r = db_column_digest(statement, 5, &run->head, err);
	for (size_t i = 0; i < ARRAY_SIZE(counted); i++)
		run->visits[counted[i]] = (uint64_t)db_column_int(statement, 6 + (int)i);
	run->attempts = (uint64_t)db_column_int(statement, 16);
	run->stops = (uint32_t)db_column_int(statement, 17);
	run->driven_us = db_column_int(statement, 18);
	run->turn_us = db_column_int(statement, 19);
	run->latest_us = db_column_int(statement, 20);
	return r;
}

int
fold_rows_run(struct fold_rows *rows, int64_t run, struct fold_run **ret_run, struct err *err)
{
	struct fold_key key = {.table = FOLD_RUNS, .run = run};
	sqlite3_stmt *statement = rows->statements[FOLD_GET_RUN];
	struct fold_run_row *row = rows->last_run;
	int r;

	if (!row || row->key.run != run)
		row = (struct fold_run_row *)(void *)find(rows, &key);
	if (!row) {
		db_bind_int(statement, 1, run);
		r = db_step(statement, err);
		if (r == 0)
			return err_set(
				err, ERR_NOT_FOUND, "no run number %lld", (long long)run);
		if (r < 0)
			return r;
		row = ARENA_NEW(&rows->arena, struct fold_run_row);
		row->key = key;
		row->run.number = run;
		r = read_run(statement, &row->run, err);
		(void)sqlite3_reset(statement);
		if (r < 0)
			return r;
		add(rows, &row->key);
	}
	rows->last_run = row;
	*ret_run = &row->run;
	return 0;
}

static struct str
column_copy(struct fold_rows *rows, sqlite3_stmt *statement, int at)
{
	struct str text = db_column_text(statement, at);

	return text.n ? arena_str(&rows->arena, text) : STR_EMPTY;
}

static void
read_attempt(struct fold_rows *rows, sqlite3_stmt *statement, struct fold_attempt *attempt)
{
	int64_t *const numbers[] = {&attempt->event, &attempt->submitted_us,
		&attempt->started_us, &attempt->ended_us, &attempt->pid, &attempt->exit_code,
		&attempt->signal, &attempt->flags, &attempt->cpu_us, &attempt->rss_kib,
		&attempt->log, &attempt->log_size, &attempt->stdout_size,
		&attempt->stderr_size};

	attempt->step = db_column_int(statement, 0);
	attempt->visit = db_column_int(statement, 1);
	attempt->try_number = db_column_int(statement, 2);
	attempt->state = (enum row_attempt)db_column_int(statement, 3);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		*numbers[i] = db_column_int(statement, 4 + (int)i);
	attempt->has_exit = !db_column_is_null(statement, 9);
	attempt->class = column_copy(rows, statement, 18);
	attempt->message = column_copy(rows, statement, 19);
}

int
fold_rows_attempt(struct fold_rows *rows, int64_t run, uint32_t number,
	struct fold_attempt **ret_attempt, struct err *err)
{
	struct fold_key key = {.table = FOLD_ATTEMPTS, .a = number, .run = run};
	struct fold_attempt *attempt = (struct fold_attempt *)(void *)find(rows, &key);
	sqlite3_stmt *statement = rows->statements[FOLD_GET_ATTEMPT];
	int r;

	if (!attempt) {
		db_bind_int(statement, 1, run);
		db_bind_int(statement, 2, number);
		r = db_step(statement, err);
		if (r == 0)
			return err_set(err, ERR_INVALID, "no attempt %u was submitted", number);
		if (r < 0)
			return r;
		attempt = ARENA_NEW(&rows->arena, struct fold_attempt);
		attempt->key = key;
		read_attempt(rows, statement, attempt);
		(void)sqlite3_reset(statement);
		add(rows, &attempt->key);
	}
	*ret_attempt = attempt;
	return 0;
}

int
fold_rows_new_attempt(struct fold_rows *rows, int64_t run, uint32_t number,
	struct fold_attempt **ret_attempt, struct err *err)
{
	struct fold_key key = {.table = FOLD_ATTEMPTS, .a = number, .run = run};
	struct fold_attempt *attempt;

	if (find(rows, &key))
		return err_set(err, ERR_INVALID, "attempt %u was submitted before", number);
	attempt = ARENA_NEW(&rows->arena, struct fold_attempt);
	attempt->key = key;
	attempt->is_new = true;
	attempt->class = attempt->message = STR_EMPTY;
	add(rows, &attempt->key);
	*ret_attempt = attempt;
	return 0;
}

static int
read_visit(struct fold_rows *rows, sqlite3_stmt *statement, struct fold_visit *visit,
	struct err *err)
{
	visit->stored = true;
	visit->state = (enum row_visit)db_column_int(statement, 0);
	visit->attempts = db_column_int(statement, 1);
	visit->until_us = db_column_int(statement, 2);
	visit->by = column_copy(rows, statement, 3);
	visit->name = column_copy(rows, statement, 4);
	visit->origin_attempt = db_column_int(statement, 6);
	visit->since = db_column_int(statement, 7);
	visit->due_us = db_column_int(statement, 8);
	visit->boot = column_copy(rows, statement, 9);
	visit->number = db_column_int(statement, 10);
	return db_column_is_null(statement, 5)
		? 0
		: db_column_uuid(statement, 5, &visit->origin, err);
}

int
fold_rows_visit(struct fold_rows *rows, int64_t run, uint32_t step,
	struct fold_visit **ret_visit, struct err *err)
{
	struct fold_key key = {.table = FOLD_VISITS, .a = step, .run = run};
	struct fold_visit *visit = (struct fold_visit *)(void *)find(rows, &key);
	sqlite3_stmt *statement = rows->statements[FOLD_GET_VISIT];
	int r;

	if (!visit) {
		db_bind_int(statement, 1, run);
		db_bind_int(statement, 2, step);
		r = db_step(statement, err);
		if (r < 0)
			return r;
		visit = ARENA_NEW(&rows->arena, struct fold_visit);
		visit->key = key;
		visit->number = 1;
		visit->by = visit->name = visit->boot = STR_EMPTY;
		if (r > 0) {
			r = read_visit(rows, statement, visit, err);
			(void)sqlite3_reset(statement);
		}
		if (r < 0)
			return r;
		add(rows, &visit->key);
	}
	*ret_visit = visit;
	return 0;
}

static int
put_run(sqlite3_stmt *statement, const struct fold_run *run, struct err *err)
{
	db_bind_int(statement, 1, run->number);
	db_bind_int(statement, 2, run->status);
	db_bind_int(statement, 3, run->started_us);
	db_bind_int(statement, 4, run->ended_us);
	db_bind_int(statement, 5, (int64_t)run->seq);
	db_bind_bytes(statement, 6, run->head.bytes, sizeof(run->head.bytes));
	for (size_t i = 0; i < ARRAY_SIZE(counted); i++)
		db_bind_int(statement, 7 + (int)i, (int64_t)run->visits[counted[i]]);
	db_bind_int(statement, 17, (int64_t)run->attempts);
	db_bind_int(statement, 18, run->stops);
	db_bind_int(statement, 19, run->driven_us);
	db_bind_int(statement, 20, run->turn_us);
	db_bind_int(statement, 21, run->latest_us);
	return db_run(statement, err);
}

static void
bind_optional(sqlite3_stmt *statement, int at, struct str text)
{
	if (text.n)
		db_bind_text(statement, at, text);
	else
		db_bind_null(statement, at);
}

/* Of each step the newest visit has a row: the one before is what its attempts and events say of it. */
static int
next_visit(sqlite3_stmt *statement, const struct fold_visit *visit, struct err *err)
{
	db_bind_int(statement, 1, visit->key.run);
	db_bind_int(statement, 2, visit->key.a);
	db_bind_int(statement, 3, visit->number);
	return db_run(statement, err);
}

static int
put_visit(sqlite3_stmt *statement, const struct fold_visit *visit, struct err *err)
{
	db_bind_int(statement, 1, visit->key.run);
	db_bind_int(statement, 2, visit->key.a);
	db_bind_int(statement, 3, visit->number);
	db_bind_int(statement, 4, visit->state);
	db_bind_int(statement, 5, visit->attempts);
	db_bind_int(statement, 6, visit->until_us);
	bind_optional(statement, 7, visit->by);
	db_bind_text(statement, 8, visit->name);
	if (visit->origin_attempt)
		db_bind_bytes(statement, 9, visit->origin.bytes, sizeof(visit->origin.bytes));
	else
		db_bind_null(statement, 9);
	db_bind_int(statement, 10, visit->origin_attempt);
	db_bind_int(statement, 11, visit->since);
	db_bind_int(statement, 12, visit->due_us);
	bind_optional(statement, 13, visit->boot);
	return db_run(statement, err);
}

static int
put_attempt(sqlite3_stmt *statement, const struct fold_attempt *attempt, struct err *err)
{
	const int64_t numbers[] = {attempt->key.run, attempt->key.a, attempt->step,
		attempt->visit, attempt->try_number, attempt->state, attempt->event,
		attempt->submitted_us, attempt->started_us, attempt->ended_us, attempt->pid,
		attempt->exit_code, attempt->signal, attempt->flags, attempt->cpu_us,
		attempt->rss_kib, attempt->log, attempt->log_size, attempt->stdout_size,
		attempt->stderr_size};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		db_bind_int(statement, 1 + (int)i, numbers[i]);
	if (!attempt->has_exit)
		db_bind_null(statement, 12);
	bind_optional(statement, 21, attempt->class);
	bind_optional(statement, 22, attempt->message);
	return db_run(statement, err);
}

static int
put(struct fold_rows *rows, const struct fold_key *row, struct err *err)
{
	const void *p = row;
	const struct fold_attempt *attempt = p;
	const struct fold_visit *visit = p;
	int r = 0;

	switch ((enum fold_table)row->table) {
	case FOLD_RUNS:
		return put_run(rows->statements[FOLD_PUT_RUN],
			&((const struct fold_run_row *)p)->run, err);
	case FOLD_VISITS:
		if (visit->is_next)
			r = next_visit(rows->statements[FOLD_NEXT_VISIT], visit, err);
		return r < 0 ? r : put_visit(rows->statements[FOLD_PUT_VISIT], visit, err);
	case FOLD_ATTEMPTS:
		return put_attempt(
			rows->statements[attempt->is_new ? FOLD_ADD_ATTEMPT : FOLD_PUT_ATTEMPT],
			attempt, err);
	case FOLD_TABLES: break;
	}
	BUG("a row of no table");
}

int
fold_rows_flush(struct fold_rows *rows, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < rows->n; i++)
		r = put(rows, rows->rows[i], err);
	forget(rows);
	return r;
}
