#include "store/db.h"

#include "base/file.h"

#include <stdio.h>

static const char truth_sql[] =
	"CREATE TABLE events(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, seq INTEGER NOT "
	"NULL,"
	" type INTEGER NOT NULL, time INTEGER NOT NULL, hash BLOB NOT NULL, payload NOT NULL);"
	"CREATE INDEX events_by_run ON events(run);"
	"CREATE TABLE objects(id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL,"
	" size INTEGER NOT NULL, bytes BLOB);"
	"CREATE TABLE object_index(sha256 BLOB PRIMARY KEY, object INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE manifests(run INTEGER PRIMARY KEY);"
	"CREATE TABLE requests(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, kind TEXT NOT "
	"NULL,"
	" payload TEXT NOT NULL, time INTEGER NOT NULL, done INTEGER NOT NULL);"
	"CREATE INDEX requests_open ON requests(run) WHERE done = 0;";

/* SQLite chooses the names of the indices that UNIQUE makes; the rest are dropped with the table. */
static const char derived_sql[] =
	"CREATE TABLE runs(number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
	" kind TEXT NOT NULL, status INTEGER NOT NULL, workflow TEXT NOT NULL,"
	" source TEXT NOT NULL, key TEXT UNIQUE, kernel TEXT NOT NULL, parent BLOB,"
	" created INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL,"
	" plan BLOB, steps INTEGER NOT NULL, seq INTEGER NOT NULL, head BLOB NOT NULL,"
	" running INTEGER NOT NULL, waiting INTEGER NOT NULL, succeeded INTEGER NOT NULL,"
	" failed INTEGER NOT NULL, blocked INTEGER NOT NULL, cancelled INTEGER NOT NULL,"
	" attempts INTEGER NOT NULL, work_order INTEGER NOT NULL, reason TEXT NOT NULL,"
	" reused INTEGER NOT NULL, adopted INTEGER NOT NULL,"
	" skipped INTEGER NOT NULL, stops INTEGER NOT NULL, driven INTEGER NOT NULL,"
	" turn INTEGER NOT NULL, latest INTEGER NOT NULL, unknown INTEGER NOT NULL);"
	"CREATE TABLE visits(run INTEGER NOT NULL, step INTEGER NOT NULL,"
	" visit INTEGER NOT NULL, state INTEGER NOT NULL, attempts INTEGER NOT NULL,"
	" until INTEGER NOT NULL, by TEXT, name TEXT NOT NULL, origin BLOB,"
	" origin_attempt INTEGER NOT NULL, since INTEGER NOT NULL,"
	" due INTEGER NOT NULL, boot TEXT,"
	" PRIMARY KEY(run, step, visit)) WITHOUT ROWID;"
	"CREATE TABLE attempts(run INTEGER NOT NULL, number INTEGER NOT NULL,"
	" step INTEGER NOT NULL, visit INTEGER NOT NULL, try INTEGER NOT NULL,"
	" state INTEGER NOT NULL, event INTEGER NOT NULL, submitted INTEGER NOT NULL,"
	" started INTEGER NOT NULL, ended INTEGER NOT NULL, pid INTEGER NOT NULL, exit INTEGER,"
	" signal INTEGER NOT NULL, flags INTEGER NOT NULL, cpu INTEGER NOT NULL,"
	" rss INTEGER NOT NULL, log INTEGER NOT NULL, log_size INTEGER NOT NULL,"
	" stdout INTEGER NOT NULL, stderr INTEGER NOT NULL, class TEXT, message TEXT,"
	" PRIMARY KEY(run, number)) WITHOUT ROWID;"
	"CREATE TABLE artifacts(run INTEGER NOT NULL, number INTEGER NOT NULL,"
	" object INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, type TEXT NOT NULL,"
	" created INTEGER NOT NULL, producer TEXT NOT NULL, producer_kind TEXT NOT NULL,"
	" attempt INTEGER NOT NULL, role TEXT NOT NULL, schema INTEGER NOT NULL,"
	" PRIMARY KEY(run, number)) WITHOUT ROWID;"
	"CREATE INDEX artifacts_by_object ON artifacts(object);"
	"CREATE TABLE expansions(run INTEGER NOT NULL, step INTEGER NOT NULL,"
	" first INTEGER NOT NULL, items INTEGER NOT NULL, each INTEGER NOT NULL,"
	" event INTEGER NOT NULL, retired INTEGER NOT NULL, PRIMARY KEY(run, step, event))"
	" WITHOUT ROWID;"
	"CREATE TABLE schemas(id TEXT PRIMARY KEY, object INTEGER NOT NULL,"
	" run INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE cache(key INTEGER PRIMARY KEY, run INTEGER NOT NULL,"
	" attempt INTEGER NOT NULL, first INTEGER NOT NULL, outputs INTEGER NOT NULL,"
	" accepted INTEGER NOT NULL, executable TEXT NOT NULL);"
	"CREATE TABLE once_keys(key TEXT PRIMARY KEY, state INTEGER NOT NULL,"
	" run INTEGER NOT NULL, attempt INTEGER NOT NULL, step TEXT NOT NULL,"
	" note TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE questions(run INTEGER NOT NULL, step INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, state INTEGER NOT NULL, request BLOB NOT NULL,"
	" opened INTEGER NOT NULL, until INTEGER NOT NULL, due INTEGER NOT NULL,"
	" boot TEXT NOT NULL, answer BLOB, approval TEXT NOT NULL,"
	" PRIMARY KEY(run, step)) WITHOUT ROWID;"
	"CREATE INDEX questions_open ON questions(run, step) WHERE state = 0;"
	"CREATE TABLE repeats(run INTEGER PRIMARY KEY, original INTEGER NOT NULL,"
	" first INTEGER NOT NULL, artifacts INTEGER NOT NULL, time INTEGER NOT NULL);"
	"CREATE TABLE labels(run INTEGER NOT NULL, artifact INTEGER NOT NULL,"
	" label TEXT NOT NULL, step TEXT NOT NULL, gate TEXT NOT NULL,"
	" definition BLOB NOT NULL, PRIMARY KEY(run, artifact, label, step, gate))"
	" WITHOUT ROWID;"
	"CREATE INDEX repeats_by_original ON repeats(original);"
	"INSERT INTO runs VALUES(0, zeroblob(16), 'store', 0, '', '', NULL, '', NULL, 0, 0, 0,"
	" NULL, 0, 0, zeroblob(32), 0, 0, 0, 0, 0, 0, 0, 0, '', 0, 0, 0, 0, 0, 0, 0, 0);";

