/*
 * shim: loaded before libc (LD_PRELOAD) to make the n-th operation of one kind fail, or to end the
 * process right before or right after it.
 *
 *	FAULT_KIND   write fsync link rename mkdir open commit
 *	FAULT_AT     n, from 1; 0 only counts
 *	FAULT_MODE   fail    the operation does nothing and gives FAULT_ERRNO
 *	             before  the process ends (as by kill -9) instead of it
 *	             after   the process ends once it is done
 *	             short   (write) half of the bytes are written, then the process ends
 *	FAULT_ERRNO  EIO (default) or ENOSPC
 *	FAULT_COUNT  file that holds the number of operations seen, as a long in memory order
 *
 * Writes count on regular files only. What the process starts does not inherit any of it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind {
	KIND_NONE,
	KIND_WRITE,
	KIND_FSYNC,
	KIND_LINK,
	KIND_RENAME,
	KIND_MKDIR,
	KIND_OPEN,
	KIND_COMMIT
};
enum mode { MODE_FAIL, MODE_BEFORE, MODE_AFTER, MODE_SHORT };

static enum kind wanted_kind;
static enum mode wanted_mode;
static long wanted_at;
static int wanted_errno = EIO;
static pid_t owner;
static _Atomic long own_count;
static _Atomic long *seen = &own_count; /* or in the file of FAULT_COUNT */

static void *
next(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (!function)
		abort();
	return function;
}

/* In a file that is mapped: however the process ends, the number is there. */
static void
map_count(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *place = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, sizeof(*seen)) == 0)
		place = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (place == MAP_FAILED)
		abort();
	seen = place;
	(void)close(fd);
}

__attribute__((constructor)) static void
read_orders(void)
{
	static const char *const kinds[] = {
		"", "write", "fsync", "link", "rename", "mkdir", "open", "commit"};
	static const char *const modes[] = {"fail", "before", "after", "short"};
	const char *kind = getenv("FAULT_KIND");
	const char *mode = getenv("FAULT_MODE");
	const char *at = getenv("FAULT_AT");
	const char *error = getenv("FAULT_ERRNO");
	const char *count = getenv("FAULT_COUNT");

	for (size_t i = 1; kind && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i]) == 0)
			wanted_kind = (enum kind)i;
	for (size_t i = 0; mode && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(mode, modes[i]) == 0)
			wanted_mode = (enum mode)i;
	if (at)
		wanted_at = strtol(at, NULL, 10);
	if (error && strcmp(error, "ENOSPC") == 0)
		wanted_errno = ENOSPC;
	owner = getpid();
	if (count)
		map_count(count);
	(void)unsetenv("LD_PRELOAD");
}

static void
end_here(void)
{
	(void)kill(getpid(), SIGKILL);
	for (;;)
		(void)pause();
}

/* What to do with this operation: true: refuse it with errno set. */
static bool
strike(enum kind kind, bool *ret_after)
{
	*ret_after = false;
	/* A child on its way to exec shares our memory, and writes its user map. */
	if (getpid() != owner)
		return false;
	if (kind != wanted_kind || atomic_fetch_add(seen, 1) + 1 != wanted_at)
		return false;
	switch (wanted_mode) {
	case MODE_FAIL: errno = wanted_errno; return true;
	case MODE_BEFORE: end_here(); break;
	case MODE_AFTER:
	case MODE_SHORT: *ret_after = true; break;
	}
	return false;
}

static bool
is_file(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

#define FINISH(call)                              \
	do {                                      \
		__typeof__(call) result = (call); \
		if (after)                        \
			end_here();               \
		return result;                    \
	} while (0)

#define STRIKE(kind)              \
	bool after;               \
	if (strike(kind, &after)) \
	return -1

ssize_t
write(int fd, const void *bytes, size_t n)
{
	ssize_t (*real)(int, const void *, size_t) = next("write");
	bool after = false;

	if (wanted_kind == KIND_WRITE && is_file(fd)) {
		if (strike(KIND_WRITE, &after))
			return -1;
		if (after && wanted_mode == MODE_SHORT)
			n /= 2;
	}
	FINISH(real(fd, bytes, n));
}

static ssize_t
strike_pwrite(const char *name, int fd, const void *bytes, size_t n, off_t offset)
{
	ssize_t (*real)(int, const void *, size_t, off_t) = next(name);
	bool after = false;

	if (wanted_kind == KIND_WRITE && is_file(fd)) {
		if (strike(KIND_WRITE, &after))
			return -1;
		if (after && wanted_mode == MODE_SHORT)
			n /= 2;
	}
	FINISH(real(fd, bytes, n, offset));
}

ssize_t
pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
	return strike_pwrite("pwrite", fd, bytes, n, offset);
}

ssize_t
pwrite64(int fd, const void *bytes, size_t n, off_t offset)
{
	return strike_pwrite("pwrite64", fd, bytes, n, offset);
}

