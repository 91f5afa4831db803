#include "store/staging.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>

void
staging_init(struct staging *staging, int objects)
{
	*staging = (struct staging){.objects = objects, .folder = -1};
	(void)pthread_mutex_init(&staging->mutex, NULL);
}

void
staging_done(struct staging *staging)
{
	if (staging->folder >= 0)
		(void)tree_remove(staging->objects, staging->name, NULL);
	fd_close(&staging->folder);
	(void)pthread_mutex_destroy(&staging->mutex);
}

/* The sweep of another process must not find the folder between its making and its locking. */
static int
make_locked(struct staging *staging, int store, struct err *err)
{
	AUTO_CLOSE int lock = openat(store, "commit.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	AUTO_CLOSE int folder = -1;
	uint64_t random = 0;
	int r;

	if (lock < 0)
		return err_sys(err, "open commit.lock");
	r = file_lock(lock, FILE_WAIT, err);
	if (r == 0)
		r = dir_make(staging->objects, "tmp", 0700, err);
	if (r < 0)
		return r;
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return err_sys(err, "getrandom");
	(void)snprintf(staging->name, sizeof(staging->name), "tmp/%d-%016llx", (int)getpid(),
		(unsigned long long)random);
	r = dir_make(staging->objects, staging->name, 0700, err);
	if (r == 0)
		r = dir_open(staging->objects, staging->name, &folder, err);
	if (r == 0)
		r = file_lock(folder, FILE_TRY, err);
	if (r == 0)
		staging->folder = fd_take(&folder);
	return r;
}

int
staging_name(struct staging *staging, int store, char path[STAGING_PATH_SIZE], struct err *err)
{
	int r = 0;

	(void)pthread_mutex_lock(&staging->mutex);
	if (staging->folder < 0)
		r = make_locked(staging, store, err);
	if (r == 0)
		(void)snprintf(
			path, STAGING_PATH_SIZE, "%s/%u", staging->name, staging->next++);
	(void)pthread_mutex_unlock(&staging->mutex);
	return r < 0 ? err_wrap(err, "objects") : 0;
}

int
staging_make(struct staging *staging, int store, int *ret_fd, char path[STAGING_PATH_SIZE],
	struct err *err)
{
	int r = staging_name(staging, store, path, err);
	int fd;

	if (r < 0)
		return r;
	fd = openat(staging->objects, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, "create objects/%s", path);
	*ret_fd = fd;
	return 0;
}

static int
sweep_folder(int tmp, const char *name, struct err *err)
{
	AUTO_CLOSE int folder = openat(tmp, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) != 0)
		return 0;
	return tree_remove(tmp, name, err);
}

int
staging_sweep(int objects, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_CLOSE int tmp = openat(objects, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct str *names;
	size_t n;
	int r;

	if (tmp < 0)
		return errno == ENOENT ? 0 : err_sys(err, "open objects/tmp");
	r = dir_list(tmp, ".", &arena, &names, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = sweep_folder(tmp, names[i].p, err);
	return r;
}

const char *
object_file_path(const struct digest *digest, char path[OBJECT_FILE_SIZE])
{
	char hex[DIGEST_HEX_SIZE];

	(void)snprintf(path, OBJECT_FILE_SIZE, "%.2s/%s", digest_to_hex(digest, hex), hex + 2);
	return path;
}

static const char *
folder_of(const struct digest *digest, char folder[3])
{
	char hex[DIGEST_HEX_SIZE];

	(void)snprintf(folder, 3, "%.2s", digest_to_hex(digest, hex));
	return folder;
}

int
object_file_place(int objects, const char *staged, const struct digest *digest, struct err *err)
{
	char path[OBJECT_FILE_SIZE];
	char folder[3];

	(void)object_file_path(digest, path);
	if (renameat(objects, staged, objects, path) == 0)
		return 0;
	if (errno == ENOENT) {
		int r = dir_make(objects, folder_of(digest, folder), 0700, err);

		if (r < 0)
			return r;
		if (fsync(objects) != 0)
			return err_sys(err, "fsync objects");
		if (renameat(objects, staged, objects, path) == 0)
			return 0;
	}
	return err_sys(err, "move objects/%s to objects/%s", staged, path);
}

int
object_file_sync(int objects, const struct digest *digest, struct err *err)
{
	char folder[3];

	return dir_sync(objects, folder_of(digest, folder), err);
}