/* A run that does as another one did (visits.reused) has a row in repeats and neither visits nor outputs of
 * its own: who asks for what is a run's asks these, which have the columns of visits and artifacts. */
static const char views_sql[] =
	"CREATE VIEW every_visit AS SELECT run, step, visit, state, attempts, until, by, name,"
	" origin, origin_attempt, since, due, boot FROM visits UNION ALL"
	" SELECT p.run, v.step, v.visit, v.state, v.attempts, v.until, v.by, v.name, v.origin,"
	" v.origin_attempt, v.since, v.due, v.boot"
	" FROM repeats p JOIN visits v ON v.run=p.original;"
	"CREATE VIEW every_artifact AS SELECT run, number, object, name, kind, type, created,"
	" producer, producer_kind, attempt, role, schema FROM artifacts UNION ALL"
	" SELECT p.run, a.number, a.object, a.name, a.kind, a.type, p.time, a.producer,"
	" a.producer_kind, a.attempt, a.role, a.schema FROM repeats p JOIN artifacts a"
	" ON a.run=p.original AND a.number>=p.first AND a.number<p.first+p.artifacts;";

const char *const db_derived_tables[] = {"runs", "visits", "attempts", "artifacts",
	"expansions", "schemas", "cache", "once_keys", "questions", "repeats", "labels", NULL};

int
db_make_derived(sqlite3 *db, struct err *err)
{
	int r = db_exec(db, derived_sql, err);

	return r < 0 ? r : db_exec(db, views_sql, err);
}

