/*
 * db: the file lily.db, its connections, its format and its version.
 *
 * Format 5. SQLite with application_id 0x6c696c79 ("lily") and user_version 5, in WAL mode. Times
 * are µs since 1970 UTC, 0 where a thing has not happened; digests are 32 bytes; numbers of runs,
 * steps, attempts and artifacts are those of event.h. The truth:
 *
 *	events(id, run, seq, type, time, hash, payload)
 *		One row a fact. id increases in the whole store; type is enum event_type; payload
 *		is the canonical JSON as TEXT, or, once removed, its SHA-256 as a BLOB.
 *		Index events_by_run(run), which SQLite orders by (run, id).
 *	objects(id, sha256, size, bytes)
 *		One row an object (I1). bytes is NULL where the file objects/ab/cdef… holds them.
 *	requests(id, run, kind, payload, time, done)
 *		done is 0 until the holder of the run took it up. Index requests_open(run).
 *
 * An aid that can be made again from objects at any time:
 *
 *	object_index(sha256, object)   every objects row up to the mark, ordered by digest
 *	meta(key, value)               "object_index_mark": the last objects.id that is in it
 *	manifests(run)                 runs whose manifest.json may lag behind (manifest.h)
 *
 * The fold of the events (I3; fold.h), never changed by anything else:
 *
 *	runs(number, id, kind, status, workflow, source, key, kernel, parent, created, started,
 *	     ended, plan, steps, seq, head, running, waiting, succeeded, failed, blocked,
 *	     cancelled, attempts, work_order, reason, reused, adopted, skipped, stops, driven,
 *	     turn, latest, unknown)      0 is the store's own chain; driven is how long the processes
 *		before drove it, turn since when the last one does, latest when its newest event was.
 *	visits(run, step, visit, state, attempts, until, by, name, origin, origin_attempt, since,
 *	     due, boot)      due is until on the clock of that boot; origin is the run whose attempt
 *		it adopted, or NULL; attempts up to `since` are no tries: it was retried behind them.
 *	attempts(run, number, step, visit, try, state, event, submitted, started, ended, pid,
 *	     exit, signal, flags, cpu, rss, log, log_size, stdout, stderr, class, message)
 *		event is the id of attempt.submitted, where handle and inputs are read from; exit
 *		is NULL where there was none; flags: 1 timed out, 2 out of memory, 4 tolerated; log is an
 *		objects.id or 0.
 *	artifacts(run, number, object, name, kind, type, created, producer, producer_kind,
 *	     attempt, role, schema)
 *		object is an objects.id; schema, of the schema that it was valid by, another or 0.
 *		Index artifacts_by_object(object).
 *	expansions(run, step, first, items, each, event, retired)
 *		The items of a foreach step became steps: `items` times `each` of them, from first on;
 *		event: step.expanded, which has keys and list; retired: a rule went back to it.
 *	schemas(id, object, run)
 *		What an id means in this store: the schema (an objects.id) of the first artifact of
 *		that type, and its run. Format 1 had neither this nor the column above.
 *	cache(key, run, attempt, first, outputs, accepted, executable)
 *		What the newest attempt that was accepted under a key (objects.id of its document)
 *		left: `outputs` artifacts of its run from `first` on; of these " 4 7 " executable.
 *	questions(run, step, kind, state, request, opened, until, due, boot, answer, approval)
 *		What each step asked a person last (question.h). Index questions_open: the open ones.
 *
 * The file is valid if and only if SQLite's own integrity_check passes; every objects row has its
 * bytes, of its size, under its digest; the events of each run are numbered 1, 2, 3, … in order of
 * id, each with the hash that event.h says, the last seq and hash standing in runs; and the
 * tables of the fold equal the fold of the events.
 */
#ifndef LILY_STORE_DB_H
#define LILY_STORE_DB_H

#include "base/digest.h"
#include "base/uuid.h"

#include <sqlite3.h>

#define DB_VERSION 5
#define DB_APPLICATION 0x6c696c79
#define DB_NAME "lily.db"
#define DB_ADVICE_FULL "free space, then `lily resume` goes on"

