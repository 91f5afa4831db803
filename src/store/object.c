#include "store/object.h"

#include "base/file.h"
#include "base/memory.h"
#include "store/handle.h"
#include "store/object_submit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

int
object_submit_bytes(
	struct store *store, struct str bytes, const struct digest *digest, struct err *err)
{
	struct recent_object *object = recent_object_new(digest, bytes);
	struct submission *submission;
	int r = queue_begin(&store->queue, SUBMISSION_OBJECT, bytes.n, &submission, err);

	if (r < 0) {
		recent_object_release(object);
		return r;
	}
	object->submission = submission->number;
	submission->object = object;
	recent_add(&store->recent, object, store_durable(store));
	queue_commit(&store->queue);
	return 0;
}

int
object_submit_file(struct store *store, const struct digest *digest, uint64_t size,
	const char *path, struct err *err)
{
	struct submission *submission;
	struct arena *arena = &store->queue.waiting.arena;
	int r = queue_begin(&store->queue, SUBMISSION_FILE, strlen(path), &submission, err);

	if (r < 0)
		return r;
	submission->file = (struct queued_file){
		.digest = *digest, .size = size, .path = arena_cstr(arena, str_of(path))};
	queue_commit(&store->queue);
	return 0;
}

/* Bytes too many for a row go the way of a file. */
static int
put_large(struct store *store, struct str bytes, const struct digest *digest, struct err *err)
{
	char path[STAGING_PATH_SIZE];
	AUTO_CLOSE int fd = -1;
	int r = staging_make(&store->staging, store->directory, &fd, path, err);

	if (r < 0)
		return r;
	r = file_write(fd, bytes.p, bytes.n, err);
	if (r == 0 && fchmod(fd, 0444) != 0)
		r = err_sys(err, "chmod");
	if (r == 0)
		r = object_submit_file(store, digest, bytes.n, path, err);
	if (r < 0)
		(void)unlinkat(store->objects, path, 0);
	return r < 0 ? err_wrap(err, "objects/%s", path) : 0;
}

int
object_put(struct store *store, struct str bytes, struct digest *ret_digest, struct err *err)
{
	struct digest digest;
	int r = store_need_writer(store, err);

	if (r < 0)
		return r;
	digest_of(bytes.p, bytes.n, &digest);
	r = bytes.n <= OBJECT_INLINE_MAX ? object_submit_bytes(store, bytes, &digest, err)
					 : put_large(store, bytes, &digest, err);
	if (r == 0)
		*ret_digest = digest;
	return r;
}

static int
corrupt(const struct digest *digest, const char *how, struct err *err)
{
	char hex[DIGEST_HEX_SIZE];

	return err_set(err, ERR_CORRUPT,
		"object sha256:%s %s; `lily fsck` lists all that is damaged, a backup of the "
		"store "
		"brings it back",
		digest_to_hex(digest, hex), how);
}

static int
not_found(const struct digest *digest, struct err *err)
{
	char hex[DIGEST_HEX_SIZE];

	return err_set(err, ERR_NOT_FOUND, "there is no object sha256:%s in this store",
		digest_to_hex(digest, hex));
}

/* What the store has of an object. */
struct object_row {
	int64_t id;
	uint64_t size;
	bool in_file;
	struct buf bytes; /* unless in_file; the caller's */
};

/* Memory has small objects that the tables may not have yet, but not where their bytes are. */
enum row_source { ROW_ANYWHERE, ROW_IN_TABLE };

/* 1 and the bytes as the row has them (a copy in the buffer, or has_file), 0 where no row. */
static int
read_row(struct reader *reader, int64_t id, struct object_row *row, struct err *err)
{
	sqlite3_stmt *statement = reader->object;
	int r;

	db_bind_int(statement, 1, id);
	r = db_step(statement, err);
	if (r <= 0)
		return r;
	row->id = id;
	row->size = (uint64_t)db_column_int(statement, 0);
	row->in_file = db_column_is_null(statement, 1);
	if (!row->in_file)
		buf_add_str(&row->bytes, db_column_text(statement, 1));
	(void)sqlite3_reset(statement);
	return 1;
}

/* Its number, among the rows that were committed until now. */
static int
find_number(const struct reader_lease *lease, const struct digest *digest, int64_t *ret_id,
	struct err *err)
{
	struct object_index *objects = &lease->store->reader.objects;
	int r = object_index_find(objects, digest, ret_id, err);

	if (r != 0)
		return r;
	r = reader_refresh(lease, err);
	if (r == 0)
		r = object_index_catch_up(objects, err);
	return r < 0 ? r : object_index_find(objects, digest, ret_id, err);
}

int
object_exists(struct store *store, const struct digest *digest, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	struct recent_object *recent;
	int64_t id = 0;
	int r;

	(void)pthread_mutex_lock(&store->queue.mutex);
	recent = recent_get(&store->recent, digest);
	(void)pthread_mutex_unlock(&store->queue.mutex);
	if (recent) {
		recent_object_release(recent);
		return 1;
	}
	r = reader_lease(store, &lease, err);
	return r < 0 ? r : find_number(&lease, digest, &id, err);
}

