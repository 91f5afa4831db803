#include "store/stats.h"

#include "base/file.h"
#include "base/memory.h"
#include "store/handle.h"
#include "store/rows.h"

#include <fcntl.h>

/* --- figures --- */

static int
count_rows(sqlite3 *db, struct store_stats *stats, struct err *err)
{
	const struct {
		const char *sql;
		uint64_t *count;
	} queries[] = {
		{"SELECT count(*) FROM runs WHERE number>0", &stats->runs},
		{"SELECT (SELECT count(*) FROM artifacts) +"
		 " (SELECT coalesce(sum(artifacts),0) FROM repeats)",
			&stats->artifacts},
		{"SELECT count(*) FROM objects", &stats->objects},
		{"SELECT count(*) FROM events WHERE run>0", &stats->events},
		{"SELECT coalesce(sum(size),0) FROM objects WHERE bytes IS NULL",
			&stats->object_bytes},
	};
	int64_t version = 0;
	int r = db_query_int(db, "PRAGMA user_version", &version, err);

	stats->version = (int)version;
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(queries); i++) {
		int64_t count = 0;

		r = db_query_int(db, queries[i].sql, &count, err);
		*queries[i].count = (uint64_t)count;
	}
	return r < 0 ? r : 0;
}

static uint64_t
size_of(int directory, const char *path)
{
	struct stat status;

	return fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(status.st_mode)
		? (uint64_t)status.st_size
		: 0;
}

/* Directories that are still to be looked into, by their paths below the store. */
struct walk {
	struct arena arena;
	const char **paths;
	size_t n;
	size_t capacity;
};

static void
walk_add(struct walk *walk, const char *path)
{
	walk->paths = memory_grow(walk->paths, walk->n, &walk->capacity, sizeof(*walk->paths));
	walk->paths[walk->n++] = path;
}

/* The files of one directory; its directories join the walk. What goes away meanwhile is not
 * counted. */
