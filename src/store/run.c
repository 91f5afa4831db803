#include "store/run.h"

#include "base/clock.h"
#include "base/file.h"
#include "store/handle.h"
#include "store/manifest.h"
#include "store/object.h"
#include "store/rows.h"
#include "store/run_lock.h"
#include "json/json.h"

#include <stdio.h>

#define PAYLOAD_MAX ((size_t)1 << 20)

/* What the writer is asked to do for run_create. */
struct creation {
	const struct run_create_spec *spec;
	struct uuid id;
	struct str payload;
	int64_t time_us;
	int64_t number; /* the answer */
	bool exists;    /* a run has the key: */
	struct uuid existing;
};

static void
add_member(struct buf *b, const char *name, struct str text)
{
	if (!text.n)
		return;
	buf_printf(b, "%s\"%s\":", b->n > 1 ? "," : "", name);
	json_write_string(text, b);
}

static void
add_work_order(struct buf *b, const struct run_work_order *order)
{
	char hex[DIGEST_HEX_SIZE];

	buf_add_cstr(b, ",\"work_order\":{\"artifact\":1,\"kind\":");
	json_write_string(order->kind, b);
	buf_add_cstr(b, ",\"name\":");
	json_write_string(order->name, b);
	if (order->has_schema)
		buf_printf(b, ",\"schema\":\"%s\"", digest_to_hex(&order->schema, hex));
	buf_printf(b, ",\"sha256\":\"%s\",\"size\":%llu,\"type\":",
		digest_to_hex(&order->digest, hex), (unsigned long long)order->size);
	json_write_string(order->type, b);
	buf_add_char(b, '}');
}

/* The payload of run.created, canonical: members in the order of their names. */
static int
describe(const struct run_create_spec *spec, const struct uuid *id, struct buf *b,
	struct err *err)
{
	char text[UUID_TEXT_SIZE];
	char parent[UUID_TEXT_SIZE];

	buf_add_char(b, '{');
	add_member(b, "id", str_of(uuid_to_text(id, text)));
	add_member(b, "kernel", STR(LILY_VERSION));
	add_member(b, "key", spec->key);
	add_member(b, "kind", str_of(spec->kind));
	if (spec->parent)
		add_member(b, "parent", str_of(uuid_to_text(spec->parent, parent)));
	add_member(b, "source", spec->source);
	if (spec->work_order)
		add_work_order(b, spec->work_order);
	add_member(b, "workflow", spec->workflow);
	buf_add_char(b, '}');
	return buf_check(b, "the description of a run", err);
}

static int
check_text(const char *what, struct str text, struct err *err)
{
	if (str_is_utf8(text, NULL))
		return 0;
	return err_set(err, ERR_INVALID, "the %s of a run must be UTF-8", what);
}

static int
check_spec(const struct run_create_spec *spec, struct err *err)
{
	int r = check_text("key", spec->key, err);

	if (r == 0)
		r = check_text("workflow name", spec->workflow, err);
	if (r == 0)
		r = check_text("source path", spec->source, err);
	if (r == 0 && spec->work_order)
		r = check_text("work order's name", spec->work_order->name, err);
	return r;
}

static int
find_key(sqlite3 *db, struct creation *creation, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r;

	if (!creation->spec->key.n)
		return 0;
	r = db_prepare(db, "SELECT id FROM runs WHERE key=?1", &statement, err);
	if (r < 0)
		return r;
	db_bind_text(statement, 1, creation->spec->key);
	r = db_step(statement, err);
	if (r <= 0)
		return r;
	creation->exists = true;
	return db_column_uuid(statement, 0, &creation->existing, err);
}

/* Numbers and keys are given out inside the transaction, so two processes cannot agree on one. */
static int
create(struct writer *writer, void *context, struct err *err)
{
	static const struct digest zeros = {{0}};
	struct creation *creation = context;
	sqlite3 *db = writer_db(writer);
	struct event event = {.seq = 1,
		.type = EVENT_RUN_CREATED,
		.time_us = creation->time_us,
		.payload = creation->payload};
	struct digest payload;
	int r = find_key(db, creation, err);

	if (r < 0 || creation->exists)
		return r;
	r = db_query_int(db, "SELECT max(number)+1 FROM runs", &creation->number, err);
	if (r < 0)
		return r;
	event.run = creation->number;
	digest_of(event.payload.p, event.payload.n, &payload);
	event_hash(&zeros, &creation->id, 1, str_of(event_type_name(event.type)), event.time_us,
		&payload, &event.hash);
	return writer_add_event(writer, &event, err);
}

static int
submit(struct store *store, struct creation *creation, struct run_hold *hold, struct err *err)
{
	AUTO_BUF struct buf payload = BUF_INIT(PAYLOAD_MAX);
	struct queued_call call = {.function = create, .context = creation};
	int r = describe(creation->spec, &creation->id, &payload, err);

	if (r == 0)
		r = run_lock_take(
			store->directory, &creation->id, &hold->directory, &hold->lock, err);
	if (r < 0)
		return r;
	creation->payload = buf_str(&payload);
	creation->time_us = clock_utc_us();
	return queue_call(&store->queue, &call, err);
}

