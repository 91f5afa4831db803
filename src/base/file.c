#include "base/file.h"

#include "base/memory.h"
#include "base/recall.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/syscall.h>

#define COPY_SIZE ((size_t)256 << 10)
#define READ_STEP ((size_t)64 << 10)

static const char *
kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR: return "a directory";
	case S_IFLNK: return "a symbolic link";
	case S_IFIFO: return "a fifo";
	case S_IFSOCK: return "a socket";
	case S_IFCHR:
	case S_IFBLK: return "a device";
	default: return "not a regular file";
	}
}

/* O_NONBLOCK keeps the open of a fifo from waiting; it means nothing for a regular file. */
static int
open_checked(int dir, const char *path, int flags, int *ret_fd, struct err *err)
{
	AUTO_CLOSE int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
	struct stat status;

	if (fd < 0 && errno == ELOOP && (flags & O_NOFOLLOW))
		return err_set(
			err, ERR_INVALID, "%s is a symbolic link, a file is needed", path);
	if (fd < 0 && errno == ENXIO)
		return err_set(err, ERR_INVALID, "%s is a socket, a file is needed", path);
	if (fd < 0)
		return err_sys(err, "open %s", path);
	if (fstat(fd, &status) != 0)
		return err_sys(err, "stat %s", path);
	if (!S_ISREG(status.st_mode))
		return err_set(err, ERR_INVALID, "%s is %s, a file is needed", path,
			kind_of(status.st_mode));
	*ret_fd = fd_take(&fd);
	return 0;
}

int
file_open_regular(int dir, const char *path, int *ret_fd, struct err *err)
{
	return open_checked(dir, path, O_NOFOLLOW, ret_fd, err);
}

int
file_open_beneath(int dir, const char *path, int flags, int *ret_fd, struct err *err)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));

	if (fd < 0 && errno == EXDEV)
		return err_set(err, ERR_DENIED, "%s leads out of the workspace", path);
	if (fd < 0 && errno == ELOOP)
		return err_set(
			err, ERR_INVALID, "%s is a symbolic link, a file is needed", path);
	if (fd < 0 && errno == ENXIO)
		return err_set(
			err, ERR_INVALID, "%s is a socket or a device, a file is needed", path);
	if (fd < 0 && errno == ENAMETOOLONG)
		return err_set(err, ERR_INVALID, "%.100s… is longer than a name can be", path);
	if (fd < 0)
		return err_sys(err, "open %s", path);
	*ret_fd = fd;
	return 0;
}

static ssize_t
read_some(int fd, char *room, size_t n)
{
	ssize_t got;

	do {
		got = read(fd, room, n);
	} while (got < 0 && errno == EINTR);
	return got;
}

int
file_read_fd(int fd, const char *name, struct buf *b, struct err *err)
{
	struct stat status;
	size_t step = READ_STEP;
	char beyond;
	ssize_t n;

	/* One byte more than the size sees the end of the file without a second reservation. */
	if (fstat(fd, &status) == 0 && status.st_size > 0)
		step = (size_t)status.st_size + 1;
	while (b->n < b->max) {
		size_t room = MIN(step, b->max - b->n);

		n = read_some(fd, buf_reserve(b, room), room);
		if (n < 0)
			return err_sys(err, "read %s", name);
		if (n == 0)
			return 0;
		b->n += (size_t)n;
		step = MAX(READ_STEP, b->n);
	}
	n = read_some(fd, &beyond, 1);
	if (n > 0)
		return err_set(err, ERR_LIMIT, "%s is larger than the limit of %zu bytes", name,
			b->max);
	return n < 0 ? err_sys(err, "read %s", name) : 0;
}

int
file_read(int dir, const char *path, struct buf *b, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	int r = open_checked(dir, path, 0, &fd, err);

	return r < 0 ? r : file_read_fd(fd, path, b, err);
}

