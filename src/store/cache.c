#include "store/cache.h"

#include "base/clock.h"
#include "base/memory.h"
#include "store/fold.h"
#include "store/handle.h"

int
cache_reader_prepare(struct reader *reader, sqlite3 *db, struct err *err)
{
	return cache_window_prepare(&reader->cached, db, err);
}

/* A copy: the window moves on. */
static void
copy_entry(const struct cache_entry *from, struct arena *arena, struct cache_entry *ret_entry)
{
	struct cache_entry entry = *from;

	entry.outputs = ARENA_ARRAY(arena, entry.n_outputs, struct cache_output);
	for (uint32_t i = 0; i < entry.n_outputs; i++) {
		entry.outputs[i] = from->outputs[i];
		entry.outputs[i].name = arena_str(arena, from->outputs[i].name);
		entry.outputs[i].kind = arena_str(arena, from->outputs[i].kind);
		entry.outputs[i].type = arena_str(arena, from->outputs[i].type);
	}
	*ret_entry = entry;
}

/* 1 and the entry, from what was read already or by reading from it on. */
static int
find(struct reader *reader, const struct digest *key, const struct cache_window_item **ret_item,
	struct err *err)
{
	int64_t id = 0;
	int r;

	*ret_item = cache_window_get(&reader->cached, key);
	if (*ret_item)
		return 1;
	r = object_index_find(&reader->objects, key, &id, err);
	if (r > 0)
		r = cache_window_read(&reader->cached, id, err);
	if (r < 0)
		return r;
	/* Of objects that are no key the one behind is read. */
	*ret_item = id ? cache_window_get(&reader->cached, key) : NULL;
	return *ret_item != NULL;
}

int
cache_find(struct store *store, const struct digest *key, struct arena *arena,
	struct cache_entry *ret_entry, struct digest *ret_damaged, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	const struct cache_window_item *item = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = find(&store->reader, key, &item, err);
	if (r > 0 && item->is_damaged) {
		*ret_damaged = item->damaged;
		r = err_set(err, ERR_CORRUPT, "output %.*s is damaged in the store",
			STR_ARG(item->name));
	} else if (r > 0) {
		copy_entry(&item->entry, arena, ret_entry);
	}
	/* Nothing may be read of what has changed since. */
	if (lease.store && !store->reader.in_batch)
		cache_window_drop(&store->reader.cached);
	return r;
}

/* They follow what the attempt made, without a gap (run/judging.h). */
#define GATES_SQL                                                                    \
	"SELECT a.attempt, a.role, a.name, o.sha256 FROM artifacts a JOIN objects o" \
	" ON o.id=a.object WHERE a.run=?1 AND a.number>=?2 ORDER BY a.number"

static int
read_gates(sqlite3_stmt *rows, uint32_t attempt, struct arena *arena,
	struct cache_gate **ret_gates, uint32_t *ret_n, struct err *err)
{
	struct cache_gate *gates = NULL;
	size_t capacity = 0;
	uint32_t n = 0;
	int r;

	while ((r = db_step(rows, err)) > 0 && db_column_int(rows, 0) == attempt) {
		if (!str_is(db_column_text(rows, 1), "gate"))
			continue;
		gates = memory_grow(gates, n, &capacity, sizeof(*gates));
		gates[n].name = arena_str(arena, db_column_text(rows, 2));
		r = db_column_digest(rows, 3, &gates[n++].result, err);
		if (r < 0)
			break;
	}
	*ret_gates = ARENA_ARRAY(arena, n, struct cache_gate);
	if (n)
		memcpy(*ret_gates, gates, n * sizeof(*gates));
	*ret_n = n;
	free(gates);
	return MIN(r, 0);
}

int
cache_gates(struct store *store, const struct cache_entry *entry, struct arena *arena,
	struct cache_gate **ret_gates, uint32_t *ret_n, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *rows = NULL;
	int r = reader_lease(store, &lease, err);

	if (r == 0)
		r = db_prepare(lease.db, GATES_SQL, &rows, err);
	if (r < 0)
		return r;
	db_bind_int(rows, 1, entry->run);
	db_bind_int(rows, 2, entry->after);
	return read_gates(rows, entry->attempt, arena, ret_gates, ret_n, err);
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
