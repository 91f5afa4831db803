#include "store/cache.h"

#include "base/clock.h"
#include "store/fold.h"
#include "store/handle.h"

#define ENTRY_SQL                                                                           \
	"SELECT c.run, r.id, c.attempt, c.accepted, c.first, c.outputs, c.executable FROM " \
	"cache c"                                                                           \
	" JOIN runs r ON r.number=c.run WHERE c.key=?1"
#define OUTPUTS_SQL                                                                    \
	"SELECT a.number, a.name, a.kind, a.type, o.sha256, o.size, s.sha256, o.bytes" \
	" FROM artifacts a JOIN objects o ON o.id=a.object"                            \
	" LEFT JOIN objects s ON s.id=a.schema"                                        \
	" WHERE a.run=?1 AND a.number>=?2 AND a.number<?3 ORDER BY a.number"

int
cache_reader_prepare(struct reader *reader, sqlite3 *db, struct err *err)
{
	int r = db_prepare(db, ENTRY_SQL, &reader->cached, err);

	return r < 0 ? r : db_prepare(db, OUTPUTS_SQL, &reader->cached_outputs, err);
}

static struct str
text_of(sqlite3_stmt *statement, int at, struct arena *arena)
{
	return arena_str(arena, db_column_text(statement, at));
}

/* Bytes that stand in the row are looked at here: they cost no look of their own. */
static int
read_output(sqlite3_stmt *statement, struct arena *arena, struct cache_output *output,
	struct digest *ret_damaged, struct err *err)
{
	int r = db_column_digest(statement, 4, &output->digest, err);

	output->artifact = (uint32_t)db_column_int(statement, 0);
	output->name = text_of(statement, 1, arena);
	output->kind = text_of(statement, 2, arena);
	output->type = text_of(statement, 3, arena);
	output->size = (uint64_t)db_column_int(statement, 5);
	output->has_schema = !db_column_is_null(statement, 6);
	if (r == 0 && output->has_schema)
		r = db_column_digest(statement, 6, &output->schema, err);
	if (r == 0 && !db_column_is_null(statement, 7)) {
		struct str bytes = db_column_text(statement, 7);
		struct digest actual;

		digest_of(bytes.p, bytes.n, &actual);
		if (bytes.n != output->size || !digest_equal(&actual, &output->digest)) {
			*ret_damaged = output->digest;
			return err_set(err, ERR_CORRUPT, "output %.*s is damaged in the store",
				STR_ARG(output->name));
		}
		output->is_whole = !str_is(output->kind, "dir");
	}
	return r;
}

static int
read_outputs(struct reader *reader, int64_t first, struct arena *arena,
	struct cache_entry *entry, struct digest *ret_damaged, struct err *err)
{
	sqlite3_stmt *statement = reader->cached_outputs;
	uint32_t n = 0;
	int r = 0;

	entry->outputs = ARENA_ARRAY(arena, entry->n_outputs, struct cache_output);
	if (!entry->n_outputs)
		return 0;
	db_bind_int(statement, 1, entry->run);
	db_bind_int(statement, 2, first);
	db_bind_int(statement, 3, first + entry->n_outputs);
	while (r == 0 && n <= entry->n_outputs && (r = db_step(statement, err)) > 0)
		r = n == entry->n_outputs
			? 0
			: read_output(statement, arena, &entry->outputs[n++], ret_damaged, err);
	(void)sqlite3_reset(statement);
	if (r == 0 && n != entry->n_outputs)
		r = err_set(err, ERR_CORRUPT,
			"the cache names %u outputs where %u are; run lily fsck",
			entry->n_outputs, n);
	return r;
}

static void
mark_executable(struct cache_entry *entry, struct str list)
{
	while (list.n) {
		struct str word = str_cut(list, ' ', &list);
		uint64_t number;

		if (!str_to_u64(word, UINT32_MAX, &number))
			continue;
		for (uint32_t i = 0; i < entry->n_outputs; i++)
			entry->outputs[i].is_executable |= entry->outputs[i].artifact == number;
	}
}

static int
read_entry(struct reader *reader, int64_t key, struct arena *arena,
	struct cache_entry *ret_entry, struct digest *ret_damaged, struct err *err)
{
	sqlite3_stmt *statement = reader->cached;
	struct cache_entry entry = {0};
	struct str executable;
	int64_t first;
	int r;

	db_bind_int(statement, 1, key);
	r = db_step(statement, err);
	if (r <= 0)
		return r;
	entry.run = db_column_int(statement, 0);
	r = db_column_uuid(statement, 1, &entry.run_id, err);
	entry.attempt = (uint32_t)db_column_int(statement, 2);
	entry.accepted_us = db_column_int(statement, 3);
	first = db_column_int(statement, 4);
	entry.n_outputs = (uint32_t)db_column_int(statement, 5);
	executable = text_of(statement, 6, arena);
	(void)sqlite3_reset(statement);
	if (r == 0)
		r = read_outputs(reader, first, arena, &entry, ret_damaged, err);
	if (r < 0)
		return r;
	mark_executable(&entry, executable);
	*ret_entry = entry;
	return 1;
}

int
cache_find(struct store *store, const struct digest *key, struct arena *arena,
	struct cache_entry *ret_entry, struct digest *ret_damaged, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	int64_t id = 0;
	int r = reader_lease(store, &lease, err);

	if (r < 0)
		return r;
	r = object_index_find(&store->reader.objects, key, &id, err);
	return r <= 0 ? r : read_entry(&store->reader, id, arena, ret_entry, ret_damaged, err);
}

int
cache_refresh(struct store *store, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	int r = reader_lease(store, &lease, err);

	return r < 0 ? r : object_index_catch_up(&store->reader.objects, err);
}

int
cache_stat(struct store *store, struct cache_stats *ret_stats, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(lease.db,
			"SELECT count(*), ifnull(sum(outputs),0), ifnull(min(accepted),0),"
			" ifnull(max(accepted),0), (SELECT ifnull(sum(size),0) FROM objects"
			" WHERE id IN (SELECT a.object FROM cache c JOIN artifacts a ON"
			" a.run=c.run AND a.number>=c.first AND a.number<c.first+c.outputs))"
			" FROM cache",
			&statement, err);
	if (r == 0)
		r = db_step(statement, err);
	if (r < 0)
		return r;
	*ret_stats = (struct cache_stats){.entries = (uint64_t)db_column_int(statement, 0),
		.outputs = (uint64_t)db_column_int(statement, 1),
		.oldest_us = db_column_int(statement, 2),
		.newest_us = db_column_int(statement, 3),
		.bytes = (uint64_t)db_column_int(statement, 4)};
	return 0;
}

static int
clear(struct writer *writer, void *context, struct err *err)
{
	struct event event = {
		.type = EVENT_CACHE_CLEARED, .time_us = clock_utc_us(), .payload = STR("{}")};
	int r = writer_next_of_store(writer, &event.seq, err);

	if (r == 0)
		r = db_query_int(writer_db(writer), "SELECT count(*) FROM cache", context, err);
	return r < 0 ? r : writer_add_event(writer, &event, err);
}

int
cache_clear(struct store *store, uint64_t *ret_n, struct err *err)
{
	int64_t n = 0;
	struct queued_call call = {.function = clear, .context = &n};
	int r = store_need_writer(store, err);

	if (r == 0)
		r = queue_call(&store->queue, &call, err);
	if (r == 0)
		r = store_flush(store, err);
	if (r == 0)
		*ret_n = (uint64_t)n;
	return r;
}
