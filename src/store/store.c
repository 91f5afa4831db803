#include "store/store.h"

#include "base/file.h"
#include "base/memory.h"
#include "store/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define WAL_REPORT_BYTES ((uint64_t)256 << 20)

_Static_assert(STORE_WARNING_SIZE == WRITER_WARNING_SIZE, "one text, two layers");

static struct store *
store_new(const char *dir, enum store_access access)
{
	struct store *store = memory_zeroed(1, sizeof(*store));

	store->path = memory_copy_string(dir);
	store->access = access;
	store->directory = store->objects = store->lock = -1;
	queue_init(&store->queue);
	staging_init(&store->staging, -1);
	(void)pthread_mutex_init(&store->reader.mutex, NULL);
	return store;
}

static void
finalize_reader(struct reader *reader)
{
	(void)sqlite3_finalize(reader->object);
	(void)sqlite3_finalize(reader->request);
	cache_window_done(&reader->cached);
	reader->object = reader->request = NULL;
}

static void
close_reader(struct reader *reader)
{
	if (!reader->db)
		return;
	finalize_reader(reader);
	object_index_done(&reader->objects);
	db_close(reader->db);
	reader->db = NULL;
}

static void
store_free(struct store *store)
{
	close_reader(&store->reader);
	(void)pthread_mutex_destroy(&store->reader.mutex);
	staging_done(&store->staging);
	recent_done(&store->recent);
	queue_done(&store->queue);
	fd_close(&store->objects);
	fd_close(&store->lock);
	fd_close(&store->directory);
	free(store->finished);
	free(store->path);
	free(store);
}

/* A new store is worth nothing if a power cut takes its folder away. */
static int
sync_folders(struct store *store, struct err *err)
{
	int r = dir_sync(store->directory, ".", err);

	return r < 0 ? r : dir_sync(store->directory, "..", err);
}

/* Of a workspace that was moved the folder is a link. Walls stand on none. */
static int
take_real_path(struct store *store, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str real;
	int r = path_real(store->path, &arena, &real, err);

	if (r < 0)
		return r;
	free(store->path);
	store->path = memory_copy_string(real.p);
	return 0;
}