static int
measure_directory(
	int store, const char *path, struct walk *walk, uint64_t *bytes, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err gone = ERR_INIT;
	struct str *names;
	size_t n;
	int r = dir_list(store, path, &arena, &names, &n, &gone);

	if (r == ERR_NOT_FOUND)
		return 0;
	if (r < 0) {
		if (err)
			*err = gone;
		return r;
	}
	for (size_t i = 0; i < n; i++) {
		const char *below = arena_printf(&walk->arena, "%s/%s", path, names[i].p);
		struct stat status;

		if (fstatat(store, below, &status, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISDIR(status.st_mode))
			walk_add(walk, below);
		else if (S_ISREG(status.st_mode))
			*bytes += (uint64_t)status.st_size;
	}
	return 0;
}

static int
measure_tree(int store, const char *path, uint64_t *ret_bytes, struct err *err)
{
	struct walk walk = {.arena = ARENA_INIT};
	uint64_t bytes = 0;
	int r = 0;

	walk_add(&walk, path);
	while (r == 0 && walk.n)
		r = measure_directory(store, walk.paths[--walk.n], &walk, &bytes, err);
	free(walk.paths);
	arena_done(&walk.arena);
	if (r == 0)
		*ret_bytes = bytes;
	return r;
}

int
stats_count(struct store *store, struct store_stats *ret_stats, struct err *err)
{
	struct store_stats stats = {0};
	int r;

	{
		AUTO_READER struct reader_lease lease = READER_LEASE_INIT;

		r = reader_lease(store, &lease, err);
		if (r == 0)
			r = count_rows(lease.db, &stats, err);
	}
	stats.database_bytes =
		size_of(store->directory, DB_NAME) + size_of(store->directory, DB_NAME "-wal");
	if (r == 0)
		r = measure_tree(store->directory, "runs", &stats.run_bytes, err);
	if (r == 0)
		*ret_stats = stats;
	return r;
}

int
stats_run_id(struct store *store, int64_t run, struct uuid *ret_id, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(
			lease.db, "SELECT id FROM runs WHERE number=?1", &statement, err);
	if (r < 0)
		return r;
	db_bind_int(statement, 1, run);
	r = db_step(statement, err);
	if (r == 0)
		return err_set(
			err, ERR_NOT_FOUND, "there is no run number %lld", (long long)run);
	return r < 0 ? r : db_column_uuid(statement, 0, ret_id, err);
}

/* --- attempts --- */

static int
read_one_attempt(sqlite3_stmt *statement, struct arena *arena, struct attempt_row *ret_row,
	struct err *err)
{
	struct attempt_row *rows;
	size_t n;
	int r = attempt_rows_read(statement, arena, &rows, &n, err);

	if (r < 0)
		return r;
	if (!n)
		return ERR_NOT_FOUND;
	*ret_row = rows[0];
	return 0;
}

int
stats_attempt(struct store *store, int64_t run, uint32_t number, struct arena *arena,
	struct attempt_row *ret_row, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(lease.db, ATTEMPT_ROWS " AND a.number=?2", &statement, err);
	if (r < 0)
		return r;
	db_bind_int(statement, 1, run);
	db_bind_int(statement, 2, number);
	r = read_one_attempt(statement, arena, ret_row, err);
	if (r == ERR_NOT_FOUND)
		return err_set(err, r, "the run has no attempt %u", number);
	return r;
}

int
stats_newest_attempt(struct store *store, int64_t run, struct str step, struct arena *arena,
	struct attempt_row *ret_row, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(lease.db,
			ATTEMPT_ROWS
			" AND a.number=(SELECT max(number) FROM attempts WHERE run=?1"
			" AND step=(SELECT step FROM visits WHERE run=?1 AND name=?2"
			" ORDER BY step DESC LIMIT 1))",
			&statement, err);
	if (r < 0)
		return r;
	db_bind_int(statement, 1, run);
	db_bind_text(statement, 2, step);
	r = read_one_attempt(statement, arena, ret_row, err);
	if (r == ERR_NOT_FOUND)
		return err_set(err, r,
			"no attempt of step \"%.*s\" has begun; `lily show` lists the steps",
			STR_ARG(step));
	return r;
}

int
stats_failed_attempts(struct store *store, int64_t run, uint64_t limit, struct arena *arena,
	struct attempt_row **ret_rows, size_t *ret_n, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	/* One pass over the attempts: the last one of a visit that failed was rejected. */
	if (r == 0)
		r = db_prepare(lease.db,
			ATTEMPT_ROWS
			" AND a.number IN (SELECT max(t.number) FROM attempts t WHERE t.run=?1"
			" AND t.state=?4 AND (SELECT w.state FROM visits w WHERE w.run=t.run"
			" AND w.step=t.step AND w.visit=t.visit)=?2"
			" GROUP BY t.step, t.visit ORDER BY 1 LIMIT ?3)"
			" ORDER BY a.number",
			&statement, err);
	if (r < 0)
		return r;
	db_bind_int(statement, 1, run);
	db_bind_int(statement, 2, ROW_VISIT_FAILED);
	db_bind_int(statement, 3, (int64_t)MIN(limit, (uint64_t)INT64_MAX));
	db_bind_int(statement, 4, ROW_ATTEMPT_REJECTED);
	return attempt_rows_read(statement, arena, ret_rows, ret_n, err);
}

/* --- artifacts by digest --- */

/* The least and the greatest digest with these first digits. */
static bool
digest_range(struct str hex, struct digest *least, struct digest *greatest)
{
	char low[DIGEST_HEX_SIZE];
	char high[DIGEST_HEX_SIZE];

	if (hex.n >= DIGEST_HEX_SIZE)
		return false;
	memset(low, '0', sizeof(low));
	memset(high, 'f', sizeof(high));
	if (hex.n) {
		memcpy(low, hex.p, hex.n);
		memcpy(high, hex.p, hex.n);
	}
	return digest_parse((struct str){low, DIGEST_HEX_SIZE - 1}, least) &&
		digest_parse((struct str){high, DIGEST_HEX_SIZE - 1}, greatest);
}

int
stats_artifacts_by_digest(struct store *store, struct str hex, uint64_t limit,
	struct arena *arena, struct artifact_row **ret_rows, size_t *ret_n, struct err *err)
{
	/* Objects after the mark are not in the ordered index yet (object_index.h). */
	static const char sql[] =
		"WITH found(id) AS (SELECT object FROM object_index"
		" WHERE sha256 BETWEEN ?1 AND ?2 UNION SELECT id FROM objects"
		" WHERE id>coalesce((SELECT value FROM meta WHERE key='object_index_mark'),0)"
		" AND sha256 BETWEEN ?1 AND ?2) " ARTIFACT_ROWS
		" JOIN (SELECT object, max(place) AS newest FROM (SELECT object,"
		" (run<<32)|number AS place FROM artifacts WHERE object IN (SELECT id FROM"
		" found) UNION ALL SELECT b.object, (p.run<<32)|b.number FROM artifacts b"
		" JOIN repeats p ON p.original=b.run AND b.number>=p.first AND"
		" b.number<p.first+p.artifacts WHERE b.object IN (SELECT id FROM found))"
		" GROUP BY object LIMIT ?3) n"
		" ON a.run=(n.newest>>32) AND a.number=(n.newest&4294967295)"
		" ORDER BY a.run DESC, a.number DESC";
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	struct digest least;
	struct digest greatest;
	int r;

	if (!digest_range(hex, &least, &greatest))
		return err_set(
			err, ERR_INVALID, "\"%.*s\" is no beginning of a digest", STR_ARG(hex));
	r = reader_lease(store, &lease, err);
	if (r == 0)
		r = db_prepare(lease.db, sql, &statement, err);
	if (r < 0)
		return r;
	db_bind_bytes(statement, 1, least.bytes, sizeof(least.bytes));
	db_bind_bytes(statement, 2, greatest.bytes, sizeof(greatest.bytes));
	db_bind_int(statement, 3, (int64_t)MIN(limit, (uint64_t)INT64_MAX));
	return artifact_rows_read(statement, arena, ret_rows, ret_n, err);
}

/* --- events --- */

#define EVENT_ROWS "SELECT id, run, seq, type, time, hash, payload FROM events WHERE run=?1"

static int
read_event(
	sqlite3_stmt *statement, struct arena *arena, struct event *ret_event, struct err *err)
{
	int64_t type = db_column_int(statement, 3);
	bool removed = sqlite3_column_type(statement, 6) == SQLITE_BLOB;

	if (type < 0 || type >= EVENT_TYPE_COUNT)
		return err_set(err, ERR_CORRUPT, "event %lld is of no known type",
			(long long)db_column_int(statement, 0));
	*ret_event = (struct event){
		.id = db_column_int(statement, 0),
		.run = db_column_int(statement, 1),
		.seq = (uint64_t)db_column_int(statement, 2),
		.type = (enum event_type)type,
		.time_us = db_column_int(statement, 4),
		.payload = removed ? STR_EMPTY : arena_str(arena, db_column_text(statement, 6)),
		.removed = removed,
	};
	return db_column_digest(statement, 5, &ret_event->hash, err);
}

static int
read_one_event(
	sqlite3_stmt *statement, struct arena *arena, struct event *ret_event, struct err *err)
{
	int r = db_step(statement, err);

	if (r == 0)
		return err_set(err, ERR_NOT_FOUND, "the run has no such event");
	return r < 0 ? r : read_event(statement, arena, ret_event, err);
}

int
stats_last_event(struct store *store, int64_t run, struct arena *arena, struct event *ret_event,
	struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(
			lease.db, EVENT_ROWS " ORDER BY id DESC LIMIT 1", &statement, err);
	if (r < 0)
		return r;
	db_bind_int(statement, 1, run);
	return read_one_event(statement, arena, ret_event, err);
}

int
stats_first_event(struct store *store, int64_t run, enum event_type type, struct arena *arena,
	struct event *ret_event, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(lease.db, EVENT_ROWS " AND type=?2 ORDER BY id LIMIT 1",
			&statement, err);
	if (r < 0)
		return r;
	db_bind_int(statement, 1, run);
	db_bind_int(statement, 2, (int64_t)type);
	return read_one_event(statement, arena, ret_event, err);
}

int
stats_events(struct store *store, int64_t run, enum event_type type, struct arena *arena,
	struct event **ret_events, size_t *ret_n, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	struct event *events = NULL;
	size_t capacity = 0;
	size_t n = 0;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(
			lease.db, EVENT_ROWS " AND type=?2 ORDER BY id", &statement, err);
	if (r < 0)
		return r;
	db_bind_int(statement, 1, run);
	db_bind_int(statement, 2, (int64_t)type);
	while (r == 0 && (r = db_step(statement, err)) > 0) {
		events = memory_grow(events, n, &capacity, sizeof(*events));
		r = read_event(statement, arena, &events[n++], err);
	}
	if (r == 0) {
		*ret_events = ARENA_ARRAY(arena, n, struct event);
		if (n)
			memcpy(*ret_events, events, n * sizeof(*events));
		*ret_n = n;
	}
	free(events);
	return r;
}