static int
look_up(struct store *store, const struct digest *digest, struct object_row *row,
	struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	int64_t id = 0;
	int r = reader_lease(store, &lease, err);

	if (r < 0)
		return r;
	r = find_number(&lease, digest, &id, err);
	if (r > 0)
		r = read_row(&store->reader, id, row, err);
	return r;
}

/* Small objects that were put a moment ago. */
static bool
look_up_recent(struct store *store, const struct digest *digest, struct object_row *row)
{
	struct recent_object *object;

	if (store->access != STORE_WRITE)
		return false;
	(void)pthread_mutex_lock(&store->queue.mutex);
	object = recent_get(&store->recent, digest);
	(void)pthread_mutex_unlock(&store->queue.mutex);
	if (!object)
		return false;
	row->size = object->size;
	buf_add(&row->bytes, object->bytes, object->size);
	recent_object_release(object);
	return true;
}

static int
find_row(struct store *store, const struct digest *digest, enum row_source source,
	struct object_row *ret_row, struct err *err)
{
	int r;

	*ret_row = (struct object_row){.bytes = BUF_INIT(SIZE_MAX / 2)};
	if (source == ROW_ANYWHERE && look_up_recent(store, digest, ret_row))
		return 0;
	r = look_up(store, digest, ret_row, err);
	/* A second look in any case: on another thread than the one that submits, the commit may
	 * have come between the first and the question whether all is durable. */
	if (r == 0 && store->access == STORE_WRITE) {
		r = store_flush(store, err);
		if (r == 0)
			r = look_up(store, digest, ret_row, err);
	}
	if (r == 0)
		r = not_found(digest, err);
	return r < 0 ? r : 0;
}

static int
check_bytes(const struct digest *digest, uint64_t size, struct str bytes, struct err *err)
{
	struct digest actual;

	if (bytes.n != size)
		return corrupt(digest, "does not have the size that was stored", err);
	digest_of(bytes.p, bytes.n, &actual);
	if (!digest_equal(&actual, digest))
		return corrupt(digest, "does not have the bytes that were stored", err);
	return 0;
}

static int
open_file(struct store *store, const struct digest *digest, int *ret_fd, struct err *err)
{
	char path[OBJECT_FILE_SIZE];
	struct err why = ERR_INIT;
	int r = file_open_regular(store->objects, object_file_path(digest, path), ret_fd, &why);

	if (r == ERR_NOT_FOUND || r == ERR_INVALID)
		return corrupt(digest, "has lost its file", err);
	if (r < 0) {
		if (err)
			*err = why;
		return err_wrap(err, "objects");
	}
	return 0;
}

/* An open file whose bytes have been read through and are right, at offset 0. */
static int
open_verified(struct store *store, const struct digest *digest, uint64_t size, int *ret_fd,
	struct err *err)
{
	AUTO_CLOSE int fd = -1;
	struct digest actual;
	uint64_t actual_size;
	int r = open_file(store, digest, &fd, err);

	if (r == 0)
		r = digest_of_fd(fd, &actual, &actual_size, err);
	if (r < 0)
		return r;
	if (actual_size != size)
		return corrupt(digest, "does not have the size that was stored", err);
	if (!digest_equal(&actual, digest))
		return corrupt(digest, "does not have the bytes that were stored", err);
	if (lseek(fd, 0, SEEK_SET) != 0)
		return err_sys(err, "lseek");
	*ret_fd = fd_take(&fd);
	return 0;
}

static int
read_verified(struct store *store, const struct digest *digest, uint64_t size, struct buf *b,
	struct err *err)
{
	AUTO_CLOSE int fd = -1;
	char hex[DIGEST_HEX_SIZE];
	size_t before = b->n;
	int r = open_file(store, digest, &fd, err);

	if (r == 0)
		r = file_read_fd(fd, digest_to_hex(digest, hex), b, err);
	if (r == 0)
		r = check_bytes(digest, size, (struct str){b->p + before, b->n - before}, err);
	if (r < 0)
		b->n = before;
	return r;
}

static int
get_once(struct store *store, const struct digest *digest, struct buf *ret_bytes,
	struct err *err)
{
	struct object_row row;
	char hex[DIGEST_HEX_SIZE];
	int r = find_row(store, digest, ROW_ANYWHERE, &row, err);

	if (r < 0)
		return r;
	if (row.size > ret_bytes->max - ret_bytes->n) {
		r = err_set(err, ERR_LIMIT,
			"object sha256:%s has %llu bytes, at most %zu fit here",
			digest_to_hex(digest, hex), (unsigned long long)row.size,
			ret_bytes->max - ret_bytes->n);
	} else if (row.in_file) {
		r = read_verified(store, digest, row.size, ret_bytes, err);
	} else {
		r = check_bytes(digest, row.size, buf_str(&row.bytes), err);
		if (r == 0)
			buf_add_str(ret_bytes, buf_str(&row.bytes));
	}
	buf_done(&row.bytes);
	return r;
}

