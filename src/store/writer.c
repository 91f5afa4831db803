#include "store/writer.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "store/manifest.h"
#include "store/migrate.h"
#include "store/placement.h"
#include "store/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

/* Above this the WAL is carried over to the database between two groups. */
#define CHECKPOINT_BYTES ((int64_t)16 << 20)
/* At the end of a process a shorter WAL stays: the next one reads it (1 GB/s) sooner than this one
 * could carry it over and wait for the disk, and the blocks of the file need not be found again. */
#define WAL_AT_CLOSE ((int64_t)256 << 10)
/* At the end of a process: a shorter tail is read faster than it is merged. */
#define TAIL_AT_CLOSE ((size_t)4096)

struct writer {
	struct writer_spec spec;
	sqlite3 *db;
	sqlite3_stmt *begin, *commit, *rollback, *add_event, *add_object, *request_done;
	struct object_index objects;
	struct fold *fold;
	struct digest_map suspects; /* objects whose bytes are to be written again */
	pthread_t thread;
	bool locked;
	int64_t wal_bytes; /* after the last commit */
	struct placement placement;
	struct manifest_list
		unwritten; /* runs whose status changed since their manifest was written */
	struct manifest_list written; /* since the last group */
	bool dirty;                   /* something was committed since the last checkpoint */
	bool warned;
	_Atomic bool has_warning;
	pthread_mutex_t mutex; /* guards warning */
	char warning[WRITER_WARNING_SIZE];
};

sqlite3 *
writer_db(struct writer *writer)
{
	return writer->db;
}

struct object_index *
writer_objects(struct writer *writer)
{
	return &writer->objects;
}

static int
lock_store(struct writer *writer, struct err *err)
{
	int r = file_lock(writer->spec.lock, FILE_WAIT, err);

	writer->locked = r == 0;
	return r;
}

static void
unlock_store(struct writer *writer)
{
	if (writer->locked)
		(void)flock(writer->spec.lock, LOCK_UN);
	writer->locked = false;
}

static int
begin_transaction(struct writer *writer, struct err *err)
{
	int r = lock_store(writer, err);

	return r < 0 ? r : db_run(writer->begin, err);
}

/* Ends the transaction and gives up the lock. */
static int
end_transaction(struct writer *writer, int r, struct err *err)
{
	if (r == 0)
		r = db_run(writer->commit, err);
	if (r < 0 && !sqlite3_get_autocommit(writer->db))
		(void)db_run(writer->rollback, NULL);
	unlock_store(writer);
	return r;
}

static int
insert_event(struct writer *writer, struct event *event, struct err *err)
{
	sqlite3_stmt *insert = writer->add_event;
	int r;

	db_bind_int(insert, 1, event->run);
	db_bind_int(insert, 2, (int64_t)event->seq);
	db_bind_int(insert, 3, event->type);
	db_bind_int(insert, 4, event->time_us);
	db_bind_bytes(insert, 5, event->hash.bytes, sizeof(event->hash.bytes));
	db_bind_text(insert, 6, event->payload);
	r = db_run(insert, err);
	if (r == 0)
		event->id = sqlite3_last_insert_rowid(writer->db);
	return r;
}

/* I2: who appends is checked here, whatever the lock of the run was worth. */
static int
chain_event(struct writer *writer, struct event *event, struct err *err)
{
	const struct fold_run *run;
	struct digest payload;
	int r;

	/* Its hash comes with it: no row knows the id of a run that is only now made. */
	if (event->type == EVENT_RUN_CREATED)
		return 0;
	r = fold_run(writer->fold, event->run, &run, err);
	if (r < 0)
		return r;
	if (event->seq != run->seq + 1)
		return err_set(err, ERR_SYS,
			"event %llu does not follow event %llu of its run: another process has "
			"appended to it",
			(unsigned long long)event->seq, (unsigned long long)run->seq);
	digest_of(event->payload.p, event->payload.n, &payload);
	event_hash(&run->head, &run->id, event->seq, str_of(event_type_name(event->type)),
		event->time_us, &payload, &event->hash);
	return 0;
}