ssize_t
copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t n, unsigned flags)
{
	ssize_t (*real)(int, off_t *, int, off_t *, size_t, unsigned) = next("copy_file_range");
	STRIKE(KIND_WRITE);
	FINISH(real(from, from_at, to, to_at, n, flags));
}

int
fsync(int fd)
{
	int (*real)(int) = next("fsync");
	STRIKE(KIND_FSYNC);
	FINISH(real(fd));
}

int
fdatasync(int fd)
{
	int (*real)(int) = next("fdatasync");
	STRIKE(KIND_FSYNC);
	FINISH(real(fd));
}

int
syncfs(int fd)
{
	int (*real)(int) = next("syncfs");
	STRIKE(KIND_FSYNC);
	FINISH(real(fd));
}

int
linkat(int from, const char *path, int to, const char *name, int flags)
{
	int (*real)(int, const char *, int, const char *, int) = next("linkat");
	STRIKE(KIND_LINK);
	FINISH(real(from, path, to, name, flags));
}

int
link(const char *path, const char *name)
{
	int (*real)(const char *, const char *) = next("link");
	STRIKE(KIND_LINK);
	FINISH(real(path, name));
}

int
symlink(const char *target, const char *path)
{
	int (*real)(const char *, const char *) = next("symlink");
	STRIKE(KIND_LINK);
	FINISH(real(target, path));
}

int
symlinkat(const char *target, int dir, const char *path)
{
	int (*real)(const char *, int, const char *) = next("symlinkat");
	STRIKE(KIND_LINK);
	FINISH(real(target, dir, path));
}

int
rename(const char *from, const char *to)
{
	int (*real)(const char *, const char *) = next("rename");
	STRIKE(KIND_RENAME);
	FINISH(real(from, to));
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	int (*real)(int, const char *, int, const char *) = next("renameat");
	STRIKE(KIND_RENAME);
	FINISH(real(from_dir, from, to_dir, to));
}

int
renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	int (*real)(int, const char *, int, const char *, unsigned) = next("renameat2");
	STRIKE(KIND_RENAME);
	FINISH(real(from_dir, from, to_dir, to, flags));
}

int
mkdir(const char *path, mode_t mode)
{
	int (*real)(const char *, mode_t) = next("mkdir");
	STRIKE(KIND_MKDIR);
	FINISH(real(path, mode));
}

int
mkdirat(int dir, const char *path, mode_t mode)
{
	int (*real)(int, const char *, mode_t) = next("mkdirat");
	STRIKE(KIND_MKDIR);
	FINISH(real(dir, path, mode));
}

static mode_t
mode_of(int flags, va_list args)
{
	return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(args, int) : 0;
}

static int
strike_openat(const char *name, int dir, const char *path, int flags, mode_t mode)
{
	int (*real)(int, const char *, int, ...) = next(name);
	bool after = false;

	if (flags & O_CREAT && strike(KIND_OPEN, &after))
		return -1;
	FINISH(real(dir, path, flags, mode));
}

#define OPENAT(name)                                                 \
	int name(int dir, const char *path, int flags, ...)          \
	{                                                            \
		va_list args;                                        \
		mode_t mode;                                         \
		va_start(args, flags);                               \
		mode = mode_of(flags, args);                         \
		va_end(args);                                        \
		return strike_openat(#name, dir, path, flags, mode); \
	}

#define OPEN(name)                                                           \
	int name(const char *path, int flags, ...)                           \
	{                                                                    \
		va_list args;                                                \
		mode_t mode;                                                 \
		va_start(args, flags);                                       \
		mode = mode_of(flags, args);                                 \
		va_end(args);                                                \
		return strike_openat("openat", AT_FDCWD, path, flags, mode); \
	}

OPENAT(openat)
OPENAT(openat64)
OPEN(open)
OPEN(open64)

/* Set in sqlite3_exec: the library's own sqlite3_step within it is the same operation, not one more.
 * And sqlite3_exec would not hear of a statement that failed here: it asks the statement. */
static _Thread_local bool in_exec;

static bool
is_commit(const char *sql)
{
	size_t size = sql ? strlen(sql) : 0;

	return size >= 6 && strcasecmp(sql + size - 6, "COMMIT") == 0;
}

int
sqlite3_step(sqlite3_stmt *statement)
{
	int (*real)(sqlite3_stmt *) = next("sqlite3_step");
	bool after = false;

	if (wanted_kind == KIND_COMMIT && !in_exec && is_commit(sqlite3_sql(statement)) &&
		strike(KIND_COMMIT, &after))
		return SQLITE_IOERR;
	FINISH(real(statement));
}

int
sqlite3_exec(sqlite3 *db, const char *sql, int (*callback)(void *, int, char **, char **),
	void *context, char **error)
{
	int (*real)(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *,
		char **) = next("sqlite3_exec");
	bool after = false;
	int r;

	if (wanted_kind == KIND_COMMIT && is_commit(sql) && strike(KIND_COMMIT, &after))
		return SQLITE_IOERR;
	in_exec = true;
	r = real(db, sql, callback, context, error);
	in_exec = false;
	FINISH(r);
}
