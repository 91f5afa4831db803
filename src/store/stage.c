#include "store/stage.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/recall.h"
#include "store/object_submit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

/* A tree of very many small files would fill memory before it is committed. */
#define MEMORY_MOST ((size_t)64 << 20)

static struct staged_part *
add_part(struct object_staged *staged)
{
	staged->parts = memory_grow(
		staged->parts, staged->n, &staged->capacity, sizeof(*staged->parts));
	staged->parts[staged->n] = (struct staged_part){0};
	return &staged->parts[staged->n++];
}

static void
keep_bytes(struct object_staged *staged, struct str bytes)
{
	struct staged_part *part = add_part(staged);

	part->size = bytes.n;
	part->bytes = memory_new(1, bytes.n);
	if (bytes.n)
		memcpy(part->bytes, bytes.p, bytes.n);
	digest_of(bytes.p, bytes.n, &part->digest);
	staged->in_memory += bytes.n;
}

/* Whether the file may change its name instead of being copied: nobody else can have it by another
 * name, and it stays on its file system. */
static bool
may_move(const struct store *store, int fd, int dir, const char *name)
{
	struct stat file;
	struct stat named;
	struct stat objects;

	return fstat(fd, &file) == 0 && fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		fstat(store->objects, &objects) == 0 && file.st_dev == named.st_dev &&
		file.st_ino == named.st_ino && file.st_nlink == 1 && file.st_uid == geteuid() &&
		file.st_dev == objects.st_dev;
}

static int
move_file(struct store *store, int dir, const char *name, char path[STAGING_PATH_SIZE],
	struct err *err)
{
	int r = staging_name(&store->staging, store->directory, path, err);

	if (r < 0)
		return r;
	return renameat(dir, name, store->objects, path) == 0 ? 1 : 0;
}

static int
copy_file(
	struct store *store, int fd, char path[STAGING_PATH_SIZE], int *ret_fd, struct err *err)
{
	AUTO_CLOSE int copy = -1;
	int r = staging_make(&store->staging, store->directory, &copy, path, err);

	if (r == 0)
		r = file_copy(fd, copy, NULL, err);
	if (r == 0)
		*ret_fd = fd_take(&copy);
	return r;
}

/* The staged file is hashed, not the one it was copied from: that one may be changing. */
static int
hash_staged(struct object_staged *staged, int fd, const char *path, struct err *err)
{
	struct digest digest;
	uint64_t size;
	struct staged_part *part;
	int r;

	if (fchmod(fd, 0444) != 0 || lseek(fd, 0, SEEK_SET) != 0)
		return err_sys(err, "chmod objects/%s", path);
	r = digest_of_fd(fd, &digest, &size, err);
	if (r < 0)
		return r;
	part = add_part(staged);
	part->digest = digest;
	part->size = size;
	part->path = memory_copy_string(path);
	return 0;
}

static int
stage_large(struct store *store, struct object_staged *staged, int fd, enum object_how how,
	int dir, const char *name, struct err *err)
{
	char path[STAGING_PATH_SIZE];
	AUTO_CLOSE int copy = -1;
	int r = 0;

	if (how == OBJECT_MOVE && may_move(store, fd, dir, name))
		r = move_file(store, dir, name, path, err);
	if (r == 0)
		r = copy_file(store, fd, path, &copy, err);
	if (r >= 0)
		r = hash_staged(staged, copy >= 0 ? copy : fd, path, err);
	return r < 0 ? err_wrap(err, "%s", name) : 0;
}

int
stage_add_file(struct store *store, struct object_staged *staged, int fd, enum object_how how,
	int dir, const char *name, const struct staged_part **ret_part, struct err *err)
{
	AUTO_BUF struct buf small = BUF_INIT(OBJECT_INLINE_MAX);
	struct stat status;
	int r = recall_check(err);

	if (r < 0)
		return r;
	r = ERR_LIMIT;
	if (fstat(fd, &status) != 0)
		return err_sys(err, "stat %s", name);
	if (!S_ISREG(status.st_mode))
		return err_set(err, ERR_INVALID, "%s is not a regular file", name);
	if ((uint64_t)status.st_size > OBJECT_SIZE_MAX ||
		staged->size > OBJECT_SIZE_MAX - (uint64_t)status.st_size)
		return err_set(err, ERR_LIMIT,
			"%s has %llu bytes: more than %llu in all cannot be kept", name,
			(unsigned long long)status.st_size,
			(unsigned long long)OBJECT_SIZE_MAX);
	if ((size_t)status.st_size <= OBJECT_INLINE_MAX && staged->in_memory < MEMORY_MOST)
		r = file_read_fd(fd, name, &small, err);
	if (r == 0) {
		keep_bytes(staged, buf_str(&small));
	} else if (r == ERR_LIMIT) {
		if (lseek(fd, 0, SEEK_SET) != 0)
			return err_sys(err, "lseek %s", name);
		r = stage_large(store, staged, fd, how, dir, name, err);
	}
	if (r < 0)
		return r;
	*ret_part = &staged->parts[staged->n - 1];
	return 0;
}