static int
close_chain(struct writer *writer, const struct event *end, struct err *err)
{
	const struct fold_run *store;
	const struct fold_run *run;
	char id[UUID_TEXT_SIZE];
	char hex[DIGEST_HEX_SIZE];
	char payload[256];
	struct event closed = {.type = EVENT_RUN_CLOSED, .time_us = end->time_us};
	int r = fold_run(writer->fold, end->run, &run, err);
	int n;

	if (r == 0)
		r = fold_run(writer->fold, 0, &store, err);
	if (r < 0)
		return r;
	n = snprintf(payload, sizeof(payload),
		"{\"head\":\"%s\",\"run\":\"%s\",\"status\":\"%.*s\"}",
		digest_to_hex(&run->head, hex), uuid_to_text(&run->id, id),
		STR_ARG(row_run_name(run->status)));
	closed.payload = (struct str){payload, (size_t)n};
	closed.seq = store->seq + 1;
	return writer_add_event(writer, &closed, err);
}

int
writer_next_of_store(struct writer *writer, uint64_t *ret_seq, struct err *err)
{
	const struct fold_run *store;
	int r = fold_run(writer->fold, 0, &store, err);

	if (r == 0)
		*ret_seq = store->seq + 1;
	return r;
}

void
writer_suspect(struct writer *writer, const struct digest *digest)
{
	digest_map_set(&writer->suspects, digest, 1);
}

int
writer_add_event(struct writer *writer, struct event *event, struct err *err)
{
	int r = chain_event(writer, event, err);

	if (r == 0)
		r = insert_event(writer, event, err);
	if (r == 0)
		r = fold_event(writer->fold, event, err);
	return r;
}

/* A row whose bytes are damaged gets those that were put again; 1 where they are in a file. */
static int
mend_object(struct writer *writer, const struct digest *digest, int64_t id, uint64_t size,
	const char *bytes, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *update = NULL;
	int r = db_prepare(
		writer->db, "UPDATE objects SET size=?2, bytes=?3 WHERE id=?1", &update, err);

	if (r < 0)
		return r;
	digest_map_remove(&writer->suspects, digest);
	db_bind_int(update, 1, id);
	db_bind_int(update, 2, (int64_t)size);
	if (bytes)
		db_bind_bytes(update, 3, bytes, (size_t)size);
	else
		db_bind_null(update, 3);
	r = db_run(update, err);
	return r < 0 ? r : !bytes;
}

/* A row for the object unless it has one: 1 where it is new. */
static int
add_object(struct writer *writer, const struct digest *digest, uint64_t size, const char *bytes,
	struct err *err)
{
	sqlite3_stmt *insert = writer->add_object;
	int64_t id;
	int r = object_index_find(&writer->objects, digest, &id, err);

	if (r > 0 && writer->suspects.used && digest_map_get(&writer->suspects, digest))
		return mend_object(writer, digest, id, size, bytes, err);
	if (r != 0)
		return r < 0 ? r : 0;
	db_bind_bytes(insert, 1, digest->bytes, sizeof(digest->bytes));
	db_bind_int(insert, 2, (int64_t)size);
	if (bytes)
		db_bind_bytes(insert, 3, bytes, (size_t)size);
	else
		db_bind_null(insert, 3);
	r = db_run(insert, err);
	if (r < 0)
		return r;
	object_index_add(&writer->objects, digest, sqlite3_last_insert_rowid(writer->db));
	return 1;
}

static int
add_file(struct writer *writer, const struct queued_file *file, struct err *err)
{
	int r = add_object(writer, &file->digest, file->size, NULL, err);

	if (r > 0)
		return placement_place(&writer->placement, file, err);
	if (r == 0)
		(void)unlinkat(writer->spec.objects, file->path, 0);
	return r;
}

static int
finish_request(struct writer *writer, int64_t id, struct err *err)
{
	db_bind_int(writer->request_done, 1, id);
	db_bind_int(writer->request_done, 2, clock_utc_us());
	return db_run(writer->request_done, err);
}

