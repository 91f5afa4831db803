#include "store/run.h"

#include "base/memory.h"
#include "store/handle.h"
#include "store/rows.h"
#include "store/run_lock.h"
#include "store/states.h"

#include <stdio.h>

#define PREFIX_LEAST 4
#define NAMED_MOST 4

static void
look_for_holder(const struct store *store, struct run_row *row)
{
	row->held = !row->ended_us &&
		run_lock_is_held(store->directory, &row->id, &row->holder_pid);
}

/* Rows of a statement with RUN_COLUMNS, into an array in the arena. */
static int
read_rows(struct store *store, sqlite3_stmt *statement, struct arena *arena,
	struct run_row **ret_rows, size_t *ret_n, struct err *err)
{
	struct run_row *rows = NULL;
	size_t capacity = 0;
	size_t n = 0;
	int r;

	while ((r = db_step(statement, err)) > 0) {
		rows = memory_grow(rows, n, &capacity, sizeof(*rows));
		r = run_row_read(statement, arena, &rows[n], err);
		if (r < 0)
			break;
		look_for_holder(store, &rows[n++]);
	}
	if (r == 0) {
		*ret_rows = ARENA_ARRAY(arena, n, struct run_row);
		if (n)
			memcpy(*ret_rows, rows, n * sizeof(*rows));
		*ret_n = n;
	}
	free(rows);
	return r;
}

int
run_list(struct store *store, uint64_t offset, uint64_t limit, struct arena *arena,
	struct run_row **ret_rows, size_t *ret_n, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r < 0)
		return r;
	r = db_prepare(lease.db,
		"SELECT " RUN_COLUMNS
		" FROM runs WHERE number>0 ORDER BY number DESC LIMIT ?1 OFFSET ?2",
		&statement, err);
	if (r == 0) {
		db_bind_int(statement, 1, limit ? (int64_t)MIN(limit, INT64_MAX) : -1);
		db_bind_int(statement, 2, (int64_t)MIN(offset, INT64_MAX));
		r = read_rows(store, statement, arena, ret_rows, ret_n, err);
	}
	return r;
}

/* The least and the greatest id with the prefix; false where it is none. */
static bool
parse_prefix(struct str text, struct uuid *least, struct uuid *greatest, size_t *ret_digits)
{
	size_t digits = 0;

	memset(least->bytes, 0, sizeof(least->bytes));
	memset(greatest->bytes, 0xFF, sizeof(greatest->bytes));
	for (size_t i = 0; i < text.n; i++) {
		static const char hex[] = "0123456789abcdef";
		const char *found = text.p[i] ? strchr(hex, text.p[i] | 0x20) : NULL;
		unsigned shift = digits % 2 ? 0 : 4;
		unsigned digit;

		if (text.p[i] == '-')
			continue;
		if (!found || digits == 2 * sizeof(least->bytes))
			return false;
		digit = (unsigned)(found - hex);
		least->bytes[digits / 2] |= (uint8_t)(digit << shift);
		greatest->bytes[digits / 2] &= (uint8_t)(digit << shift | 0xFU << (4 - shift));
		digits++;
	}
	*ret_digits = digits;
	return true;
}

static int
refuse_prefix(struct str text, const struct run_row *rows, size_t n, struct err *err)
{
	AUTO_BUF struct buf names = BUF_INIT(512);
	char id[UUID_TEXT_SIZE];

	if (n == 0)
		return err_set(err, ERR_NOT_FOUND,
			"there is no run %.*s; `lily run list` shows all",
			(int)MIN(text.n, 100), text.p);
	for (size_t i = 0; i < MIN(n, NAMED_MOST - 1); i++)
		buf_printf(&names, "%s%s", i ? ", " : "", uuid_to_text(&rows[i].id, id));
	return err_set(err, ERR_INVALID, "several runs begin with %.*s: %s%s; give more of it",
		(int)MIN(text.n, 100), text.p, buf_cstr(&names), n == NAMED_MOST ? ", …" : "");
}

static int
find_last(struct store *store, struct arena *arena, struct run_row *ret_row, struct err *err)
{
	struct run_row *rows;
	size_t n;
	int r = run_list(store, 0, 1, arena, &rows, &n, err);

	if (r == 0 && n == 0)
		r = err_set(err, ERR_NOT_FOUND, "there is no run yet");
	if (r == 0)
		*ret_row = rows[0];
	return r;
}

static int
find_prefix(struct store *store, const struct uuid *least, const struct uuid *greatest,
	struct arena *arena, struct run_row **ret_rows, size_t *ret_n, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r < 0)
		return r;
	r = db_prepare(lease.db,
		"SELECT " RUN_COLUMNS
		" FROM runs WHERE id BETWEEN ?1 AND ?2 AND number>0 ORDER BY id DESC LIMIT ?3",
		&statement, err);
	if (r == 0) {
		db_bind_bytes(statement, 1, least->bytes, sizeof(least->bytes));
		db_bind_bytes(statement, 2, greatest->bytes, sizeof(greatest->bytes));
		db_bind_int(statement, 3, NAMED_MOST);
		r = read_rows(store, statement, arena, ret_rows, ret_n, err);
	}
	return r;
}

int
run_find(struct store *store, struct str text, struct arena *arena, struct run_row *ret_row,
	struct err *err)
{
	struct uuid least;
	struct uuid greatest;
	struct run_row *rows;
	size_t digits;
	size_t n;
	int r;

