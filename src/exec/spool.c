#include "exec/spool.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define FILE_NAME "stdout"
#define CREATE (O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC)

int
spool_begin(struct spool *spool, struct str name, struct err *err)
{
	if (!path_is_inside(name) || str_ends(name, STR("/")))
		return err_set(
			err, ERR_INVALID, "\"%.*s\" is no name for an output", STR_ARG(name));
	buf_add_str(&spool->name, name);
	return buf_check(&spool->name, "the name of an output", err);
}

int
spool_add(struct spool *spool, struct str bytes, int directory, struct err *err)
{
	if (spool->file < 0 && spool->memory.n + bytes.n <= SPOOL_MEMORY) {
		buf_add_str(&spool->memory, bytes);
		return 0;
	}
	if (spool->file < 0) {
		int r;

		(void)unlinkat(directory, FILE_NAME, 0);
		spool->file = openat(directory, FILE_NAME, CREATE, 0644);
		if (spool->file < 0)
			return err_sys(err, "create %s", FILE_NAME);
		r = file_write(spool->file, spool->memory.p, spool->memory.n, err);
		if (r < 0)
			return err_wrap(err, "stdout");
	}
	if (file_write(spool->file, bytes.p, bytes.n, err) < 0)
		return err_wrap(err, "stdout");
	return 0;
}

/* Goes one directory down, making it where there is none (or something else). */
static int
enter(int *dir, const char *name, struct err *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(*dir, name, flags);

	if (fd < 0) {
		int r = tree_remove(*dir, name, err);

		if (r < 0)
			return r;
		if (mkdirat(*dir, name, 0755) != 0)
			return err_sys(err, "make directory %s", name);
		fd = openat(*dir, name, flags);
	}
	if (fd < 0)
		return err_sys(err, "open directory %s", name);
	(void)close(*dir);
	*dir = fd;
	return 0;
}

static int
place_in(struct spool *spool, int directory, int parent, const char *name, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	int r;

	if (spool->file >= 0)
		return renameat(directory, FILE_NAME, parent, name) == 0
			? 0
			: err_sys(err, "put stdout in its place");
	fd = openat(parent, name, CREATE, 0644);
	if (fd < 0)
		return err_sys(err, "create %s", name);
	r = file_write(fd, spool->memory.p, spool->memory.n, err);
	return r < 0 ? err_wrap(err, "%s", name) : 0;
}

int
spool_place(struct spool *spool, int directory, int out, struct err *err)
{
	AUTO_CLOSE int parent = fcntl(out, F_DUPFD_CLOEXEC, 0);
	struct str rest = buf_str(&spool->name);
	char part[256];
	int r;

	if (parent < 0)
		return err_sys(err, "dup");
	for (;;) {
		struct str name = str_cut(rest, '/', &rest);

		if (name.n >= sizeof(part))
			return err_set(err, ERR_LIMIT, "%s: a name is too long",
				buf_cstr(&spool->name));
		memcpy(part, name.p, name.n);
		part[name.n] = '\0';
		if (!rest.p)
			break;
		if (!name.n)
			continue;
		r = enter(&parent, part, err);
		if (r < 0)
			return err_wrap(err, "%s", buf_cstr(&spool->name));
	}
	r = tree_remove(parent, part, err);
	return r < 0 ? r : place_in(spool, directory, parent, part, err);
}

void
spool_reset(struct spool *spool)
{
	buf_clear(&spool->name);
	buf_clear(&spool->memory);
	fd_close(&spool->file);
}

void
spool_done(struct spool *spool)
{
	spool_reset(spool);
	buf_done(&spool->name);
	buf_done(&spool->memory);
}
