#include "base/file.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
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
	if (fd < 0)
		return err_sys(err, "open %s", path);
	*ret_fd = fd;
	return 0;
}

int
file_read_fd(int fd, const char *name, struct buf *b, struct err *err)
{
	struct stat status;

	/* One byte more than the size sees the end of the file without a second reservation. */
	if (fstat(fd, &status) == 0 && status.st_size > 0 && (size_t)status.st_size < b->max)
		(void)buf_reserve(b, MIN((size_t)status.st_size + 1, b->max - b->n));
	for (;;) {
		size_t room = b->capacity > b->n + 1 ? b->capacity - b->n - 1 : 0;
		ssize_t n;

		if (!room) {
			room = MIN(MAX(READ_STEP, b->n), b->max - b->n);
			if (!room) {
				char probe;

				n = read(fd, &probe, 1);
				if (n > 0)
					return err_set(err, ERR_LIMIT,
						"%s is larger than the limit of %zu bytes",
						name, b->max);
				return n < 0 ? err_sys(err, "read %s", name) : 0;
			}
			(void)buf_reserve(b, room);
		}
		room = MIN(room, b->max - b->n);
		if (!room)
			continue;
		n = read(fd, b->p + b->n, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "read %s", name);
		if (n == 0)
			break;
		b->n += (size_t)n;
	}
	if (b->p)
		b->p[b->n] = '\0';
	return 0;
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
parent_of(const char *path, char parent[static 4096])
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		(void)snprintf(parent, 4096, ".");
	else if (slash == path)
		(void)snprintf(parent, 4096, "/");
	else
		(void)snprintf(parent, 4096, "%.*s", (int)(slash - path), path);
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

int
file_replace(int dir, const char *path, struct str content, mode_t mode, enum file_sync sync,
	struct err *err)
{
	static _Atomic unsigned counter;
	char temporary[4096];
	char parent[4096];
	int length = snprintf(temporary, sizeof(temporary), "%s.%d-%u.tmp", path, (int)getpid(),
		atomic_fetch_add(&counter, 1));
	int r;

	if (length < 0 || (size_t)length >= sizeof(temporary))
		return err_set(err, ERR_LIMIT, "path %s is too long", path);
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
	int r = 0;

	for (;;) {
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
		for (;;) {
			ssize_t n = copy_file_range(from, NULL, to, NULL, (size_t)1 << 30, 0);

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

int
dir_open(int dir, const char *path, int *ret_fd, struct err *err)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "open directory %s", path);
	*ret_fd = fd;
	return 0;
}

int
dir_make(int dir, const char *path, mode_t mode, struct err *err)
{
	struct stat status;

	if (mkdirat(dir, path, mode) == 0)
		return 0;
	if (errno == EEXIST && fstatat(dir, path, &status, 0) == 0 && S_ISDIR(status.st_mode))
		return 0;
	return err_sys(err, "make directory %s", path);
}

int
dir_make_all(int dir, const char *path, mode_t mode, struct err *err)
{
	char *copy = memory_copy_string(path);
	int r = 0;

	for (char *p = copy + 1; r == 0 && *copy; p++) {
		if (*p != '/' && *p != '\0')
			continue;
		if (*p == '\0') {
			r = dir_make(dir, copy, mode, err);
			break;
		}
		*p = '\0';
		r = dir_make(dir, copy, mode, err);
		*p = '/';
	}
	free(copy);
	return r;
}

int
dir_sync(int dir, const char *path, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	int r = dir_open(dir, path, &fd, err);

	if (r < 0)
		return r;
	if (fsync(fd) != 0)
		return err_sys(err, "fsync directory %s", path);
	return 0;
}

static int
compare_names(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* Gives ourselves the permissions that removing below needs; where that fails, what follows says so. */
static void
open_up(int dir, const char *path)
{
	if (fchmodat(dir, path, 0700, 0) != 0)
		return;
}

static bool
is_dot(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

int
dir_list(int dir, const char *path, struct arena *arena, struct str **ret_names, size_t *ret_n,
	struct err *err)
{
	int fd = -1;
	int r = dir_open(dir, path, &fd, err);
	struct str *names = NULL;
	struct dirent *entry;
	size_t capacity = 0;
	size_t n = 0;
	DIR *stream;

	if (r < 0)
		return r;
	stream = fdopendir(fd);
	if (!stream) {
		(void)close(fd);
		return err_sys(err, "read directory %s", path);
	}
	for (errno = 0; (entry = readdir(stream)); errno = 0) {
		if (is_dot(entry->d_name))
			continue;
		names = memory_grow(names, n, &capacity, sizeof(*names));
		names[n++] = arena_str(arena, str_of(entry->d_name));
	}
	if (errno)
		r = err_sys(err, "read directory %s", path);
	(void)closedir(stream);
	if (r == 0) {
		*ret_names = ARENA_ARRAY(arena, n, struct str);
		if (n)
			memcpy(*ret_names, names, n * sizeof(*names));
		qsort(*ret_names, n, sizeof(**ret_names), compare_names);
		*ret_n = n;
	}
	free(names);
	return r;
}

/* Moves one directory into `top` under the next number that is free there. */
static int
move_up(int fd, const char *name, int top, unsigned *next, struct err *err)
{
	char number[32];

	/* A directory may be moved only where it can be written itself. */
	open_up(fd, name);
	do {
		(void)snprintf(number, sizeof(number), ".lily-%u", (*next)++);
		if (renameat(fd, name, top, number) == 0)
			return 0;
	} while (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR);
	return err_sys(err, "move %s", name);
}

/* Moves every subdirectory of `fd` up into `top` under a number, and removes all else in it: the
 * tree becomes flat level by level, so neither the stack nor the number of open descriptors grows
 * with its depth. */
static int
flatten(int fd, int top, unsigned *next, struct err *err)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	int r = 0;

	if (!stream) {
		fd_close(&copy);
		return err_sys(err, "read directory");
	}
	rewinddir(stream);
	while (r == 0 && (entry = readdir(stream))) {
		if (is_dot(entry->d_name) || unlinkat(fd, entry->d_name, 0) == 0 ||
			errno == ENOENT)
			continue;
		if (errno != EISDIR && errno != EPERM)
			r = err_sys(err, "remove %s", entry->d_name);
		else if (unlinkat(fd, entry->d_name, AT_REMOVEDIR) == 0 || fd == top)
			continue;
		else {
			r = move_up(fd, entry->d_name, top, next, err);
		}
	}
	(void)closedir(stream);
	return r;
}

/* One round over the directories directly in `top`: empties each of what is not a directory, moves
 * its directories up, removes it. *ret_left says how many there were. */
static int
remove_round(int top, unsigned *next, size_t *ret_left, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str *names;
	size_t n;
	int r = dir_list(top, ".", &arena, &names, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		AUTO_CLOSE int fd = -1;

		if (unlinkat(top, names[i].p, AT_REMOVEDIR) == 0)
			continue;
		open_up(top, names[i].p);
		fd = openat(top, names[i].p, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return err_sys(err, "open %s", names[i].p);
		(void)fchmod(fd, 0700);
		r = flatten(fd, top, next, err);
		if (r == 0 && unlinkat(top, names[i].p, AT_REMOVEDIR) != 0)
			r = err_sys(err, "remove %s", names[i].p);
	}
	*ret_left = n;
	return r;
}

int
tree_remove(int dir, const char *path, struct err *err)
{
	AUTO_CLOSE int top = -1;
	unsigned next = 0;
	size_t left = 0;
	int r;

	if (unlinkat(dir, path, 0) == 0 || errno == ENOENT)
		return 0;
	if (unlinkat(dir, path, AT_REMOVEDIR) == 0)
		return 0;
	top = openat(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (top < 0 && errno == EACCES) {
		open_up(dir, path);
		top = openat(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (top < 0)
		return err_sys(err, "remove %s", path);
	(void)fchmod(top, 0700);
	r = flatten(top, top, &next, err);
	do {
		if (r == 0)
			r = remove_round(top, &next, &left, err);
	} while (r == 0 && left);
	if (r < 0)
		return err_wrap(err, "remove %s", path);
	if (unlinkat(dir, path, AT_REMOVEDIR) != 0)
		return err_sys(err, "remove %s", path);
	return 0;
}

int
path_real(const char *path, struct arena *arena, struct str *ret_path, struct err *err)
{
	char *real = realpath(path, NULL);

	if (!real)
		return err_sys(err, "%s", path);
	*ret_path = arena_str(arena, str_of(real));
	free(real);
	return 0;
}

const char *
path_join(struct arena *arena, const char *dir, const char *name)
{
	size_t n = strlen(dir);

	if (name[0] == '/' || n == 0)
		return arena_cstr(arena, str_of(name));
	return arena_printf(arena, "%s%s%s", dir, dir[n - 1] == '/' ? "" : "/", name);
}

bool
path_is_inside(struct str path)
{
	struct str rest = path;

	if (!path.n || path.p[0] == '/' || memchr(path.p, '\0', path.n))
		return false;
	while (rest.p) {
		struct str part = str_cut(rest, '/', &rest);

		if (str_equal(part, STR("..")))
			return false;
	}
	return true;
}
