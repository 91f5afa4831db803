#include "base/file.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

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
dir_open_beneath(int dir, const char *path, int *ret_fd, struct err *err)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	int fd = (int)syscall(SYS_openat2, dir, *path ? path : ".", &how, sizeof(how));

	if (fd < 0 && errno == EXDEV)
		return err_set(err, ERR_DENIED, "%s leads to another file system", path);
	if (fd < 0 && errno == ELOOP)
		return err_set(err, ERR_INVALID, "%s leads over a symbolic link", path);
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
	if (errno != EEXIST || fstatat(dir, path, &status, 0) != 0)
		return err_sys(err, "make directory %s", path);
	if (S_ISDIR(status.st_mode))
		return 0;
	(void)err_set(err, ERR_SYS, "make directory %s: what is there is no directory", path);
	if (err)
		err->sys_errno = EEXIST;
	return ERR_SYS;
}

int
dir_make_all(int dir, const char *path, mode_t mode, struct err *err)
{
	char *copy = memory_copy_string(path);
	int r = *copy ? 0 : dir_make(dir, copy, mode, err);

	for (char *p = copy + 1; r == 0; p++) {
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
