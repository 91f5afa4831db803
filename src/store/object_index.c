#include "store/object_index.h"

#include "base/memory.h"

/* Of the tail: enough that most pages of the table get several rows, little enough for memory. */
#define TAIL_LEAST ((size_t)16384)
#define TAIL_MOST ((size_t)131072)

static int
read_mark(struct object_index *index, int64_t *ret_mark, struct err *err)
{
	int64_t mark = 0;
	int r = db_query_int(
		index->db, "SELECT value FROM meta WHERE key='object_index_mark'", &mark, err);

	if (r < 0)
		return r;
	*ret_mark = mark;
	return 0;
}

int
object_index_init(struct object_index *index, sqlite3 *db, struct err *err)
{
	int r;

	*index = (struct object_index){.db = db};
	r = db_prepare(
		db, "SELECT object FROM object_index WHERE sha256=?1", &index->find, err);
	if (r == 0)
		r = db_prepare(db, "SELECT id, sha256 FROM objects WHERE id>?1 ORDER BY id",
			&index->since, err);
	if (r == 0)
		r = read_mark(index, &index->mark, err);
	index->seen = index->mark;
	if (r < 0)
		object_index_done(index);
	return r;
}

void
object_index_done(struct object_index *index)
{
	(void)sqlite3_finalize(index->find);
	(void)sqlite3_finalize(index->since);
	digest_map_done(&index->tail);
	*index = (struct object_index){0};
}

/* A tail that others have merged meanwhile is read again, from their mark on. */
static int
shed(struct object_index *index, struct err *err)
{
	int64_t mark;
	int r = read_mark(index, &mark, err);

	if (r < 0 || mark <= index->mark)
		return r;
	digest_map_done(&index->tail);
	index->mark = index->seen = mark;
	return 0;
}

int
object_index_catch_up(struct object_index *index, struct err *err)
{
	int r;

	if (index->tail.used > TAIL_MOST) {
		r = shed(index, err);
		if (r < 0)
			return r;
	}
	db_bind_int(index->since, 1, index->seen);
	while ((r = db_step(index->since, err)) > 0) {
		struct digest digest;
		int64_t id = db_column_int(index->since, 0);
		int bad = db_column_digest(index->since, 1, &digest, err);

		if (bad < 0) {
			(void)sqlite3_reset(index->since);
			return bad;
		}
		object_index_add(index, &digest, id);
	}
	return r;
}

int
object_index_find(struct object_index *index, const struct digest *digest, int64_t *ret_id,
	struct err *err)
{
	int64_t id = (int64_t)digest_map_get(&index->tail, digest);
	int r = 1;

	if (!id) {
		db_bind_bytes(index->find, 1, digest->bytes, sizeof(digest->bytes));
		r = db_step(index->find, err);
		if (r > 0) {
			id = db_column_int(index->find, 0);
			(void)sqlite3_reset(index->find);
		}
	}
	if (r > 0)
		*ret_id = id;
	return r;
}

void
object_index_add(struct object_index *index, const struct digest *digest, int64_t id)
{
	digest_map_set(&index->tail, digest, (uint64_t)id);
	if (id > index->seen)
		index->seen = id;
}

size_t
object_index_tail(const struct object_index *index)
{
	return index->tail.used;
}

size_t
object_index_tail_limit(const struct object_index *index)
{
	return MIN(MAX(TAIL_LEAST, (size_t)index->mark / 8), TAIL_MOST);
}

static int
compare_slots(const void *a, const void *b)
{
	const struct digest_map_slot *left = a;
	const struct digest_map_slot *right = b;

	return memcmp(left->key.bytes, right->key.bytes, sizeof(left->key.bytes));
}

/* The tail's slots with numbers above the mark, sorted; the caller frees. */
static struct digest_map_slot *
sort_tail(const struct object_index *index, int64_t mark, size_t *ret_n)
{
	struct digest_map_slot *sorted = memory_new(index->tail.used, sizeof(*sorted));
	size_t n = 0;

	for (size_t i = 0; i < index->tail.capacity; i++)
		if ((int64_t)index->tail.slots[i].value > mark)
			sorted[n++] = index->tail.slots[i];
	qsort(sorted, n, sizeof(*sorted), compare_slots);
	*ret_n = n;
	return sorted;
}

static int
insert_sorted(struct object_index *index, const struct digest_map_slot *sorted, size_t n,
	struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *insert = NULL;
	AUTO_STATEMENT sqlite3_stmt *mark = NULL;
	int r = db_prepare(index->db, "INSERT INTO object_index VALUES(?1, ?2)", &insert, err);

	if (r == 0)
		r = db_prepare(index->db,
			"INSERT OR REPLACE INTO meta VALUES('object_index_mark', ?1)", &mark,
			err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		db_bind_bytes(insert, 1, sorted[i].key.bytes, sizeof(sorted[i].key.bytes));
		db_bind_int(insert, 2, (int64_t)sorted[i].value);
		r = db_run(insert, err);
	}
	if (r == 0) {
		db_bind_int(mark, 1, index->seen);
		r = db_run(mark, err);
	}
	return r;
}

int
object_index_merge(struct object_index *index, struct err *err)
{
	struct digest_map_slot *sorted;
	int64_t mark;
	size_t n;
	int r = read_mark(index, &mark, err);

	if (r < 0)
		return r;
	sorted = sort_tail(index, mark, &n);
	r = insert_sorted(index, sorted, n, err);
	free(sorted);
	if (r < 0)
		return r;
	digest_map_done(&index->tail);
	index->mark = index->seen;
	return 0;
}