static int
apply(struct writer *writer, struct submission *submission, struct err *err)
{
	struct queued_call *call;
	int r;

	switch (submission->kind) {
	case SUBMISSION_EVENT:
		r = writer_add_event(writer, &submission->event, err);
		if (r == 0 && submission->event.type == EVENT_RUN_FINISHED)
			r = close_chain(writer, &submission->event, err);
		return r;
	case SUBMISSION_OBJECT:
		r = add_object(writer, &submission->object->digest, submission->object->size,
			submission->object->bytes, err);
		return r < 0 ? r : 0;
	case SUBMISSION_FILE: return add_file(writer, &submission->file, err);
	case SUBMISSION_DONE: return finish_request(writer, submission->request, err);
	case SUBMISSION_CALL:
		call = submission->call;
		r = call->function(writer, call->context, err);
		if (r == 0)
			queue_finish_call(writer->spec.queue, call);
		return r;
	}
	BUG("a submission of kind %d", (int)submission->kind);
}

static int
apply_all(struct writer *writer, struct submission *items, size_t n, struct err *err)
{
	int r = object_index_catch_up(&writer->objects, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = apply(writer, &items[i], err);
	return r < 0 ? r : placement_sync(&writer->placement, err);
}

static int
merge_when_large(struct writer *writer, size_t limit, struct err *err)
{
	if (object_index_tail(&writer->objects) < limit)
		return 0;
	return object_index_merge(&writer->objects, err);
}

/* The transaction of one group: a prefix of what waits. *ret_changed as of fold_flush. */
static int
commit_group(struct writer *writer, struct submission *items, size_t n,
	const int64_t **ret_changed, size_t *ret_n, struct err *err)
{
	int r = begin_transaction(writer, err);

	if (r == 0)
		r = manifest_forget(writer->db, &writer->written, err);
	if (r == 0)
		r = apply_all(writer, items, n, err);
	if (r == 0)
		r = fold_flush(writer->fold, ret_changed, ret_n, err);
	if (r == 0)
		r = manifest_note(writer->db, *ret_changed, *ret_n, err);
	if (r == 0)
		r = merge_when_large(writer, object_index_tail_limit(&writer->objects), err);
	return end_transaction(writer, r, err);
}

static int
write_manifests(struct writer *writer, struct err *err)
{
	struct manifest_list *list = &writer->unwritten;

	for (; list->n; list->n--) {
		int64_t run = list->runs[list->n - 1];
		int r = manifest_write(writer->db, writer->spec.directory, run, err);

		if (r < 0)
			return r;
		manifest_list_add(&writer->written, run);
	}
	return 0;
}

static int
write_group(struct writer *writer, struct submission *items, size_t n, struct err *err)
{
	const int64_t *changed = NULL;
	size_t n_changed = 0;
	int r = placement_begin(&writer->placement, items, n, err);

	if (r == 0)
		r = commit_group(writer, items, n, &changed, &n_changed, err);
	for (size_t i = 0; r == 0 && i < n_changed; i++)
		manifest_list_add(&writer->unwritten, changed[i]);
	/* A run is created, planned and started in quick succession: one manifest for all. */
	if (r == 0 && !queue_has_more(writer->spec.queue))
		r = write_manifests(writer, err);
	if (r < 0)
		return err_wrap(err, "%s", writer->spec.path);
	writer->dirty = true;
	queue_set_durable(writer->spec.queue, items[n - 1].number);
	return 0;
}

static void
warn_of_wal(struct writer *writer)
{
	if (writer->warned || writer->wal_bytes < (int64_t)writer->spec.wal_report)
		return;
	writer->warned = true;
	(void)pthread_mutex_lock(&writer->mutex);
	(void)snprintf(writer->warning, sizeof(writer->warning),
		"%s-wal has grown to %lld MB: some process has been reading from the store for "
		"very long; end it, and the file shrinks",
		DB_NAME, (long long)(writer->wal_bytes / 1000000));
	atomic_store(&writer->has_warning, true);
	(void)pthread_mutex_unlock(&writer->mutex);
}

bool
writer_take_warning(struct writer *writer, char text[WRITER_WARNING_SIZE])
{
	if (!atomic_load(&writer->has_warning))
		return false;
	(void)pthread_mutex_lock(&writer->mutex);
	memcpy(text, writer->warning, WRITER_WARNING_SIZE);
	atomic_store(&writer->has_warning, false);
	(void)pthread_mutex_unlock(&writer->mutex);
	return true;
}

static int
remember_wal(void *context, sqlite3 *db, const char *name, int pages)
{
	struct writer *writer = context;

	(void)db;
	(void)name;
	writer->wal_bytes = (int64_t)pages * 4096;
	return SQLITE_OK;
}

/* What cannot be carried over now, because somebody reads or does it already, waits for later. */
static int
checkpoint(struct writer *writer, int mode, struct err *err)
{
	int code = sqlite3_wal_checkpoint_v2(writer->db, NULL, mode, NULL, NULL);

	if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY && (code & 0xFF) != SQLITE_LOCKED)
		return db_error(writer->db, "checkpoint", err);
	return 0;
}