int
db_drop_derived(sqlite3 *db, struct err *err)
{
	int r = db_exec(
		db, "DROP VIEW IF EXISTS every_visit; DROP VIEW IF EXISTS every_artifact", err);

	for (size_t i = 0; r == 0 && db_derived_tables[i]; i++) {
		char sql[64];

		(void)snprintf(
			sql, sizeof(sql), "DROP TABLE IF EXISTS %s", db_derived_tables[i]);
		r = db_exec(db, sql, err);
	}
	return r;
}

static int
make_format(sqlite3 *db, struct err *err)
{
	char sql[128];
	int r = db_exec(db, "PRAGMA journal_mode=WAL; BEGIN IMMEDIATE", err);

	if (r < 0)
		return r;
	(void)snprintf(sql, sizeof(sql),
		"PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT", DB_APPLICATION,
		DB_VERSION);
	r = db_exec(db, truth_sql, err);
	if (r == 0)
		r = db_make_derived(db, err);
	if (r == 0)
		r = db_exec(db, sql, err);
	if (r < 0)
		(void)db_exec(db, "ROLLBACK", NULL);
	return r;
}

/* What the file says it is. *ret_tables: whether there is anything in it. */
static int
read_format(sqlite3 *db, int64_t *ret_application, int64_t *ret_version, int64_t *ret_tables,
	struct err *err)
{
	int r = db_query_int(db, "PRAGMA application_id", ret_application, err);

	if (r >= 0)
		r = db_query_int(db, "PRAGMA user_version", ret_version, err);
	if (r >= 0)
		r = db_query_int(db, "SELECT count(*) FROM sqlite_schema", ret_tables, err);
	return r < 0 ? r : 0;
}

static int
refuse_format(int64_t application, int64_t version, struct err *err)
{
	if (application != DB_APPLICATION)
		return err_set(err, ERR_INVALID,
			"%s is an SQLite database, but not one of lily's; choose another "
			"folder",
			DB_NAME);
	if (version > DB_VERSION)
		return err_set(err, ERR_INVALID,
			"made by a newer lily (format %lld, this one knows %d); use that "
			"version",
			(long long)version, DB_VERSION);
	return 0;
}

int
db_check_not_lost(int directory, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err why = ERR_INIT;
	struct str *names;
	size_t n;
	int r = dir_list(directory, "runs", &arena, &names, &n, &why);

	if (r == ERR_NOT_FOUND || (r == 0 && n == 0))
		return 0;
	if (r == 0)
		return err_set(err, ERR_CORRUPT,
			"%s or what was in it is gone, %s is still here; bring it back from a "
			"backup, or move the store aside to begin a new one",
			DB_NAME, n == 1 ? "the folder of a run" : "folders of runs");
	if (err)
		*err = why;
	return r;
}

int
db_prepare_format(sqlite3 *db, int directory, int *ret_version, struct err *err)
{
	int64_t application = 0;
	int64_t version = 0;
	int64_t tables = 0;
	int r = read_format(db, &application, &version, &tables, err);

	if (r < 0)
		return r;
	if (tables || application) {
		r = refuse_format(application, version, err);
		if (r == 0)
			*ret_version = (int)version;
		return r;
	}
	r = db_check_not_lost(directory, err);
	if (r == 0)
		r = make_format(db, err);
	if (r == 0)
		*ret_version = DB_VERSION;
	return r;
}

int
db_check_format(sqlite3 *db, struct err *err)
{
	int64_t application = 0;
	int64_t version = 0;
	int64_t tables = 0;
	int r = read_format(db, &application, &version, &tables, err);

	if (r < 0)
		return r;
	if (!tables && !application)
		return err_set(err, ERR_NOT_FOUND, "there is no store here yet");
	r = refuse_format(application, version, err);
	if (r == 0 && version < DB_VERSION)
		r = err_set(err, ERR_INVALID,
			"made by an older lily (format %lld); the next command that writes, "
			"such "
			"as `lily run`, brings it up to date",
			(long long)version);
	return r;
}