/* What was damaged may just have been put again (object_suspect): its row is old, its bytes wait for
 * the writer. */
static bool
is_worth_another_look(struct store *store, int code)
{
	return code == ERR_CORRUPT && store->access == STORE_WRITE &&
		store_durable(store) < store_submitted(store) && store_flush(store, NULL) == 0;
}

int
object_get(struct store *store, const struct digest *digest, struct buf *ret_bytes,
	struct err *err)
{
	struct err why = ERR_INIT;
	int r = get_once(store, digest, ret_bytes, &why);

	if (is_worth_another_look(store, r))
		return get_once(store, digest, ret_bytes, err);
	if (r < 0 && err)
		*err = why;
	return r;
}

static int
open_bytes(struct str bytes, int *ret_fd, struct err *err)
{
	AUTO_CLOSE int fd = memfd_create("object", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return err_sys(err, "memfd_create");
	r = file_write(fd, bytes.p, bytes.n, err);
	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) !=
			0 ||
		lseek(fd, 0, SEEK_SET) != 0)
		return err_sys(err, "seal");
	*ret_fd = fd_take(&fd);
	return 0;
}

static int
open_once(struct store *store, const struct digest *digest, int *ret_fd, uint64_t *ret_size,
	struct err *err)
{
	struct object_row row;
	int r = find_row(store, digest, ROW_ANYWHERE, &row, err);

	if (r < 0)
		return r;
	if (row.in_file) {
		r = open_verified(store, digest, row.size, ret_fd, err);
	} else {
		r = check_bytes(digest, row.size, buf_str(&row.bytes), err);
		if (r == 0)
			r = open_bytes(buf_str(&row.bytes), ret_fd, err);
	}
	if (r == 0 && ret_size)
		*ret_size = row.size;
	buf_done(&row.bytes);
	return r;
}

int
object_open(struct store *store, const struct digest *digest, int *ret_fd, uint64_t *ret_size,
	struct err *err)
{
	struct err why = ERR_INIT;
	int r = open_once(store, digest, ret_fd, ret_size, &why);

	if (is_worth_another_look(store, r))
		return open_once(store, digest, ret_fd, ret_size, err);
	if (r < 0 && err)
		*err = why;
	return r;
}

struct move {
	struct store *store;
	const struct digest *digest;
	const char *staged;
	uint64_t size;
};

/* The row gives up its bytes in the transaction that the file's name is durable before. */
static int
move_to_file(struct writer *writer, void *context, struct err *err)
{
	struct move *move = context;
	AUTO_STATEMENT sqlite3_stmt *update = NULL;
	int64_t id = 0;
	int r = object_index_find(writer_objects(writer), move->digest, &id, err);

	if (r == 0)
		return not_found(move->digest, err);
	if (r > 0)
		r = object_file_place(move->store->objects, move->staged, move->digest, err);
	if (r == 0)
		r = object_file_sync(move->store->objects, move->digest, err);
	if (r == 0)
		r = db_prepare(writer_db(writer), "UPDATE objects SET bytes=NULL WHERE id=?1",
			&update, err);
	if (r < 0)
		return r;
	db_bind_int(update, 1, id);
	return db_run(update, err);
}

static int
write_durably(
	struct store *store, struct str bytes, char path[STAGING_PATH_SIZE], struct err *err)
{
	AUTO_CLOSE int fd = -1;
	int r = staging_make(&store->staging, store->directory, &fd, path, err);

	if (r == 0)
		r = file_write(fd, bytes.p, bytes.n, err);
	if (r == 0 && (fchmod(fd, 0444) != 0 || fdatasync(fd) != 0))
		r = err_sys(err, "fdatasync objects/%s", path);
	return r;
}

static int
make_file(struct store *store, const struct digest *digest, const struct object_row *row,
	struct err *err)
{
	char path[STAGING_PATH_SIZE];
	struct move move = {
		.store = store, .digest = digest, .staged = path, .size = row->size};
	struct queued_call call = {.function = move_to_file, .context = &move};
	int r = store_need_writer(store, err);

	if (r == 0)
		r = write_durably(store, buf_str(&row->bytes), path, err);
	if (r == 0)
		r = queue_call(&store->queue, &call, err);
	return r < 0 ? r : store_flush(store, err);
}

int
object_path(struct store *store, const struct digest *digest, struct arena *arena,
	const char **ret_path, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	struct object_row row;
	char path[OBJECT_FILE_SIZE];
	int r = find_row(store, digest, ROW_IN_TABLE, &row, err);

	if (r < 0)
		return r;
	if (!row.in_file) {
		r = check_bytes(digest, row.size, buf_str(&row.bytes), err);
		if (r == 0)
			r = make_file(store, digest, &row, err);
	}
	if (r == 0)
		r = open_verified(store, digest, row.size, &fd, err);
	if (r == 0)
		*ret_path = arena_printf(
			arena, "%s/objects/%s", store->path, object_file_path(digest, path));
	buf_done(&row.bytes);
	return r;
}