enum db_role {
	DB_WRITER,   /* the one of the writer thread; makes the file if it is missing */
	DB_READER,   /* query_only */
	DB_EXAMINER, /* a private scratch database with lily.db attached as "store" */
};

/* Opens lily.db in the directory path. The caller of DB_WRITER holds commit.lock. The version is
 * not looked at: see db_prepare_format and db_check_format. */
int db_open(const char *directory, enum db_role role, sqlite3 **ret_db, struct err *err);
void db_close(sqlite3 *db);

/* Waits, up to a minute, where another process has the database for itself (as db_open sets it). */
void db_wait_while_busy(sqlite3 *db);

/* For a store whose database is empty or not there: ERR_CORRUPT where folders of runs say that there
 * was one. Nobody makes such a folder before the database has its format. */
int db_check_not_lost(int directory, struct err *err);

/* DB_WRITER under commit.lock: an empty file gets the format; *ret_version is what it has now, at
 * most DB_VERSION: a lower one asks for migrate.h. ERR_INVALID: newer, or not a store; ERR_CORRUPT
 * where it was lost. `directory` is the store's. */
int db_prepare_format(sqlite3 *db, int directory, int *ret_version, struct err *err);

/* DB_READER: 0 where the format is this version's; else ERR_INVALID, or ERR_NOT_FOUND where the
 * file has no format yet. */
int db_check_format(sqlite3 *db, struct err *err);

/* Makes the tables of the fold, empty; drops them if they are there. */
int db_make_derived(sqlite3 *db, struct err *err);
int db_drop_derived(sqlite3 *db, struct err *err);

/* The tables of the fold, NULL at the end; in each all columns are compared by fsck. */
extern const char *const db_derived_tables[];

/* ERR_INVALID where the file system of the open directory cannot carry a WAL: network file
 * systems; 9p and FUSE only where the locks of fcntl(2) fail on them. lock is any file there. */
int db_check_file_system(int directory, int lock, struct err *err);

/* The name of a file system that is refused by its statfs(2) f_type, or NULL. */
const char *db_network_file_system(long type);

/* Statements. A failure is an err that says what to do (full disk, read-only, damaged file). */
int db_error(sqlite3 *db, const char *what, struct err *err);
int db_exec(sqlite3 *db, const char *sql, struct err *err);
int db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret_statement, struct err *err);

/* 1: a row; 0: the end (the statement is reset); < 0 (likewise). */
int db_step(sqlite3_stmt *statement, struct err *err);
/* Runs to the end and resets: for statements without rows. */
int db_run(sqlite3_stmt *statement, struct err *err);

/* Parameters count from 1; text and bytes are borrowed until the statement is reset. */
void db_bind_int(sqlite3_stmt *statement, int at, int64_t number);
void db_bind_text(sqlite3_stmt *statement, int at, struct str text);
void db_bind_bytes(sqlite3_stmt *statement, int at, const void *bytes, size_t n);
void db_bind_null(sqlite3_stmt *statement, int at);

/* Columns count from 0; views are valid until the next step. */
int64_t db_column_int(sqlite3_stmt *statement, int at);
struct str db_column_text(sqlite3_stmt *statement, int at);
bool db_column_is_null(sqlite3_stmt *statement, int at);

/* ERR_CORRUPT where the column is not a BLOB of exactly the size. */
int db_column_digest(
	sqlite3_stmt *statement, int at, struct digest *ret_digest, struct err *err);
int db_column_uuid(sqlite3_stmt *statement, int at, struct uuid *ret_uuid, struct err *err);

/* One number of one row: *ret_number is untouched where there is no row (returns 0; else 1). */
int db_query_int(sqlite3 *db, const char *sql, int64_t *ret_number, struct err *err);

#define AUTO_STATEMENT __attribute__((cleanup(db_finalize_at_scope_end)))

static inline void
db_finalize_at_scope_end(sqlite3_stmt **statement)
{
	(void)sqlite3_finalize(*statement);
}

#endif