static int
checkpoint_when_large(struct writer *writer, struct err *err)
{
	warn_of_wal(writer);
	if (writer->wal_bytes < CHECKPOINT_BYTES)
		return 0;
	return checkpoint(writer, SQLITE_CHECKPOINT_PASSIVE, err);
}

/* With the lock, so that no other process has to wait for us inside SQLite. */
static int
tidy(struct writer *writer, struct err *err)
{
	int r;

	if (!writer->dirty)
		return 0;
	r = checkpoint(writer, SQLITE_CHECKPOINT_PASSIVE, err);
	if (r == 0)
		r = lock_store(writer, err);
	if (r < 0)
		return r;
	(void)sqlite3_busy_timeout(writer->db, 0);
	r = checkpoint(writer, SQLITE_CHECKPOINT_TRUNCATE, err);
	db_wait_while_busy(writer->db);
	unlock_store(writer);
	writer->dirty = false;
	return r;
}

static int
write_batch(struct writer *writer, struct batch *batch, struct err *err)
{
	int r = 0;

	for (size_t at = 0; r == 0 && at < batch->n; at += QUEUE_GROUP_ROWS) {
		r = write_group(
			writer, &batch->items[at], MIN(batch->n - at, QUEUE_GROUP_ROWS), err);
		if (r == 0)
			r = checkpoint_when_large(writer, err);
	}
	return r;
}

static int
prepare_statements(struct writer *writer, struct err *err)
{
	const struct {
		sqlite3_stmt **statement;
		const char *sql;
	} statements[] = {
		{&writer->begin, "BEGIN IMMEDIATE"},
		{&writer->commit, "COMMIT"},
		{&writer->rollback, "ROLLBACK"},
		{&writer->add_event,
			"INSERT INTO events(run, seq, type, time, hash, payload)"
			" VALUES(?1, ?2, ?3, ?4, ?5, ?6)"},
		{&writer->add_object,
			"INSERT INTO objects(sha256, size, bytes)"
			" VALUES(?1, ?2, ?3)"},
		{&writer->request_done, "UPDATE requests SET done=?2 WHERE id=?1 AND done=0"},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(statements); i++)
		r = db_prepare(writer->db, statements[i].sql, statements[i].statement, err);
	if (r == 0)
		r = object_index_init(&writer->objects, writer->db, err);
	if (r == 0)
		r = fold_new(writer->db, &writer->objects, &writer->fold, err);
	return r;
}

/* A disk may be full for a file beside the database, too, where nothing says yet what to do. */
static void
advise(struct err *err)
{
	struct err why = *err;

	if ((why.sys_errno != ENOSPC && why.sys_errno != EDQUOT) ||
		strstr(why.message, DB_ADVICE_FULL))
		return;
	(void)err_set(err, why.code, "%s; " DB_ADVICE_FULL, why.message);
	err->sys_errno = why.sys_errno;
}

