#include "exec/secret_files.h"

#include "base/file.h"

#include <fcntl.h>

static int
make_file(const struct secret_file *file, int folder, struct err *err)
{
	AUTO_CLOSE int fd = openat(
		folder, file->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);

	if (fd < 0)
		return err_sys(err, "create %s", file->name);
	return file_write(fd, file->bytes.p, file->bytes.n, err);
}

int
secret_files_make(const struct secret_file *files, size_t n, int dir, struct err *err)
{
	AUTO_CLOSE int folder = -1;
	int r = tree_remove(dir, SECRET_FILES_NAME, err);

	if (r == 0)
		r = dir_make(dir, SECRET_FILES_NAME, 0700, err);
	if (r == 0)
		r = dir_open(dir, SECRET_FILES_NAME, &folder, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = make_file(&files[i], folder, err);
	if (r == 0 && fchmod(folder, 0500) != 0)
		r = err_sys(err, "chmod " SECRET_FILES_NAME);
	return r < 0 ? err_wrap(err, "secrets as files") : 0;
}

int
secret_files_give(const struct secret_file *files, size_t n, int dir, uid_t user, gid_t group,
	struct err *err)
{
	AUTO_CLOSE int folder = -1;
	int r = dir_open(dir, SECRET_FILES_NAME, &folder, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (fchownat(folder, files[i].name, user, group, AT_SYMLINK_NOFOLLOW) != 0)
			return err_sys(err, "give away %s", files[i].name);
	return fchown(folder, user, group) != 0 ? err_sys(err, "give away " SECRET_FILES_NAME)
						: 0;
}