static int
make_folders(struct store *store, struct err *err)
{
	AUTO_CLOSE int database = -1;
	struct stat status;
	int r = dir_make_all(AT_FDCWD, store->path, 0700, err);

	if (r == 0)
		r = take_real_path(store, err);
	if (r == 0)
		r = dir_open(AT_FDCWD, store->path, &store->directory, err);
	if (r < 0)
		return r;
	store->lock =
		openat(store->directory, "commit.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (store->lock < 0)
		return err_sys(err, "open commit.lock");
	if (fstatat(store->directory, DB_NAME, &status, 0) == 0 && status.st_size > 0)
		return 0;
	/* Empty, but with our mode, which SQLite also gives to the files beside it. */
	database = openat(store->directory, DB_NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (database < 0)
		return err_sys(err, "create %s", DB_NAME);
	r = dir_make(store->directory, "objects", 0700, err);
	if (r == 0)
		r = dir_make(store->directory, "runs", 0700, err);
	return r < 0 ? r : sync_folders(store, err);
}

static int
open_for_writing(struct store *store, struct err *err)
{
	struct writer_spec spec = {.queue = &store->queue, .wal_report = WAL_REPORT_BYTES};
	int r = make_folders(store, err);

	if (r == 0)
		r = dir_make(store->directory, "objects", 0700, err);
	if (r == 0)
		r = dir_open(store->directory, "objects", &store->objects, err);
	if (r < 0)
		return r;
	staging_done(&store->staging);
	staging_init(&store->staging, store->objects);
	spec.path = store->path;
	spec.directory = store->directory;
	spec.objects = store->objects;
	spec.lock = store->lock;
	return writer_open(&spec, &store->writer, err);
}

/* A look at an empty database that was made meanwhile, with its first run, is repeated. */
static int
check_format(const struct store *store, sqlite3 *db, struct err *err)
{
	int r = db_check_format(db, err);

	if (r != ERR_NOT_FOUND || db_check_not_lost(store->directory, NULL) == 0)
		return r;
	r = db_check_format(db, err);
	return r == ERR_NOT_FOUND ? db_check_not_lost(store->directory, err) : r;
}

static int
open_reader(struct store *store, struct err *err)
{
	struct reader *reader = &store->reader;
	sqlite3 *db;
	int r = db_open(store->path, DB_READER, &db, err);

	if (r < 0)
		return r;
	r = check_format(store, db, err);
	if (r == 0)
		r = db_prepare(db, "SELECT size, bytes FROM objects WHERE id=?1",
			&reader->object, err);
	if (r == 0)
		r = db_prepare(db,
			"SELECT id, kind, payload, time FROM requests"
			" WHERE run=?1 AND done=0 AND id>?2 ORDER BY id LIMIT 1",
			&reader->request, err);
	if (r == 0)
		r = cache_reader_prepare(reader, db, err);
	if (r == 0)
		r = object_index_init(&reader->objects, db, err);
	if (r < 0) {
		finalize_reader(reader);
		db_close(db);
		return r;
	}
	reader->db = db;
	return 0;
}

static int
open_for_reading(struct store *store, struct err *err)
{
	struct stat status;
	int r = dir_open(AT_FDCWD, store->path, &store->directory, err);

	if (r == 0)
		r = take_real_path(store, err);
	if (r < 0)
		return r;
	if (fstatat(store->directory, DB_NAME, &status, 0) != 0) {
		if (errno != ENOENT)
			return err_sys(err, "%s", DB_NAME);
		r = db_check_not_lost(store->directory, err);
		return r < 0 ? r : err_set(err, ERR_NOT_FOUND, "there is no store here yet");
	}
	store->objects =
		openat(store->directory, "objects", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return open_reader(store, err);
}

int
store_open(const char *dir, enum store_access access, struct store **ret_store, struct err *err)
{
	struct store *store;
	int r;

	if (dir[0] != '/')
		BUG("store %s is not an absolute path", dir);
	store = store_new(dir, access);
	r = access == STORE_WRITE ? open_for_writing(store, err) : open_for_reading(store, err);
	if (r < 0) {
		store_free(store);
		return err_wrap(err, "store %s", dir);
	}
	*ret_store = store;
	return 0;
}

void
store_close(struct store *store)
{
	if (!store)
		return;
	writer_close(store->writer);
	store_free(store);
}

int
reader_lease(struct store *store, struct reader_lease *ret_lease, struct err *err)
{
	int r = 0;

	(void)pthread_mutex_lock(&store->reader.mutex);
	if (!store->reader.db)
		r = open_reader(store, err);
	if (r < 0) {
		(void)pthread_mutex_unlock(&store->reader.mutex);
		return err_wrap(err, "store %s", store->path);
	}
	*ret_lease = (struct reader_lease){store, store->reader.db};
	if (store->reader.in_batch && !store->reader.is_open) {
		r = db_exec(store->reader.db, "BEGIN", err);
		store->reader.is_open = r == 0;
	}
	return r;
}

void
store_warm(struct store *store)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	struct err err = ERR_INIT;

	(void)reader_lease(store, &lease, &err);
}

void
reader_return(struct reader_lease *lease)
{
	if (lease->store)
		(void)pthread_mutex_unlock(&lease->store->reader.mutex);
	*lease = READER_LEASE_INIT;
}

int
reader_refresh(const struct reader_lease *lease, struct err *err)
{
	struct reader *reader = &lease->store->reader;
	int r;

	if (!reader->is_open)
		return 0;
	r = db_exec(reader->db, "COMMIT", err);
	return r < 0 ? r : db_exec(reader->db, "BEGIN", err);
}

void
store_reading_begin(struct store *store)
{
	(void)pthread_mutex_lock(&store->reader.mutex);
	store->reader.in_batch = true;
	(void)pthread_mutex_unlock(&store->reader.mutex);
}

void
store_reading_end(struct store *store)
{
	struct reader *reader = &store->reader;
	struct err ignored = ERR_INIT;

	(void)pthread_mutex_lock(&reader->mutex);
	/* Nothing was written: there is nothing that could fail to be. */
	if (reader->is_open)
		(void)db_exec(reader->db, "COMMIT", &ignored);
	reader->is_open = reader->in_batch = false;
	cache_window_drop(&reader->cached);
	(void)pthread_mutex_unlock(&reader->mutex);
}

int
store_need_writer(const struct store *store, struct err *err)
{
	if (store->access == STORE_WRITE)
		return 0;
	return err_set(err, ERR_DENIED, "store %s is open for reading only", store->path);
}

const char *
store_path(const struct store *store)
{
	return store->path;
}

int
store_directory(const struct store *store)
{
	return store->directory;
}

int
store_flush(struct store *store, struct err *err)
{
	return queue_wait(&store->queue, store_submitted(store), err);
}

int
store_check(struct store *store, struct err *err)
{
	return queue_check(&store->queue, err);
}

uint64_t
store_submitted(const struct store *store)
{
	return atomic_load(&store->queue.submitted);
}

uint64_t
store_durable(const struct store *store)
{
	return atomic_load(&store->queue.durable);
}

bool
store_take_warning(struct store *store, char text[STORE_WARNING_SIZE])
{
	return store->writer && writer_take_warning(store->writer, text);
}
