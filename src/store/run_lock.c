#include "store/run_lock.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define PATH_SIZE 64

static const char *
folder_of(const struct uuid *run, char path[PATH_SIZE])
{
	char id[UUID_TEXT_SIZE];

	(void)snprintf(path, PATH_SIZE, "runs/%s", uuid_to_text(run, id));
	return path;
}

static int
read_pid(int lock)
{
	char text[16] = "";
	uint64_t pid = 0;
	ssize_t n = pread(lock, text, sizeof(text) - 1, 0);

	if (n <= 0 || !str_to_u64(str_trim((struct str){text, (size_t)n}), INT32_MAX, &pid))
		return 0;
	return (int)pid;
}

static int
refuse(const struct uuid *run, int pid, struct err *err)
{
	char id[UUID_TEXT_SIZE];
	char who[32] = "another process";

	if (pid)
		(void)snprintf(who, sizeof(who), "process %d", pid);
	return err_set(err, ERR_DENIED, "run %s is being driven by %s; `lily watch` shows it",
		uuid_to_text(run, id), who);
}

static int
set_lock(int fd, const struct uuid *run, struct err *err)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char pid[16];
	int n;

	if (fcntl(fd, F_OFD_SETLK, &whole) != 0)
		return errno == EAGAIN || errno == EACCES ? refuse(run, read_pid(fd), err)
							  : err_sys(err, "lock");
	n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)n, 0) != n)
		return err_sys(err, "write lock");
	return 0;
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
	AUTO_CLOSE int lock = -1;

	(void)snprintf(file, sizeof(file), "%s/lock", folder_of(run, path));
	lock = openat(store, file, O_RDONLY | O_CLOEXEC);
	*ret_pid = 0;
	if (lock < 0 || fcntl(lock, F_OFD_GETLK, &whole) != 0 || whole.l_type == F_UNLCK)
		return false;
	*ret_pid = read_pid(lock);
	return true;
}
