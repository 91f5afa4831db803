#include "store/question.h"

#include "base/memory.h"
#include "store/handle.h"
#include "store/states.h"

#include <stdio.h>

#define X(name, text) text,
static const char *const state_names[] = {QUESTION_STATES(X)};
static const char *const kind_names[] = {QUESTION_ROW_KINDS(X)};
#undef X

const char *
question_state_name(enum question_state state)
{
	return (unsigned)state < ARRAY_SIZE(state_names) ? state_names[state] : "?";
}

const char *
question_row_kind_name(enum question_row_kind kind)
{
	return (unsigned)kind < ARRAY_SIZE(kind_names) ? kind_names[kind] : "?";
}

bool
question_state_parse(struct str name, enum question_state *ret_state)
{
	ptrdiff_t index = str_index(name, state_names, ARRAY_SIZE(state_names));

	if (index >= 0)
		*ret_state = (enum question_state)index;
	return index >= 0;
}

bool
question_row_kind_parse(struct str name, enum question_row_kind *ret_kind)
{
	ptrdiff_t index = str_index(name, kind_names, ARRAY_SIZE(kind_names));

	if (index >= 0)
		*ret_kind = (enum question_row_kind)index;
	return index >= 0;
}

#define COLUMNS                                                                          \
	"q.run, r.id, r.workflow, q.step, v.name, q.kind, q.state, q.request, q.opened," \
	" q.until, q.due, q.boot, q.answer, q.approval"
#define TABLES                           \
	" FROM questions q"              \
	" JOIN runs r ON r.number=q.run" \
	" JOIN visits v ON v.run=q.run AND v.step=q.step"

static int
read_row(
	sqlite3_stmt *statement, struct arena *arena, struct question_row *row, struct err *err)
{
	int r = db_column_uuid(statement, 1, &row->run_id, err);

	row->run = db_column_int(statement, 0);
	row->workflow = arena_str(arena, db_column_text(statement, 2));
	row->step = (uint32_t)db_column_int(statement, 3);
	row->name = arena_str(arena, db_column_text(statement, 4));
	row->kind = (enum question_row_kind)db_column_int(statement, 5);
	row->state = (enum question_state)db_column_int(statement, 6);
	if (r == 0)
		r = db_column_digest(statement, 7, &row->request, err);
	row->opened_us = db_column_int(statement, 8);
	row->until_us = db_column_int(statement, 9);
	row->due_us = db_column_int(statement, 10);
	row->boot = arena_str(arena, db_column_text(statement, 11));
	row->has_answer = !db_column_is_null(statement, 12);
	if (r == 0 && row->has_answer)
		r = db_column_digest(statement, 12, &row->answer, err);
	row->approval = arena_str(arena, db_column_text(statement, 13));
	return r;
}

static int
read_rows(sqlite3_stmt *statement, struct arena *arena, struct question_row **ret_rows,
	size_t *ret_n, struct err *err)
{
	struct question_row *rows = NULL;
	size_t capacity = 0;
	size_t n = 0;
	int r;

	while ((r = db_step(statement, err)) > 0) {
		rows = memory_grow(rows, n, &capacity, sizeof(*rows));
		rows[n] = (struct question_row){0};
		r = read_row(statement, arena, &rows[n++], err);
		if (r < 0)
			break;
	}
	if (r == 0) {
		*ret_rows = ARENA_ARRAY(arena, n, struct question_row);
		if (n)
			memcpy(*ret_rows, rows, n * sizeof(*rows));
		*ret_n = n;
	}
	free(rows);
	return r;
}

static int
list(struct store *store, const char *sql, int64_t run, struct arena *arena,
	struct question_row **ret_rows, size_t *ret_n, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(lease.db, sql, &statement, err);
	if (r < 0)
		return r;
	db_bind_int(statement, 1, run);
	return read_rows(statement, arena, ret_rows, ret_n, err);
}

int
question_list(struct store *store, int64_t run, struct arena *arena,
	struct question_row **ret_rows, size_t *ret_n, struct err *err)
{
	return list(store, "SELECT " COLUMNS TABLES " WHERE q.run=?1 ORDER BY q.step", run,
		arena, ret_rows, ret_n, err);
}

int
question_list_open(struct store *store, struct arena *arena, struct question_row **ret_rows,
	size_t *ret_n, struct err *err)
{
	char sql[640];

	/* The state of the visit says it, too: what was cancelled is asked no more. */
	(void)snprintf(sql, sizeof(sql),
		"SELECT " COLUMNS TABLES " WHERE q.state=0 AND v.state=%d AND r.status<>?1"
		" AND r.status NOT IN (%d, %d, %d) ORDER BY q.opened, q.run, q.step",
		(int)ROW_VISIT_ASKED, (int)ROW_RUN_SUCCEEDED, (int)ROW_RUN_FAILED,
		(int)ROW_RUN_CANCELLED);
	return list(store, sql, -1, arena, ret_rows, ret_n, err);
}
