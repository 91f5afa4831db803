#include "store/event.h"

#include "base/memory.h"
#include "store/handle.h"
#include "json/json.h"

#define READ_AT_ONCE 256
#define READ_BYTES ((size_t)1 << 20)

int
event_append(struct store *store, struct chain *chain, enum event_type type, int64_t time_us,
	struct str payload, uint64_t *ret_submission, struct err *err)
{
	struct submission *submission;
	char *copy;
	int r = store_need_writer(store, err);

	if (r == 0 && payload.n > EVENT_PAYLOAD_MAX)
		r = err_set(err, ERR_LIMIT,
			"the payload of %s has %zu bytes, at most %zu can be kept",
			event_type_name(type), payload.n, EVENT_PAYLOAD_MAX);
	if (r == 0)
		r = queue_begin(&store->queue, SUBMISSION_EVENT, payload.n, &submission, err);
	if (r < 0)
		return r;
	copy = arena_bytes(&store->queue.waiting.arena, payload.n);
	memcpy(copy, payload.p, payload.n);
	submission->event = (struct event){
		.run = chain->run,
		.seq = ++chain->seq,
		.type = type,
		.time_us = time_us,
		.payload = {copy, payload.n},
	};
	if (ret_submission)
		*ret_submission = submission->number;
	queue_commit(&store->queue);
	return 0;
}

/* Events are read some at a time, so that no transaction is open while the caller looks at them. */
struct event_reader {
	struct store *store;
	int64_t run;
	int64_t after;
	sqlite3_stmt *statement;
	struct arena arena;
	struct event events[READ_AT_ONCE];
	size_t n, at;
};

int
event_reader_open(struct store *store, int64_t run, int64_t after,
	struct event_reader **ret_reader, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	struct event_reader *reader;
	int r = reader_lease(store, &lease, err);

	if (r < 0)
		return r;
	reader = memory_zeroed(1, sizeof(*reader));
	*reader = (struct event_reader){.store = store, .run = run, .after = after};
	r = db_prepare(lease.db,
		run >= 0 ? "SELECT id, run, seq, type, time, hash, payload FROM events"
			   " WHERE run=?2 AND id>?1 ORDER BY id LIMIT 256"
			 : "SELECT id, run, seq, type, time, hash, payload FROM events"
			   " WHERE id>?1 ORDER BY id LIMIT 256",
		&reader->statement, err);
	if (r < 0)
		free(reader);
	else
		*ret_reader = reader;
	return r;
}

void
event_reader_close(struct event_reader *reader)
{
	if (!reader)
		return;
	(void)pthread_mutex_lock(&reader->store->reader.mutex);
	(void)sqlite3_finalize(reader->statement);
	(void)pthread_mutex_unlock(&reader->store->reader.mutex);
	arena_done(&reader->arena);
	free(reader);
}

static int
read_event(struct event_reader *reader, struct event *event, struct err *err)
{
	sqlite3_stmt *statement = reader->statement;

	event->id = db_column_int(statement, 0);
	event->run = db_column_int(statement, 1);
	event->seq = (uint64_t)db_column_int(statement, 2);
	event->type = (enum event_type)db_column_int(statement, 3);
	event->time_us = db_column_int(statement, 4);
	event->removed = sqlite3_column_type(statement, 6) == SQLITE_BLOB;
	event->payload = event->removed
		? STR_EMPTY
		: arena_str(&reader->arena, db_column_text(statement, 6));
	return db_column_digest(statement, 5, &event->hash, err);
}

static int
read_some(struct event_reader *reader, struct err *err)
{
	size_t bytes = 0;
	int r;

	arena_reset(&reader->arena);
	reader->n = reader->at = 0;
	db_bind_int(reader->statement, 1, reader->after);
	if (reader->run >= 0)
		db_bind_int(reader->statement, 2, reader->run);
	while (reader->n < READ_AT_ONCE && bytes < READ_BYTES) {
		struct event *event = &reader->events[reader->n];

		r = db_step(reader->statement, err);
		if (r > 0)
			r = read_event(reader, event, err) < 0 ? ERR_CORRUPT : 1;
		if (r <= 0) {
			(void)sqlite3_reset(reader->statement);
			return r;
		}
		bytes += event->payload.n;
		reader->after = event->id;
		reader->n++;
	}
	(void)sqlite3_reset(reader->statement);
	return 0;
}

int
event_reader_next(struct event_reader *reader, struct event *ret_event, struct err *err)
{
	if (reader->at == reader->n) {
		int r;

		(void)pthread_mutex_lock(&reader->store->reader.mutex);
		r = read_some(reader, err);
		(void)pthread_mutex_unlock(&reader->store->reader.mutex);
		if (r < 0)
			return r;
	}
	if (reader->at == reader->n)
		return 0;
	*ret_event = reader->events[reader->at++];
	return 1;
}

int
event_parse_payload(const struct event *event, struct arena *arena,
	const struct value **ret_payload, struct err *err)
{
	struct source source = {.name = event_type_name(event->type), .text = event->payload};
	struct err why = ERR_INIT;

	if (json_parse(arena, &source, JSON_BORROW_TEXT, NULL, ret_payload, &why) == 0)
		return 0;
	return err_set(err, ERR_CORRUPT,
		"event %llu of the run is damaged; `lily fsck` says how far, a backup brings "
		"it "
		"back (%s)",
		(unsigned long long)event->seq, why.message);
}
