#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

/* Gives ourselves the permissions that removing below needs, but never through a link; where that
 * fails, what follows says so. */
static void
open_up(int dir, const char *path)
{
	AUTO_CLOSE int fd = openat(dir, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char self[64];

	if (fd < 0)
		return;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	(void)chmod(self, 0700);
}

static bool
is_dot(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

static bool
is_directory(int dir, const char *path)
{
	struct stat status;

	return fstatat(dir, path, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
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

/* Removes one entry of `fd`, or moves it into `top`; directories of `top` itself stay. */
static int
clear_entry(int fd, const char *name, int top, unsigned *next, struct err *err)
{
	int error;

	if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	error = errno;
	/* EISDIR on Linux, EPERM in POSIX, which is also how a file says that it may not go. */
	if ((error != EISDIR && error != EPERM) || !is_directory(fd, name)) {
		errno = error;
		return err_sys(err, "remove %s", name);
	}
	if (unlinkat(fd, name, AT_REMOVEDIR) == 0 || fd == top)
		return 0;
	return move_up(fd, name, top, next, err);
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
		r = err_sys(err, "read directory");
		fd_close(&copy);
		return r;
	}
	rewinddir(stream);
	while (r == 0 && (entry = readdir(stream)))
		if (!is_dot(entry->d_name))
			r = clear_entry(fd, entry->d_name, top, next, err);
	(void)closedir(stream);
	return r;
}

/* Empties and removes one directory that lies directly in `top`. */
static int
remove_member(int top, const char *name, unsigned *next, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	int r;

	if (unlinkat(top, name, AT_REMOVEDIR) == 0)
		return 0;
	open_up(top, name);
	fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "open %s", name);
	r = flatten(fd, top, next, err);
	if (r == 0 && unlinkat(top, name, AT_REMOVEDIR) != 0)
		r = err_sys(err, "remove %s", name);
	return r;
}

/* One round over the directories in `top`, which may leave theirs there for the next round.
 * *ret_left says how many there were. */
static int
remove_round(int top, unsigned *next, size_t *ret_left, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str *names;
	size_t n;
	int r = dir_list(top, ".", &arena, &names, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = remove_member(top, names[i].p, next, err);
	if (r == 0)
		*ret_left = n;
	return r;
}

static int
open_top(int dir, const char *path)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int top = openat(dir, path, flags);

	if (top < 0 && errno == EACCES) {
		open_up(dir, path);
		top = openat(dir, path, flags);
	}
	if (top >= 0)
		(void)fchmod(top, 0700);
	return top;
}

int
tree_remove(int dir, const char *path, struct err *err)
{
	AUTO_CLOSE int top = -1;
	unsigned next = 0;
	size_t left = 1;
	int r;

	if (unlinkat(dir, path, 0) == 0 || errno == ENOENT)
		return 0;
	if (unlinkat(dir, path, AT_REMOVEDIR) == 0)
		return 0;
	top = open_top(dir, path);
	if (top < 0)
		return err_sys(err, "remove %s", path);
	r = flatten(top, top, &next, err);
	while (r == 0 && left)
		r = remove_round(top, &next, &left, err);
	if (r < 0)
		return err_wrap(err, "remove %s", path);
	if (unlinkat(dir, path, AT_REMOVEDIR) != 0)
		return err_sys(err, "remove %s", path);
	return 0;
}