static void
undo_folder(struct store *store, const struct uuid *id, struct run_hold *hold)
{
	char path[64];
	char text[UUID_TEXT_SIZE];

	fd_close(&hold->lock);
	fd_close(&hold->directory);
	(void)snprintf(path, sizeof(path), "runs/%s", uuid_to_text(id, text));
	(void)tree_remove(store->directory, path, NULL);
}

int
run_create(struct store *store, const struct run_create_spec *spec, struct run_hold *ret_hold,
	struct uuid *ret_existing, struct err *err)
{
	struct creation creation = {.spec = spec};
	struct run_hold hold = {.store = store, .directory = -1, .lock = -1, .next_attempt = 1};
	int r = store_need_writer(store, err);

	if (r == 0)
		r = check_spec(spec, err);
	if (r == 0)
		r = uuid_new(&creation.id, err);
	if (r == 0)
		r = submit(store, &creation, &hold, err);
	if (r < 0 || creation.exists) {
		if (hold.lock >= 0)
			undo_folder(store, &creation.id, &hold);
		if (r == 0 && ret_existing)
			*ret_existing = creation.existing;
		return r < 0 ? r : 1;
	}
	hold.chain = (struct chain){.run = creation.number, .id = creation.id, .seq = 1};
	hold.next_artifact = spec->work_order ? 2 : 1;
	*ret_hold = hold;
	return 0;
}

static int
read_run(sqlite3 *db, const struct uuid *id, struct arena *arena, struct run_row *row,
	struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	char text[UUID_TEXT_SIZE];
	int r = db_prepare(db, "SELECT " RUN_COLUMNS " FROM runs WHERE id=?1 AND number>0",
		&statement, err);

	if (r < 0)
		return r;
	db_bind_bytes(statement, 1, id->bytes, sizeof(id->bytes));
	r = db_step(statement, err);
	if (r == 0)
		return err_set(
			err, ERR_NOT_FOUND, "there is no run %s", uuid_to_text(id, text));
	return r < 0 ? r : run_row_read(statement, arena, row, err);
}

static int
read_newest(sqlite3 *db, const char *sql, int64_t run, uint32_t *ret_next, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = db_prepare(db, sql, &statement, err);

	if (r < 0)
		return r;
	db_bind_int(statement, 1, run);
	r = db_step(statement, err);
	if (r > 0)
		*ret_next = (uint32_t)db_column_int(statement, 0) + 1;
	return r < 0 ? r : 0;
}

/* A manifest is not flushed: a power cut may have taken it. */
static int
restore_manifest(struct store *store, sqlite3 *db, const struct run_row *row, struct err *err)
{
	int r = manifest_matches(store->directory, row, err);

	return r == 0 ? manifest_write(db, store->directory, row->number, err) : MIN(r, 0);
}

/* With the lock held: where the chain and the numbering go on. */
static int
read_end(struct run_hold *hold, const struct uuid *id, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct run_row row;
	int r = reader_lease(hold->store, &lease, err);

	if (r < 0)
		return r;
	r = read_run(lease.db, id, &arena, &row, err);
	if (r == 0)
		r = read_newest(lease.db,
			"SELECT max(coalesce((SELECT max(number) FROM artifacts WHERE "
			"run=?1),0),"
			" coalesce((SELECT first+artifacts-1 FROM repeats WHERE run=?1),0))",
			row.number, &hold->next_artifact, err);
	if (r == 0)
		r = read_newest(lease.db,
			"SELECT coalesce(max(number), 0) FROM attempts WHERE run=?1",
			row.number, &hold->next_attempt, err);
	if (r == 0)
		r = restore_manifest(hold->store, lease.db, &row, err);
	if (r == 0 && row.ended_us)
		r = err_set(err, ERR_INVALID,
			"has ended (%.*s) and takes nothing more; make a new one",
			STR_ARG(row.status));
	if (r == 0)
		hold->chain = (struct chain){.run = row.number, .id = *id, .seq = row.seq};
	return r < 0 ? r : 0;
}

static int
check_exists(struct store *store, const struct uuid *id, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct run_row row;
	int r = reader_lease(store, &lease, err);

	if (r < 0)
		return r;
	r = read_run(lease.db, id, &arena, &row, err);
	return r;
}

int
run_take(struct store *store, const struct uuid *id, struct run_hold *ret_hold, struct err *err)
{
	struct run_hold hold = {.store = store, .directory = -1, .lock = -1};
	char text[UUID_TEXT_SIZE];
	int r = store_need_writer(store, err);

	if (r == 0)
		r = check_exists(store, id, err);
	if (r == 0)
		r = run_lock_take(store->directory, id, &hold.directory, &hold.lock, err);
	if (r < 0)
		return r;
	r = read_end(&hold, id, err);
	if (r < 0) {
		fd_close(&hold.lock);
		fd_close(&hold.directory);
		return err_wrap(err, "run %s", uuid_to_text(id, text));
	}
	*ret_hold = hold;
	return 0;
}

void
run_release(struct run_hold *hold)
{
	/* Whoever takes the run next reads its end from the tables. */
	(void)store_flush(hold->store, NULL);
	fd_close(&hold->lock);
	fd_close(&hold->directory);
}