	if (!text.n || str_is(text, "@last"))
		return find_last(store, arena, ret_row, err);
	if (!parse_prefix(text, &least, &greatest, &digits))
		return refuse_prefix(text, NULL, 0, err);
	if (digits < PREFIX_LEAST)
		return err_set(err, ERR_INVALID,
			"\"%.*s\" is too short to name a run: give at least %d digits of its "
			"id",
			STR_ARG(text), PREFIX_LEAST);
	r = find_prefix(store, &least, &greatest, arena, &rows, &n, err);
	if (r == 0 && n != 1)
		r = refuse_prefix(text, rows, n, err);
	if (r == 0)
		*ret_row = rows[0];
	return r;
}

int
run_children(struct store *store, const struct uuid *parent, struct arena *arena,
	struct run_row **ret_rows, size_t *ret_n, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(lease.db,
			"SELECT " RUN_COLUMNS " FROM runs WHERE parent=?1 ORDER BY number",
			&statement, err);
	if (r < 0)
		return r;
	db_bind_bytes(statement, 1, parent->bytes, sizeof(parent->bytes));
	return read_rows(store, statement, arena, ret_rows, ret_n, err);
}

int
run_find_succeeded(struct store *store, struct str workflow, struct str step,
	enum run_wanted wanted, int64_t *ret_number, struct uuid *ret_id, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(lease.db,
			"SELECT number, id FROM runs r WHERE workflow=?1 AND status=?2"
			" AND kind<>'judge' AND EXISTS"
			"(SELECT 1 FROM every_visit v WHERE v.run=r.number AND v.name=?3 AND "
			"v.state NOT IN (?4, ?5))"
			" ORDER BY ended DESC, number DESC LIMIT 1",
			&statement, err);
	if (r < 0)
		return r;
	db_bind_text(statement, 1, workflow);
	db_bind_int(statement, 2, ROW_RUN_SUCCEEDED);
	db_bind_text(statement, 3, step);
	/* A state that none has, where any will do. */
	db_bind_int(statement, 4, wanted == RUN_DID_STEP ? ROW_VISIT_SKIPPED : -1);
	db_bind_int(statement, 5, ROW_VISIT_SUPERSEDED);
	r = db_step(statement, err);
	if (r <= 0)
		return r;
	*ret_number = db_column_int(statement, 0);
	r = db_column_uuid(statement, 1, ret_id, err);
	return r < 0 ? r : 1;
}

int
run_find_key(struct store *store, struct str key, struct arena *arena, struct run_row *ret_row,
	struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	struct run_row *rows;
	size_t n = 0;
	int r = reader_lease(store, &lease, err);

	if (r < 0)
		return r;
	r = db_prepare(
		lease.db, "SELECT " RUN_COLUMNS " FROM runs WHERE key=?1", &statement, err);
	if (r == 0) {
		db_bind_text(statement, 1, key);
		r = read_rows(store, statement, arena, &rows, &n, err);
	}
	if (r == 0 && n == 0)
		r = err_set(err, ERR_NOT_FOUND, "no run has the key \"%.*s\"",
			(int)MIN(key.n, 200), key.p);
	if (r == 0)
		*ret_row = rows[0];
	return r;
}

static struct str
text_of(sqlite3_stmt *statement, int at, struct arena *arena)
{
	return arena_str(arena, db_column_text(statement, at));
}

static int
read_visit(sqlite3_stmt *statement, struct arena *arena, struct visit_row *row, struct err *err)
{
	*row = (struct visit_row){
		.step = (uint32_t)db_column_int(statement, 0),
		.visit = (uint32_t)db_column_int(statement, 1),
		.state = row_visit_name(db_column_int(statement, 2)),
		.attempts = (uint32_t)db_column_int(statement, 3),
		.until_us = db_column_int(statement, 4),
		.by = text_of(statement, 5, arena),
		.name = text_of(statement, 6, arena),
		.origin_attempt = (uint32_t)db_column_int(statement, 8),
		.since = (uint32_t)db_column_int(statement, 9),
		.due_us = db_column_int(statement, 10),
		.boot = text_of(statement, 11, arena),
	};
	return row->origin_attempt ? db_column_uuid(statement, 7, &row->origin, err) : 0;
}

int
run_visits(struct store *store, int64_t run, struct arena *arena, struct visit_row **ret_rows,
	size_t *ret_n, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	struct visit_row *rows = NULL;
	size_t capacity = 0;
	size_t n = 0;
	int r = reader_lease(store, &lease, err);

	if (r < 0)
		return r;
	r = db_prepare(lease.db,
		"SELECT step, visit, state, attempts, until, by, name, origin, origin_attempt,"
		" since, due, boot FROM every_visit WHERE run=?1 AND state<>?2"
		" ORDER BY step, visit",
		&statement, err);
	if (r == 0) {
		db_bind_int(statement, 1, run);
		db_bind_int(statement, 2, ROW_VISIT_SUPERSEDED);
	}
	while (r == 0 && (r = db_step(statement, err)) > 0) {
		rows = memory_grow(rows, n, &capacity, sizeof(*rows));
		r = read_visit(statement, arena, &rows[n++], err);
	}
	if (r == 0) {
		*ret_rows = ARENA_ARRAY(arena, n, struct visit_row);
		if (n)
			memcpy(*ret_rows, rows, n * sizeof(*rows));
		*ret_n = n;
	}
	free(rows);
	return r;
}