static void *
writer_main(void *argument)
{
	struct writer *writer = argument;
	struct batch batch = {0};
	struct err err = ERR_INIT;
	int taken;
	/* Beside what the caller does before it has anything to write. */
	int r = prepare_statements(writer, &err);

	while (r == 0) {
		taken = queue_take(
			writer->spec.queue, &batch, writer->dirty ? QUEUE_IDLE_US : -1);
		if (taken < 0)
			break;
		r = taken ? write_batch(writer, &batch, &err) : tidy(writer, &err);
		batch_clear(&batch);
	}
	if (r < 0)
		advise(&err);
	if (r < 0)
		queue_fail(writer->spec.queue, &err);
	batch_done(&batch);
	return NULL;
}

/* Under commit.lock: creating, migrating, the switch to WAL and its recovery are one at a time. */
static int
open_locked(struct writer *writer, struct err *err)
{
	int version = 0;
	int r = db_check_file_system(writer->spec.directory, writer->spec.lock, err);

	if (r == 0)
		r = staging_sweep(writer->spec.objects, err);
	if (r == 0)
		r = db_open(writer->spec.path, DB_WRITER, &writer->db, err);
	if (r == 0)
		r = db_prepare_format(writer->db, writer->spec.directory, &version, err);
	if (r == 0 && version < DB_VERSION)
		r = migrate(writer->db, writer->spec.path, version, err);
	if (r == 0)
		r = manifest_catch_up(
			writer->db, writer->spec.directory, &writer->written, err);
	return r;
}

static void
release(struct writer *writer)
{
	fold_free(writer->fold);
	digest_map_done(&writer->suspects);
	object_index_done(&writer->objects);
	(void)sqlite3_finalize(writer->begin);
	(void)sqlite3_finalize(writer->commit);
	(void)sqlite3_finalize(writer->rollback);
	(void)sqlite3_finalize(writer->add_event);
	(void)sqlite3_finalize(writer->add_object);
	(void)sqlite3_finalize(writer->request_done);
	db_close(writer->db);
	placement_done(&writer->placement);
	free(writer->unwritten.runs);
	free(writer->written.runs);
	(void)pthread_mutex_destroy(&writer->mutex);
	free(writer);
}

int
writer_open(const struct writer_spec *spec, struct writer **ret_writer, struct err *err)
{
	struct writer *writer = memory_zeroed(1, sizeof(*writer));
	int r;

	writer->spec = *spec;
	placement_init(&writer->placement, spec->objects);
	(void)pthread_mutex_init(&writer->mutex, NULL);
	r = lock_store(writer, err);
	if (r == 0)
		r = open_locked(writer, err);
	unlock_store(writer);
	if (r == 0) {
		(void)sqlite3_wal_hook(writer->db, remember_wal, writer);
		errno = pthread_create(&writer->thread, NULL, writer_main, writer);
		if (errno)
			r = err_sys(err, "start the writer thread");
	}
	if (r < 0)
		release(writer);
	else
		*ret_writer = writer;
	return r;
}

static int
merge_at_close(struct writer *writer, struct err *err)
{
	int r;

	if (object_index_tail(&writer->objects) < TAIL_AT_CLOSE)
		return 0;
	r = begin_transaction(writer, err);
	if (r == 0)
		r = object_index_catch_up(&writer->objects, err);
	if (r == 0)
		r = merge_when_large(writer, TAIL_AT_CLOSE, err);
	return end_transaction(writer, r, err);
}

void
writer_close(struct writer *writer)
{
	if (!writer)
		return;
	queue_stop(writer->spec.queue);
	(void)pthread_join(writer->thread, NULL);
	if (queue_check(writer->spec.queue, NULL) == 0 && merge_at_close(writer, NULL) == 0 &&
		writer->wal_bytes >= WAL_AT_CLOSE)
		(void)tidy(writer, NULL);
	release(writer);
}
