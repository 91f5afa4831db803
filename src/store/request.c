#include "store/request.h"

#include "base/clock.h"
#include "base/memory.h"
#include "store/handle.h"

struct wish {
	int64_t run;
	struct str kind;
	struct str payload;
	int64_t id;
	struct str unless; /* empty: in any case */
	struct arena *arena;
	struct request *waiting;
	bool is_waiting;
};

static void read_request(
	sqlite3_stmt *statement, struct arena *arena, struct request *ret_request);

/* In the transaction that would put it, so that of two processes one is first. */
static int
find_waiting(struct writer *writer, struct wish *wish, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = db_prepare(writer_db(writer),
		"SELECT id, kind, payload, time FROM requests WHERE run=?1 AND done=0 AND "
		"kind=?2 AND instr(payload, ?3) LIMIT 1",
		&statement, err);

	if (r < 0)
		return r;
	db_bind_int(statement, 1, wish->run);
	db_bind_text(statement, 2, wish->kind);
	db_bind_text(statement, 3, wish->unless);
	r = db_step(statement, err);
	if (r > 0) {
		read_request(statement, wish->arena, wish->waiting);
		wish->is_waiting = true;
	}
	return r;
}

static int
insert(struct writer *writer, void *context, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	struct wish *wish = context;
	int r = wish->unless.n ? find_waiting(writer, wish, err) : 0;

	if (r != 0)
		return MIN(r, 0);
	r = db_prepare(writer_db(writer),
		"INSERT INTO requests(run, kind, payload, time, done) VALUES(?1, ?2, ?3, ?4, "
		"0)",
		&statement, err);

	if (r < 0)
		return r;
	db_bind_int(statement, 1, wish->run);
	db_bind_text(statement, 2, wish->kind);
	db_bind_text(statement, 3, wish->payload);
	db_bind_int(statement, 4, clock_utc_us());
	r = db_run(statement, err);
	wish->id = sqlite3_last_insert_rowid(writer_db(writer));
	return r;
}

static int
put(struct store *store, struct wish *wish, struct err *err)
{
	struct queued_call call = {.function = insert, .context = wish};
	int r = store_need_writer(store, err);

	if (r == 0 && wish->payload.n > EVENT_PAYLOAD_MAX)
		r = err_set(err, ERR_LIMIT,
			"the request has %zu bytes, at most %zu can be kept", wish->payload.n,
			EVENT_PAYLOAD_MAX);
	if (r == 0)
		r = queue_call(&store->queue, &call, err);
	return r < 0 ? r : store_flush(store, err);
}

int
request_put(struct store *store, int64_t run, struct str kind, struct str payload,
	int64_t *ret_id, struct err *err)
{
	struct wish wish = {.run = run, .kind = kind, .payload = payload};
	int r = put(store, &wish, err);

	if (r == 0 && ret_id)
		*ret_id = wish.id;
	return r;
}

int
request_put_first(struct store *store, int64_t run, struct str kind, struct str payload,
	struct str unless, struct arena *arena, struct request *ret_waiting, struct err *err)
{
	struct wish wish = {.run = run,
		.kind = kind,
		.payload = payload,
		.unless = unless,
		.arena = arena,
		.waiting = ret_waiting};
	int r = put(store, &wish, err);

	return r < 0 ? r : !wish.is_waiting;
}

/* Whether this process has submitted that it is done: the table may not know yet. */
static bool
is_finished(const struct store *store, int64_t id)
{
	for (size_t i = 0; i < store->n_finished; i++)
		if (store->finished[i].request == id)
			return true;
	return false;
}

static void
forget_durable(struct store *store)
{
	uint64_t durable = store_durable(store);
	size_t kept = 0;

	for (size_t i = 0; i < store->n_finished; i++)
		if (store->finished[i].submission > durable)
			store->finished[kept++] = store->finished[i];
	store->n_finished = kept;
}

static void
read_request(sqlite3_stmt *statement, struct arena *arena, struct request *ret_request)
{
	*ret_request = (struct request){
		.id = db_column_int(statement, 0),
		.kind = arena_str(arena, db_column_text(statement, 1)),
		.payload = arena_str(arena, db_column_text(statement, 2)),
		.time_us = db_column_int(statement, 3),
	};
}

int
request_next(struct store *store, int64_t run, struct arena *arena, struct request *ret_request,
	struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	sqlite3_stmt *statement;
	int64_t after = 0;
	int r = reader_lease(store, &lease, err);

	if (r < 0)
		return r;
	statement = store->reader.request;
	for (;;) {
		db_bind_int(statement, 1, run);
		db_bind_int(statement, 2, after);
		r = db_step(statement, err);
		if (r <= 0)
			return r;
		after = db_column_int(statement, 0);
		if (!is_finished(store, after))
			break;
		(void)sqlite3_reset(statement);
	}
	read_request(statement, arena, ret_request);
	(void)sqlite3_reset(statement);
	return 1;
}

int
request_was_made(struct store *store, int64_t run, struct str kind, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(lease.db,
			"SELECT 1 FROM requests WHERE run=?1 AND kind=?2 LIMIT 1", &statement,
			err);
	if (r < 0)
		return r;
	db_bind_int(statement, 1, run);
	db_bind_text(statement, 2, kind);
	return db_step(statement, err);
}

int
request_is_done(struct store *store, int64_t id, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(
			lease.db, "SELECT done FROM requests WHERE id=?1", &statement, err);
	if (r < 0)
		return r;
	db_bind_int(statement, 1, id);
	r = db_step(statement, err);
	if (r == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no request %lld", (long long)id);
	return r < 0 ? r : db_column_int(statement, 0) != 0;
}

int
request_done(struct store *store, int64_t id, struct err *err)
{
	struct submission *submission;
	uint64_t number;
	int r = store_need_writer(store, err);

	if (r == 0)
		r = queue_begin(&store->queue, SUBMISSION_DONE, 0, &submission, err);
	if (r < 0)
		return r;
	submission->request = id;
	number = submission->number;
	queue_commit(&store->queue);
	forget_durable(store);
	store->finished = memory_grow(store->finished, store->n_finished,
		&store->finished_capacity, sizeof(*store->finished));
	store->finished[store->n_finished].request = id;
	store->finished[store->n_finished++].submission = number;
	return 0;
}
