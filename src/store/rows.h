/*
 * rows: rows of runs, attempts and artifacts, read from a connection (that of the readers, or the
 * writer's own).
 */
#ifndef LILY_STORE_ROWS_H
#define LILY_STORE_ROWS_H

#include "store/artifact.h"
#include "store/db.h"

/* The columns that run_row_read expects, in order. */
#define RUN_COLUMNS                                                                          \
	"number, id, kind, status, workflow, source, key, kernel, parent, created, started," \
	" ended, plan, steps, seq, head, running, waiting, succeeded, failed, blocked,"      \
	" cancelled, attempts, work_order, reason, reused, adopted, skipped, stops, driven," \
	" turn, latest, unknown"

/* The current row; held and holder_pid are not looked at. Text goes to the arena. */
int run_row_read(
	sqlite3_stmt *statement, struct arena *arena, struct run_row *ret_row, struct err *err);

/* ERR_NOT_FOUND. */
int run_row_get(sqlite3 *db, int64_t number, struct arena *arena, struct run_row *ret_row,
	struct err *err);

/* What attempt.submitted says at length is not repeated in the row, but read from the event. */
#define ATTEMPT_ROWS                                                                        \
	"SELECT a.number, a.step, v.name, a.visit, a.try, a.state, a.submitted, a.started," \
	" a.ended, a.pid, a.exit, a.signal, a.flags, a.cpu, a.rss, o.sha256, a.log_size,"   \
	" a.stdout, a.stderr, a.class, a.message,"                                          \
	" CASE typeof(e.payload) WHEN 'text' THEN e.payload -> '$.handle' END,"             \
	" CASE typeof(e.payload) WHEN 'text' THEN e.payload -> '$.in' END,"                 \
	" CASE typeof(e.payload) WHEN 'text' THEN e.payload -> '$.pools' END,"              \
	" CASE typeof(e.payload) WHEN 'text' THEN e.payload ->> '$.once' END,"              \
	" CASE typeof(e.payload) WHEN 'text' THEN e.payload ->> '$.kept.run' END,"          \
	" CASE typeof(e.payload) WHEN 'text' THEN e.payload ->> '$.kept.n' END"             \
	" FROM attempts a"                                                                  \
	" LEFT JOIN visits v ON v.run=a.run AND v.step=a.step"                              \
	" LEFT JOIN objects o ON o.id=a.log LEFT JOIN events e ON e.id=a.event"             \
	" WHERE a.run=?1"

/* All rows of a statement that begins with ATTEMPT_ROWS (attempt_read.c). */
int attempt_rows_read(sqlite3_stmt *statement, struct arena *arena,
	struct attempt_row **ret_rows, size_t *ret_n, struct err *err);

/* To be followed by WHERE. */
#define ARTIFACT_ROWS                                                                        \
	"SELECT a.run, r.id, a.number, a.name, a.kind, a.type, o.sha256, o.size, a.created," \
	" a.producer, a.producer_kind, a.attempt, a.role, s.sha256,"                         \
	" (SELECT group_concat(DISTINCT l.label) FROM labels l WHERE l.artifact=a.number"    \
	" AND l.run=coalesce((SELECT p.original FROM repeats p WHERE p.run=a.run"            \
	" AND a.number>=p.first AND a.number<p.first+p.artifacts), a.run))"                  \
	" FROM every_artifact a"                                                             \
	" JOIN runs r ON r.number=a.run JOIN objects o ON o.id=a.object"                     \
	" LEFT JOIN objects s ON s.id=a.schema"

/* All rows of a statement that begins with ARTIFACT_ROWS (artifact.c). */
int artifact_rows_read(sqlite3_stmt *statement, struct arena *arena,
	struct artifact_row **ret_rows, size_t *ret_n, struct err *err);

#endif
