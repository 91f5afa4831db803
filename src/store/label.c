#include "store/label.h"

#include "base/memory.h"
#include "store/db.h"
#include "store/handle.h"

/* A run that does as another one did has those of the artifacts that it has from there. */
static const char labels_sql[] =
	"SELECT artifact, label, step, gate, definition FROM labels WHERE run=?1 UNION ALL"
	" SELECT l.artifact, l.label, l.step, l.gate, l.definition FROM repeats p"
	" JOIN labels l ON l.run=p.original AND l.artifact>=p.first"
	" AND l.artifact<p.first+p.artifacts WHERE p.run=?1 ORDER BY 1, 2, 3, 4";

static int
read_row(sqlite3_stmt *statement, struct arena *arena, struct label_row *ret_row,
	struct err *err)
{
	*ret_row = (struct label_row){.artifact = (uint32_t)db_column_int(statement, 0),
		.label = arena_str(arena, db_column_text(statement, 1)),
		.step = arena_str(arena, db_column_text(statement, 2)),
		.gate = arena_str(arena, db_column_text(statement, 3))};
	return db_column_digest(statement, 4, &ret_row->definition, err);
}

int
label_list(struct store *store, int64_t run, struct arena *arena, struct label_row **ret_rows,
	size_t *ret_n, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	struct label_row *rows = NULL;
	size_t capacity = 0;
	size_t n = 0;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(lease.db, labels_sql, &statement, err);
	if (r == 0)
		db_bind_int(statement, 1, run);
	while (r == 0 && (r = db_step(statement, err)) > 0) {
		rows = memory_grow(rows, n, &capacity, sizeof(*rows));
		r = read_row(statement, arena, &rows[n++], err);
	}
	if (r == 0) {
		*ret_rows = ARENA_ARRAY(arena, n, struct label_row);
		if (n)
			memcpy(*ret_rows, rows, n * sizeof(*rows));
		*ret_n = n;
	}
	free(rows);
	return r;
}
