#include "store/migrate.h"

#include "base/file.h"
#include "store/fold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Events between two flushes: what the fold holds in memory. */
#define FOLD_AT_ONCE 10000

static int
read_event(sqlite3_stmt *statement, struct event *event, struct err *err)
{
	*event = (struct event){
		.id = db_column_int(statement, 0),
		.run = db_column_int(statement, 1),
		.seq = (uint64_t)db_column_int(statement, 2),
		.type = (enum event_type)db_column_int(statement, 3),
		.time_us = db_column_int(statement, 4),
		.removed = sqlite3_column_type(statement, 6) == SQLITE_BLOB,
	};
	if (!event->removed)
		event->payload = db_column_text(statement, 6);
	return db_column_digest(statement, 5, &event->hash, err);
}

static int
fold_all(sqlite3 *db, struct fold *fold, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	uint64_t n = 0;
	int r = db_prepare(db,
		"SELECT id, run, seq, type, time, hash, payload FROM events ORDER BY id",
		&statement, err);

	while (r == 0 && (r = db_step(statement, err)) > 0) {
		struct event event;

		r = read_event(statement, &event, err);
		if (r == 0)
			r = fold_event(fold, &event, err);
		if (r == 0 && ++n % FOLD_AT_ONCE == 0)
			r = fold_flush(fold, NULL, NULL, err);
	}
	return r < 0 ? r : fold_flush(fold, NULL, NULL, err);
}

int
migrate_fold(sqlite3 *db, struct err *err)
{
	struct object_index objects;
	struct fold *fold = NULL;
	int r = object_index_init(&objects, db, err);

	if (r < 0)
		return r;
	r = object_index_catch_up(&objects, err);
	if (r == 0)
		r = fold_new(db, &objects, &fold, err);
	if (r == 0)
		r = fold_all(db, fold, err);
	fold_free(fold);
	object_index_done(&objects);
	return r;
}

/* VACUUM INTO copies what the WAL holds as well, and only what is committed. */
static int
back_up(sqlite3 *db, const char *directory, int version, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_STATEMENT sqlite3_stmt *copy = NULL;
	AUTO_CLOSE int fd = -1;
	const char *path = arena_printf(&arena, "%s/%s.format-%d", directory, DB_NAME, version);
	const char *partial = arena_printf(&arena, "%s.partial", path);
	int r;

	if (unlink(partial) != 0 && errno != ENOENT)
		return err_sys(err, "remove %s", partial);
	r = db_prepare(db, "VACUUM INTO ?1", &copy, err);
	if (r == 0) {
		db_bind_text(copy, 1, str_of(partial));
		r = db_run(copy, err);
	}
	if (r < 0)
		return r;
	fd = open(partial, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return err_sys(err, "fsync %s", partial);
	if (rename(partial, path) != 0)
		return err_sys(err, "rename %s", partial);
	return dir_sync(AT_FDCWD, directory, err);
}

/* Each release that changes the truth (not only the fold) adds its step here. Formats 0, of builds
 * before the first release, and 1 to 4 had today's truth. */
static int
change_truth(sqlite3 *db, int version, struct err *err)
{
	(void)db;
	if (version < 0 || version >= DB_VERSION)
		return err_set(err, ERR_INVALID,
			"format %d is not known; use the version that made it", version);
	return 0;
}

static int
fold_again(sqlite3 *db, int version, struct err *err)
{
	char sql[64];
	int r = change_truth(db, version, err);

	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", DB_VERSION);
	if (r == 0)
		r = db_drop_derived(db, err);
	if (r == 0)
		r = db_make_derived(db, err);
	if (r == 0)
		r = migrate_fold(db, err);
	return r < 0 ? r : db_exec(db, sql, err);
}

int
migrate(sqlite3 *db, const char *directory, int version, struct err *err)
{
	int r = back_up(db, directory, version, err);

	if (r == 0)
		r = db_exec(db, "BEGIN IMMEDIATE", err);
	if (r == 0) {
		r = fold_again(db, version, err);
		if (r == 0)
			r = db_exec(db, "COMMIT", err);
		if (r < 0 && !sqlite3_get_autocommit(db))
			(void)db_exec(db, "ROLLBACK", NULL);
	}
	if (r < 0)
		return err_wrap(err,
			"bringing it from format %d to %d (it is unchanged, a copy is "
			"%s.format-%d)",
			version, DB_VERSION, DB_NAME, version);
	return 0;
}
