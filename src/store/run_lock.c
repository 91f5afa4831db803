#include "store/run_lock.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define PATH_SIZE 64
#define HOST_SIZE 65 /* as Linux bounds it, __NEW_UTS_LEN */
#define LINE_SIZE 128

static const char *
folder_of(const struct uuid *run, char path[PATH_SIZE])
{
	char id[UUID_TEXT_SIZE];

	(void)snprintf(path, PATH_SIZE, "runs/%s", uuid_to_text(run, id));
	return path;
}

/* The line "pid µs-since-1970 host" that the holder wrote; what is not there is 0 or empty. */
struct holder {
	char text[LINE_SIZE];
	int pid;
	int64_t since_us;
	struct str host;
};

static void
read_holder(int lock, struct holder *holder)
{
	ssize_t n = pread(lock, holder->text, sizeof(holder->text), 0);
	struct str rest = {holder->text, (size_t)MAX(n, 0)};
	struct str pid = str_cut(str_trim(rest), ' ', &rest);
	struct str since = str_cut(rest, ' ', &holder->host);
	uint64_t number;

	holder->pid = str_to_u64(pid, INT32_MAX, &number) ? (int)number : 0;
	holder->since_us = str_to_u64(since, INT64_MAX, &number) ? (int64_t)number : 0;
}

static int
refuse(const struct uuid *run, int lock, struct err *err)
{
	char id[UUID_TEXT_SIZE];
	char since[CLOCK_TEXT_SIZE];
	struct holder holder;

	(void)uuid_to_text(run, id);
	read_holder(lock, &holder);
	if (!holder.pid)
		return err_set(err, ERR_DENIED,
			"run %s is being driven by another process; `lily watch` shows it", id);
	return err_set(err, ERR_DENIED,
		"run %s is being driven by process %d%s%.*s%s%s; `lily watch` shows it", id,
		holder.pid, holder.host.n ? " on " : "", STR_ARG(holder.host),
		holder.since_us ? " since " : "",
		holder.since_us ? clock_to_text(holder.since_us, since) : "");
}

/* For people only: the lock is the kernel's, whatever stands in its file. */
static int
write_holder(int lock, struct err *err)
{
	char host[HOST_SIZE] = "";
	char line[LINE_SIZE];
	int n;

	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	n = snprintf(line, sizeof(line), "%d %lld %s\n", (int)getpid(),
		(long long)clock_utc_us(), host);
	if (ftruncate(lock, 0) != 0 || pwrite(lock, line, (size_t)n, 0) != n)
		return err_sys(err, "write lock");
	return 0;
}

static int
set_lock(int fd, const struct uuid *run, struct err *err)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_OFD_SETLK, &whole) != 0)
		return errno == EAGAIN || errno == EACCES ? refuse(run, fd, err)
							  : err_sys(err, "lock");
	return write_holder(fd, err);
}

int
run_lock_take(
	int store, const struct uuid *run, int *ret_directory, int *ret_lock, struct err *err)
{
	AUTO_CLOSE int directory = -1;
	AUTO_CLOSE int lock = -1;
	char path[PATH_SIZE];
	int r = dir_make(store, "runs", 0700, err);

	if (r == 0)
		r = dir_make(store, folder_of(run, path), 0700, err);
	if (r == 0)
		r = dir_open(store, path, &directory, err);
	if (r < 0)
		return r;
	lock = openat(directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		return err_sys(err, "open %s/lock", path);
	r = set_lock(lock, run, err);
	if (r < 0)
		return r;
	*ret_directory = fd_take(&directory);
	*ret_lock = fd_take(&lock);
	return 0;
}

bool
run_lock_is_held(int store, const struct uuid *run, int *ret_pid)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[PATH_SIZE];
	char file[PATH_SIZE + 8];
	struct holder holder;
	AUTO_CLOSE int lock = -1;

	(void)snprintf(file, sizeof(file), "%s/lock", folder_of(run, path));
	lock = openat(store, file, O_RDONLY | O_CLOEXEC);
	*ret_pid = 0;
	if (lock < 0 || fcntl(lock, F_OFD_GETLK, &whole) != 0 || whole.l_type == F_UNLCK)
		return false;
	read_holder(lock, &holder);
	*ret_pid = holder.pid;
	return true;
}