int
file_write(int fd, const void *bytes, size_t n, struct err *err)
{
	const char *p = bytes;

	while (n) {
		ssize_t written = write(fd, p, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return err_sys(err, "write");
		p += written;
		n -= (size_t)written;
	}
	return 0;
}

/* The directory part of path, "." where it has none. */
static void
parent_of(const char *path, char parent[static PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		(void)snprintf(parent, PATH_MAX, ".");
	else if (slash == path)
		(void)snprintf(parent, PATH_MAX, "/");
	else
		(void)snprintf(parent, PATH_MAX, "%.*s", (int)(slash - path), path);
}

static int
write_temporary(int dir, const char *temporary, struct str content, mode_t mode,
	enum file_sync sync, struct err *err)
{
	AUTO_CLOSE int fd =
		openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int r;

	if (fd < 0)
		return err_sys(err, "create %s", temporary);
	r = file_write(fd, content.p, content.n, err);
	if (r < 0)
		return err_wrap(err, "%s", temporary);
	if (sync == FILE_SYNC && fdatasync(fd) != 0)
		return err_sys(err, "fdatasync %s", temporary);
	return 0;
}

/* A name that no other process makes, whatever its pid, and that no left-over has. */
static int
name_temporary(const char *path, char temporary[static PATH_MAX], struct err *err)
{
	uint64_t random;
	int length;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return err_sys(err, "getrandom");
	length = snprintf(
		temporary, PATH_MAX, "%s.%016llx.tmp", path, (unsigned long long)random);
	if (length < 0 || length >= PATH_MAX)
		return err_set(err, ERR_LIMIT, "path %s is too long", path);
	return 0;
}

int
file_replace(int dir, const char *path, struct str content, mode_t mode, enum file_sync sync,
	struct err *err)
{
	char temporary[PATH_MAX];
	char parent[PATH_MAX];
	int r = name_temporary(path, temporary, err);

	if (r < 0)
		return r;
	r = write_temporary(dir, temporary, content, mode, sync, err);
	if (r == 0 && renameat(dir, temporary, dir, path) != 0)
		r = err_sys(err, "rename %s to %s", temporary, path);
	if (r < 0) {
		(void)unlinkat(dir, temporary, 0);
		return r;
	}
	if (sync == FILE_NO_SYNC)
		return 0;
	parent_of(path, parent);
	return dir_sync(dir, parent, err);
}

static int
copy_by_hand(int from, int to, uint64_t *size, struct err *err)
{
	char *block = memory_new(1, COPY_SIZE);
	int r;

	while ((r = recall_check(err)) == 0) {
		ssize_t n = read(from, block, COPY_SIZE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = err_sys(err, "read");
		if (n <= 0)
			break;
		r = file_write(to, block, (size_t)n, err);
		if (r < 0)
			break;
		*size += (uint64_t)n;
	}
	free(block);
	return r;
}

int
file_copy(int from, int to, uint64_t *ret_size, struct err *err)
{
	uint64_t size = 0;
	struct stat status;
	int r = 0;

	if (lseek(from, 0, SEEK_CUR) == 0 && ioctl(to, FICLONE, from) == 0) {
		if (fstat(to, &status) != 0)
			return err_sys(err, "stat the copy");
		size = (uint64_t)status.st_size;
	} else {
		while (recall_check(NULL) == 0) {
			ssize_t n = copy_file_range(from, NULL, to, NULL, (size_t)64 << 20, 0);

			if (n <= 0)
				break;
			size += (uint64_t)n;
		}
		/* At the end of the file this reads nothing; where the kernel could not copy, all. */
		r = copy_by_hand(from, to, &size, err);
	}
	if (r == 0 && ret_size)
		*ret_size = size;
	return r;
}

int
file_lock(int fd, enum file_lock how, struct err *err)
{
	int operation = how == FILE_TRY ? LOCK_EX | LOCK_NB : LOCK_EX;

	while (flock(fd, operation) != 0) {
		if (errno == EINTR)
			continue;
		if (errno == EWOULDBLOCK)
			return err_set(err, ERR_DENIED, "another process holds the lock");
		return err_sys(err, "flock");
	}
	return 0;
}
