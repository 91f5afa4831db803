#include "store/key_read.h"

#include "store/handle.h"
#include "store/states.h"

#define KEY_ROWS                                                              \
	"SELECT a.run, r.id, a.number, e.payload ->> '$.key' FROM attempts a" \
	" JOIN runs r ON r.number=a.run JOIN events e ON e.id=a.event"        \
	" JOIN visits v ON v.run=a.run AND v.step=a.step AND v.visit=a.visit" \
	" WHERE typeof(e.payload)='text' AND e.payload ->> '$.key' IS NOT NULL"

static int
read_row(sqlite3_stmt *statement, struct key_row *ret_row, struct err *err)
{
	struct key_row row = {.run = db_column_int(statement, 0),
		.attempt = (uint32_t)db_column_int(statement, 2)};
	int r = db_column_uuid(statement, 1, &row.run_id, err);

	if (r == 0 && !digest_parse(db_column_text(statement, 3), &row.key))
		r = err_set(
			err, ERR_CORRUPT, "the key of attempt %u is no digest", row.attempt);
	if (r < 0)
		return r;
	*ret_row = row;
	return 1;
}

int
key_of_attempt(struct store *store, int64_t run, uint32_t attempt, struct key_row *ret_row,
	struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(
			lease.db, KEY_ROWS " AND a.run=?1 AND a.number=?2", &statement, err);
	if (r < 0)
		return r;
	db_bind_int(statement, 1, run);
	db_bind_int(statement, 2, attempt);
	r = db_step(statement, err);
	return r <= 0 ? r : read_row(statement, ret_row, err);
}

int
key_before(struct store *store, struct str workflow, struct str step, int64_t run,
	uint32_t attempt, struct key_row *ret_row, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(lease.db,
			KEY_ROWS " AND r.workflow=?1 AND v.name=?2 AND a.state=?5"
				 " AND (a.run<?3 OR (a.run=?3 AND a.number<?4))"
				 " ORDER BY a.run DESC, a.number DESC LIMIT 1",
			&statement, err);
	if (r < 0)
		return r;
	db_bind_text(statement, 1, workflow);
	db_bind_text(statement, 2, step);
	db_bind_int(statement, 3, run);
	db_bind_int(statement, 4, attempt);
	db_bind_int(statement, 5, ROW_ATTEMPT_ACCEPTED);
	r = db_step(statement, err);
	return r <= 0 ? r : read_row(statement, ret_row, err);
}
