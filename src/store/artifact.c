#include "store/artifact.h"

#include "base/memory.h"
#include "store/handle.h"
#include "store/rows.h"

static struct str
text_of(sqlite3_stmt *statement, int at, struct arena *arena)
{
	return arena_str(arena, db_column_text(statement, at));
}

static int
read_row(sqlite3_stmt *statement, struct arena *arena, struct artifact_row *ret_row,
	struct err *err)
{
	struct artifact_row row = {
		.run = db_column_int(statement, 0),
		.number = (uint32_t)db_column_int(statement, 2),
		.name = text_of(statement, 3, arena),
		.kind = text_of(statement, 4, arena),
		.type = text_of(statement, 5, arena),
		.size = (uint64_t)db_column_int(statement, 7),
		.created_us = db_column_int(statement, 8),
		.producer = text_of(statement, 9, arena),
		.producer_kind = text_of(statement, 10, arena),
		.attempt = (uint32_t)db_column_int(statement, 11),
		.role = text_of(statement, 12, arena),
		.labels = text_of(statement, 14, arena),
	};
	int r = db_column_uuid(statement, 1, &row.run_id, err);

	if (r == 0)
		r = db_column_digest(statement, 6, &row.digest, err);
	row.has_schema = !db_column_is_null(statement, 13);
	if (r == 0 && row.has_schema)
		r = db_column_digest(statement, 13, &row.schema, err);
	if (r == 0)
		*ret_row = row;
	return r;
}

/* 1 and the object's number, 0 where there is no such object. */
static int
find_object(struct store *store, const struct digest *digest, int64_t *ret_id, struct err *err)
{
	struct object_index *objects = &store->reader.objects;
	int r = object_index_catch_up(objects, err);

	return r < 0 ? r : object_index_find(objects, digest, ret_id, err);
}

static int
prepare(sqlite3 *db, const struct artifact_filter *filter, int64_t object,
	sqlite3_stmt **statement, struct err *err)
{
	AUTO_BUF struct buf sql = BUF_INIT(2048);
	int r;

	buf_add_cstr(&sql, ARTIFACT_ROWS " WHERE 1");
	if (filter->run >= 0)
		buf_add_cstr(&sql, " AND a.run=?1");
	if (filter->digest)
		buf_add_cstr(&sql, " AND a.object=?2");
	if (filter->producer.n)
		buf_add_cstr(&sql, " AND a.producer=?3");
	if (filter->name.n)
		buf_add_cstr(&sql, " AND a.name=?4");
	if (!filter->with_rejected)
		buf_add_cstr(&sql,
			" AND a.role NOT IN ('candidate','rejected','superseded','feedback',"
			"'log','gate_log','gate_file')");
	/* Without an upper bound the offset still needs a LIMIT; -1 is none. */
	buf_add_cstr(&sql, " ORDER BY a.run DESC, a.number LIMIT ?5 OFFSET ?6");
	r = db_prepare(db, buf_cstr(&sql), statement, err);
	if (r < 0)
		return r;
	if (filter->run >= 0)
		db_bind_int(*statement, 1, filter->run);
	if (filter->digest)
		db_bind_int(*statement, 2, object);
	if (filter->producer.n)
		db_bind_text(*statement, 3, filter->producer);
	if (filter->name.n)
		db_bind_text(*statement, 4, filter->name);
	db_bind_int(*statement, 5,
		filter->limit ? (int64_t)MIN(filter->limit, (uint64_t)INT64_MAX) : -1);
	db_bind_int(*statement, 6, (int64_t)MIN(filter->offset, (uint64_t)INT64_MAX));
	return 0;
}

int
artifact_rows_read(sqlite3_stmt *statement, struct arena *arena, struct artifact_row **ret_rows,
	size_t *ret_n, struct err *err)
{
	struct artifact_row *rows = NULL;
	size_t capacity = 0;
	size_t n = 0;
	int r = 0;

	while (r == 0 && (r = db_step(statement, err)) > 0) {
		rows = memory_grow(rows, n, &capacity, sizeof(*rows));
		r = read_row(statement, arena, &rows[n++], err);
	}
	if (r == 0) {
		*ret_rows = ARENA_ARRAY(arena, n, struct artifact_row);
		if (n)
			memcpy(*ret_rows, rows, n * sizeof(*rows));
		*ret_n = n;
	}
	free(rows);
	return r;
}

int
artifact_list(struct store *store, const struct artifact_filter *filter, struct arena *arena,
	struct artifact_row **ret_rows, size_t *ret_n, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int64_t object = 0;
	int r = reader_lease(store, &lease, err);

	/* Number 0 is no object's: a digest that the store does not have finds nothing. */
	if (r == 0 && filter->digest)
		r = find_object(store, filter->digest, &object, err);
	if (r >= 0)
		r = prepare(lease.db, filter, object, &statement, err);
	return r < 0 ? r : artifact_rows_read(statement, arena, ret_rows, ret_n, err);
}

int
artifact_check_kept(struct store *store, const struct artifact_filter *filter, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(lease.db,
			"SELECT number FROM every_artifact a WHERE run=?1 AND producer=?2 AND"
			" name=?3 AND NOT EXISTS(SELECT 1 FROM objects o WHERE o.id=a.object)",
			&statement, err);
	if (r < 0)
		return r;
	db_bind_int(statement, 1, filter->run);
	db_bind_text(statement, 2, filter->producer);
	db_bind_text(statement, 3, filter->name);
	r = db_step(statement, err);
	if (r <= 0)
		return r;
	return err_set(err, ERR_CORRUPT,
		"\"%.*s\" of step \"%.*s\" is gone from the store; run lily fsck",
		STR_ARG(filter->name), STR_ARG(filter->producer));
}

int
artifact_find(struct store *store, int64_t run, uint32_t number, struct arena *arena,
	struct artifact_row *ret_row, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(lease.db, ARTIFACT_ROWS " WHERE a.run=?1 AND a.number=?2",
			&statement, err);
	if (r < 0)
		return r;
	db_bind_int(statement, 1, run);
	db_bind_int(statement, 2, number);
	r = db_step(statement, err);
	if (r == 0)
		return err_set(err, ERR_NOT_FOUND,
			"there is no artifact %u in this run; `lily artifact list` shows all",
			number);
	return r < 0 ? r : read_row(statement, arena, ret_row, err);
}

int
artifact_type_find(struct store *store, struct str id, struct digest *ret_schema,
	struct uuid *ret_run, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(lease.db,
			"SELECT o.sha256, r.id FROM schemas s JOIN objects o ON o.id=s.object"
			" JOIN runs r ON r.number=s.run WHERE s.id=?1",
			&statement, err);
	if (r < 0)
		return r;
	db_bind_text(statement, 1, id);
	r = db_step(statement, err);
	if (r <= 0)
		return r;
	r = db_column_digest(statement, 0, ret_schema, err);
	if (r == 0)
		r = db_column_uuid(statement, 1, ret_run, err);
	return r < 0 ? r : 1;
}