int
stage_add_bytes(
	struct store *store, struct object_staged *staged, struct str bytes, struct err *err)
{
	char path[STAGING_PATH_SIZE];
	AUTO_CLOSE int fd = -1;
	int r;

	if (bytes.n <= OBJECT_INLINE_MAX) {
		keep_bytes(staged, bytes);
		return 0;
	}
	r = staging_make(&store->staging, store->directory, &fd, path, err);
	if (r == 0)
		r = file_write(fd, bytes.p, bytes.n, err);
	return r < 0 ? r : hash_staged(staged, fd, path, err);
}

static void
staged_free(struct object_staged *staged)
{
	for (size_t i = 0; i < staged->n; i++) {
		free(staged->parts[i].bytes);
		free(staged->parts[i].path);
	}
	free(staged->parts);
	free(staged);
}

void
object_describe_staged(
	const struct object_staged *staged, struct digest *ret_digest, uint64_t *ret_size)
{
	*ret_digest = staged->parts[staged->n - 1].digest;
	*ret_size = staged->size;
}

void
object_discard(struct store *store, struct object_staged *staged)
{
	if (!staged)
		return;
	for (size_t i = 0; i < staged->n; i++)
		if (staged->parts[i].path)
			(void)unlinkat(store->objects, staged->parts[i].path, 0);
	staged_free(staged);
}

int
object_stage_new(struct store *store, struct object_staged **ret_staged, struct err *err)
{
	int r = store_need_writer(store, err);

	if (r == 0)
		*ret_staged = memory_zeroed(1, sizeof(**ret_staged));
	return r;
}

int
object_stage_file(struct store *store, int fd, enum object_how how, int dir, const char *name,
	struct object_staged **ret_staged, struct err *err)
{
	struct object_staged *staged;
	const struct staged_part *part;
	int r = store_need_writer(store, err);

	if (r < 0)
		return r;
	staged = memory_zeroed(1, sizeof(*staged));
	r = stage_add_file(store, staged, fd, name ? how : OBJECT_COPY, dir,
		name ? name : "the file", &part, err);
	if (r < 0) {
		object_discard(store, staged);
		return r;
	}
	staged->size = part->size;
	*ret_staged = staged;
	return 0;
}

static int
submit_part(struct store *store, struct staged_part *part, struct err *err)
{
	struct str bytes = {part->bytes, (size_t)part->size};
	int r;

	if (part->bytes)
		return object_submit_bytes(store, bytes, &part->digest, err);
	r = object_submit_file(store, &part->digest, part->size, part->path, err);
	if (r == 0) {
		free(part->path);
		part->path = NULL;
	}
	return r;
}

int
object_commit(struct store *store, struct object_staged *staged, struct digest *ret_digest,
	uint64_t *ret_size, struct err *err)
{
	struct digest digest = staged->parts[staged->n - 1].digest;
	uint64_t size = staged->size;
	int r = 0;

	for (size_t i = 0; r == 0 && i < staged->n; i++)
		r = submit_part(store, &staged->parts[i], err);
	if (r < 0) {
		object_discard(store, staged);
		return r;
	}
	staged_free(staged);
	*ret_digest = digest;
	if (ret_size)
		*ret_size = size;
	return 0;
}

int
object_put_file(struct store *store, int fd, enum object_how how, int dir, const char *name,
	struct digest *ret_digest, uint64_t *ret_size, struct err *err)
{
	struct object_staged *staged;
	int r = object_stage_file(store, fd, how, dir, name, &staged, err);

	return r < 0 ? r : object_commit(store, staged, ret_digest, ret_size, err);
}

int
object_put_tree(struct store *store, int dir, const char *path, struct digest *ret_digest,
	uint64_t *ret_size, struct err *err)
{
	struct object_staged *staged;
	int r = object_stage_tree(store, dir, path, &staged, err);

	return r < 0 ? r : object_commit(store, staged, ret_digest, ret_size, err);
}
