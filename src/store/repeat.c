#include "store/repeat.h"

#include "store/event_type.h"
#include "store/handle.h"
#include "store/states.h"

/* The artifacts ?2 up to ?3 of the run ?1 in their order, with their objects. */
#define REUSED_SQL                                                                       \
	"SELECT o.sha256, o.size, o.bytes FROM runs r CROSS JOIN artifacts a ON"         \
	" a.run=r.number AND a.number>=?2 AND a.number<?3 CROSS JOIN objects o ON o.id=" \
	"a.object WHERE r.id=?1 AND r.status=?4"

/* 1 where the bytes of the row are right, or in a file: *n_large counts those. */
static int
check_row(sqlite3_stmt *row, uint32_t *n_large, struct err *err)
{
	struct str bytes = db_column_text(row, 2);
	struct digest expected;
	struct digest actual;
	int r = db_column_digest(row, 0, &expected, err);

	if (r < 0)
		return r;
	if (db_column_is_null(row, 2)) {
		++*n_large;
		return 1;
	}
	digest_of(bytes.p, bytes.n, &actual);
	return bytes.n == (size_t)db_column_int(row, 1) && digest_equal(&actual, &expected);
}

/* 1 where all that was reused is there; *ret_large: so many of them in files. */
static int
check_bytes(sqlite3 *db, const struct repeat_original *original, uint32_t *ret_large,
	struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *rows = NULL;
	uint32_t n = 0;
	int whole = 1;
	int r = db_prepare(db, REUSED_SQL, &rows, err);

	*ret_large = 0;
	if (r < 0)
		return r;
	db_bind_bytes(rows, 1, original->run.bytes, sizeof(original->run.bytes));
	db_bind_int(rows, 2, original->first);
	db_bind_int(rows, 3, (int64_t)original->first + original->artifacts);
	db_bind_int(rows, 4, ROW_RUN_SUCCEEDED);
	while (whole > 0 && (r = db_step(rows, err)) > 0) {
		whole = check_row(rows, ret_large, err);
		n++;
	}
	if (r < 0 || whole < 0)
		return MIN(r, whole);
	return whole && n == original->artifacts;
}

/* 1 where the run's chain has no event of another kind. */
static int
check_events(sqlite3 *db, int64_t run, struct err *err)
{
	static const enum event_type known[] = {EVENT_RUN_CREATED, EVENT_RUN_PLANNED,
		EVENT_RUN_STARTED, EVENT_VISIT_REUSED, EVENT_RUN_FINISHED};
	AUTO_STATEMENT sqlite3_stmt *others = NULL;
	int r = db_prepare(db,
		"SELECT 1 FROM events WHERE run=?1 AND type NOT IN (?2,?3,?4,?5,?6) LIMIT 1",
		&others, err);

	if (r < 0)
		return r;
	db_bind_int(others, 1, run);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		db_bind_int(others, 2 + (int)i, known[i]);
	r = db_step(others, err);
	return r < 0 ? r : !r;
}

static int
read_end(sqlite3 *db, int64_t run, struct repeat_original *original, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *last = NULL;
	int r = db_prepare(db,
		"SELECT e.id, e.hash, r.id FROM events e JOIN runs r ON r.number=e.run"
		" WHERE e.run=?1 ORDER BY e.id DESC LIMIT 1",
		&last, err);

	if (r < 0)
		return r;
	db_bind_int(last, 1, run);
	r = db_step(last, err);
	if (r <= 0)
		return r;
	original->event = db_column_int(last, 0);
	r = db_column_digest(last, 1, &original->hash, err);
	if (r == 0)
		r = db_column_uuid(last, 2, &original->run, err);
	return r < 0 ? r : 1;
}

int
repeat_describe(
	struct store *store, int64_t run, struct repeat_original *original, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = check_events(lease.db, run, err);
	if (r > 0)
		r = read_end(lease.db, run, original, err);
	return r > 0 ? check_bytes(lease.db, original, &original->n_large, err) : r;
}

/* 1 where the store is still the one that the event was in, and every content key has the answer that
 * it had then. */
static int
check_cache(sqlite3 *db, const struct repeat_original *original, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *since = NULL;
	struct digest hash;
	int r = db_prepare(db,
		"SELECT hash, EXISTS(SELECT 1 FROM events WHERE id>?1 AND (type=?2 OR"
		" (type IN (?3,?4) AND (typeof(payload)='blob' OR payload ->> '$.key' IS NOT "
		"NULL))))"
		" FROM events WHERE id=?1",
		&since, err);

	if (r < 0)
		return r;
	db_bind_int(since, 1, original->event);
	db_bind_int(since, 2, EVENT_CACHE_CLEARED);
	db_bind_int(since, 3, EVENT_ATTEMPT_ACCEPTED);
	db_bind_int(since, 4, EVENT_ATTEMPT_REJECTED);
	r = db_step(since, err);
	if (r <= 0)
		return r;
	r = db_column_digest(since, 0, &hash, err);
	return r < 0 ? r : digest_equal(&hash, &original->hash) && !db_column_int(since, 1);
}

int
repeat_holds(struct store *store, const struct repeat_original *original, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	uint32_t n_large;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = check_cache(lease.db, original, err);
	if (r > 0)
		r = check_bytes(lease.db, original, &n_large, err);
	return r > 0 ? n_large == original->n_large : r;
}
