#include "store/once.h"

#include "base/file.h"
#include "store/handle.h"
#include "store/states.h"

#include <errno.h>
#include <fcntl.h>

#define LOCK_FILE "once.lock"
#define LINE_MAX_RUNS 100000

/* Where in the file the lock of a key is: off_t is signed, and a range must end within it. */
static off_t
offset_of(struct str key)
{
	struct digest digest;
	uint64_t offset = 0;

	digest_of(key.p, key.n, &digest);
	for (size_t i = 0; i < 8; i++)
		offset = offset << 8 | digest.bytes[i];
	return (off_t)(offset >> 2);
}

int
once_lock(struct store *store, struct str key, int *ret_lock, struct err *err)
{
	struct flock byte = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset_of(key), .l_len = 1};
	AUTO_CLOSE int lock =
		openat(store->directory, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (lock < 0)
		return err_sys(err, "open " LOCK_FILE);
	if (fcntl(lock, F_OFD_SETLK, &byte) != 0)
		return errno == EAGAIN || errno == EACCES ? 0 : err_sys(err, "lock " LOCK_FILE);
	*ret_lock = fd_take(&lock);
	return 1;
}

int
once_find(struct store *store, struct str key, struct arena *arena, struct once_row *ret_row,
	struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(lease.db,
			"SELECT o.state, o.run, r.id, o.attempt, o.step, o.note FROM once_keys "
			"o"
			" JOIN runs r ON r.number=o.run WHERE o.key=?1",
			&statement, err);
	if (r < 0)
		return r;
	db_bind_text(statement, 1, key);
	r = db_step(statement, err);
	if (r <= 0) {
		*ret_row = (struct once_row){.step = STR_EMPTY, .note = STR_EMPTY};
		return r;
	}
	*ret_row = (struct once_row){.state = (enum once_state)db_column_int(statement, 0),
		.run = db_column_int(statement, 1),
		.attempt = (uint32_t)db_column_int(statement, 3),
		.step = arena_str(arena, db_column_text(statement, 4)),
		.note = arena_str(arena, db_column_text(statement, 5))};
	return db_column_uuid(statement, 2, &ret_row->run_id, err);
}

/* 1 and the parent, 0 where there is none. */
static int
parent_of(sqlite3_stmt *statement, const struct uuid *run, struct uuid *ret_parent,
	struct err *err)
{
	int r;

	db_bind_bytes(statement, 1, run->bytes, sizeof(run->bytes));
	r = db_step(statement, err);
	if (r > 0) {
		r = db_column_is_null(statement, 0)
			? 0
			: db_column_uuid(statement, 0, ret_parent, err);
		r = r < 0 ? r : !db_column_is_null(statement, 0);
	}
	(void)sqlite3_reset(statement);
	return r;
}

int
once_first_run(
	struct store *store, const struct uuid *run, struct uuid *ret_first, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	struct uuid first = *run;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(
			lease.db, "SELECT parent FROM runs WHERE id=?1", &statement, err);
	for (uint32_t i = 0; r == 0; i++) {
		r = parent_of(statement, &first, &first, err);
		if (r == 0) {
			*ret_first = first;
			return 0;
		}
		if (r > 0)
			r = i < LINE_MAX_RUNS
				? 0
				: err_set(err, ERR_LIMIT, "more than %d runs are linked",
					  LINE_MAX_RUNS);
	}
	return r;
}

int
once_visits_before(struct store *store, const struct uuid *run, struct str step,
	uint32_t *ret_visits, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	*ret_visits = 0;
	if (r == 0)
		r = db_prepare(lease.db,
			"WITH RECURSIVE line(id, n) AS (SELECT parent, 1 FROM runs WHERE id=?1"
			" UNION ALL SELECT r.parent, n + 1 FROM line JOIN runs r ON "
			"r.id=line.id"
			" WHERE n <= ?3)"
			" SELECT ifnull(sum(v.visit - 1), 0) FROM line JOIN runs r ON "
			"r.id=line.id"
			" JOIN every_visit v ON v.run=r.number WHERE v.name=?2 AND v.state<>?4",
			&statement, err);
	if (r < 0)
		return r;
	db_bind_bytes(statement, 1, run->bytes, sizeof(run->bytes));
	db_bind_text(statement, 2, step);
	db_bind_int(statement, 3, LINE_MAX_RUNS);
	db_bind_int(statement, 4, ROW_VISIT_SUPERSEDED);
	r = db_step(statement, err);
	if (r > 0)
		*ret_visits = (uint32_t)db_column_int(statement, 0);
	return MIN(r, 0);
}
