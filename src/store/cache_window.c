#include "store/cache_window.h"

#include "base/memory.h"

/* One row for each output, or one without. The first table is gone through in the order of its keys. */
#define READ_SQL                                                                              \
	"SELECT c.key, k.sha256, c.run, r.id, c.attempt, c.accepted, c.outputs,"              \
	" c.executable, a.number, a.name, a.kind, a.type, o.sha256, o.size, s.sha256,"        \
	" o.bytes, c.first FROM cache c CROSS JOIN objects k ON k.id=c.key CROSS JOIN runs r" \
	" ON r.number=c.run LEFT JOIN artifacts a ON a.run=c.run AND a.number>=c.first"       \
	" AND a.number<c.first+c.outputs LEFT JOIN objects o ON o.id=a.object"                \
	" LEFT JOIN objects s ON s.id=a.schema WHERE c.key>=?1 ORDER BY c.key"

enum column {
	KEY,
	KEY_DIGEST,
	RUN,
	RUN_ID,
	ATTEMPT,
	ACCEPTED,
	OUTPUTS,
	EXECUTABLE,
	NUMBER,
	NAME,
	KIND,
	TYPE,
	DIGEST,
	SIZE,
	SCHEMA,
	BYTES,
	FIRST,
};

int
cache_window_prepare(struct cache_window *window, sqlite3 *db, struct err *err)
{
	window->ahead = 1;
	return db_prepare(db, READ_SQL, &window->read, err);
}

void
cache_window_done(struct cache_window *window)
{
	(void)sqlite3_finalize(window->read);
	digest_map_done(&window->by_key);
	arena_done(&window->arena);
	free(window->items);
	*window = (struct cache_window){.ahead = 1};
}

void
cache_window_drop(struct cache_window *window)
{
	if (!window->n)
		return;
	window->ahead =
		window->used * 2 >= window->n ? MIN(window->ahead * 4, CACHE_WINDOW_MOST) : 1;
	window->n = window->used = 0;
	digest_map_done(&window->by_key);
	window->by_key = DIGEST_MAP_INIT;
	arena_reset(&window->arena);
}

const struct cache_window_item *
cache_window_get(struct cache_window *window, const struct digest *key)
{
	uint64_t at = digest_map_get(&window->by_key, key);

	if (!at)
		return NULL;
	window->used++;
	return &window->items[at - 1];
}

static struct str
text_of(struct cache_window *window, enum column at)
{
	return arena_str(&window->arena, db_column_text(window->read, (int)at));
}

static int
read_entry(struct cache_window *window, struct cache_window_item *item, struct err *err)
{
	sqlite3_stmt *row = window->read;
	struct cache_entry *entry = &item->entry;
	int64_t outputs = db_column_int(row, OUTPUTS);
	int r = db_column_digest(row, KEY_DIGEST, &item->key, err);

	if (r == 0)
		r = db_column_uuid(row, RUN_ID, &entry->run_id, err);
	entry->run = db_column_int(row, RUN);
	entry->attempt = (uint32_t)db_column_int(row, ATTEMPT);
	entry->accepted_us = db_column_int(row, ACCEPTED);
	entry->after = (uint32_t)(db_column_int(row, FIRST) + outputs);
	entry->outputs = ARENA_ARRAY(&window->arena, (size_t)outputs, struct cache_output);
	return r;
}

/* Bytes that stand in the row are looked at here: they cost no look of their own. */
static int
read_output(struct cache_window *window, struct cache_window_item *item, struct err *err)
{
	sqlite3_stmt *row = window->read;
	struct cache_output *output = &item->entry.outputs[item->entry.n_outputs++];
	struct str bytes = db_column_text(row, BYTES);
	struct digest actual;
	int r = db_column_digest(row, DIGEST, &output->digest, err);

	output->artifact = (uint32_t)db_column_int(row, NUMBER);
	output->name = text_of(window, NAME);
	output->kind = text_of(window, KIND);
	output->type = text_of(window, TYPE);
	output->size = (uint64_t)db_column_int(row, SIZE);
	output->has_schema = !db_column_is_null(row, SCHEMA);
	if (r == 0 && output->has_schema)
		r = db_column_digest(row, SCHEMA, &output->schema, err);
	if (r < 0 || db_column_is_null(row, BYTES))
		return r;
	digest_of(bytes.p, bytes.n, &actual);
	output->is_whole = !str_is(output->kind, "dir");
	if (!item->is_damaged &&
		(bytes.n != output->size || !digest_equal(&actual, &output->digest))) {
		item->is_damaged = true;
		item->damaged = output->digest;
		item->name = output->name;
	}
	return 0;
}

static void
mark_executable(struct cache_window_item *item, struct str list)
{
	while (list.n) {
		struct str word = str_cut(list, ' ', &list);
		uint64_t number;

		if (!str_to_u64(word, UINT32_MAX, &number))
			continue;
		for (uint32_t i = 0; i < item->entry.n_outputs; i++)
			item->entry.outputs[i].is_executable |=
				item->entry.outputs[i].artifact == number;
	}
}

/* An entry that does not have the outputs that it says is none (fsck tells of it): what is accepted
 * under its key next takes its place. */
static void
end_entry(struct cache_window *window, int64_t outputs, struct str executable)
{
	struct cache_window_item *item = &window->items[window->n];

	if (item->entry.n_outputs != outputs)
		return;
	mark_executable(item, executable);
	digest_map_set(&window->by_key, &item->key, ++window->n);
}

static int
read_rows(struct cache_window *window, struct err *err)
{
	struct cache_window_item *item = NULL;
	struct str executable = STR_EMPTY;
	int64_t outputs = 0;
	int64_t key = -1;
	uint32_t n = 0;
	int r;

	while ((r = db_step(window->read, err)) > 0) {
		if (db_column_int(window->read, KEY) != key) {
			if (item)
				end_entry(window, outputs, executable);
			if (n++ == window->ahead)
				return 0;
			item = &window->items[window->n];
			*item = (struct cache_window_item){.is_damaged = false};
			key = db_column_int(window->read, KEY);
			outputs = db_column_int(window->read, OUTPUTS);
			executable = text_of(window, EXECUTABLE);
			r = read_entry(window, item, err);
		}
		if (r >= 0 && !db_column_is_null(window->read, NUMBER) &&
			item->entry.n_outputs < outputs)
			r = read_output(window, item, err);
		if (r < 0)
			return r;
	}
	if (r == 0 && item)
		end_entry(window, outputs, executable);
	return r;
}

int
cache_window_read(struct cache_window *window, int64_t id, struct err *err)
{
	int r;

	cache_window_drop(window);
	if (!window->items)
		window->items = memory_new(CACHE_WINDOW_MOST, sizeof(*window->items));
	db_bind_int(window->read, 1, id);
	r = read_rows(window, err);
	(void)sqlite3_reset(window->read);
	return r;
}
