#include "workspace/side.h"

#include "base/file.h"
#include "store/stage.h"

#include <errno.h>
#include <fcntl.h>

#define TARGET_MOST 4095

bool
side_differs_in_mode(const struct side *a, const struct side *b)
{
	return a->type == SIDE_FILE && b->type == SIDE_FILE && a->executable != b->executable &&
		digest_equal(&a->digest, &b->digest);
}

bool
side_equal(const struct side *a, const struct side *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case SIDE_NONE:
	case SIDE_DIR: return true;
	case SIDE_FILE:
		return a->executable == b->executable && digest_equal(&a->digest, &b->digest);
	case SIDE_LINK: return str_equal(a->target, b->target);
	case SIDE_OTHER: break;
	}
	return false;
}

static int
read_file(const struct side_reader *reader, int folder, const char *name, struct side *side,
	struct stat *status, struct err *err)
{
	const struct staged_part *part;
	AUTO_CLOSE int fd = -1;
	int r = file_open_regular(folder, name, &fd, err);

	if (r == 0 && fstat(fd, status) != 0)
		r = err_sys(err, "stat %s", name);
	if (r < 0)
		return r;
	side->executable = (status->st_mode & 0111) != 0;
	if (!reader->staged)
		return digest_of_fd(fd, &side->digest, &side->size, err);
	r = stage_add_file(
		reader->store, reader->staged, fd, OBJECT_COPY, folder, name, &part, err);
	if (r < 0)
		return r;
	side->digest = part->digest;
	side->size = part->size;
	return 0;
}

static int
read_link(const struct side_reader *reader, int folder, const char *name, struct side *side,
	struct err *err)
{
	char target[TARGET_MOST + 1];
	ssize_t n = readlinkat(folder, name, target, sizeof(target));

	if (n < 0)
		return err_sys(err, "readlink %s", name);
	if ((size_t)n > TARGET_MOST)
		return err_set(err, ERR_LIMIT, "the target of %s is longer than %d bytes", name,
			TARGET_MOST);
	side->target = arena_str(reader->arena, (struct str){target, (size_t)n});
	if (str_is_utf8(side->target, NULL))
		side->type = SIDE_LINK;
	return 0;
}

int
side_read(const struct side_reader *reader, int folder, const char *name, struct side *ret_side,
	struct stat *ret_status, struct err *err)
{
	struct side side = {.type = SIDE_OTHER};
	struct stat status = {0};
	int r = 0;

	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return err_sys(err, "stat %s", name);
		side.type = SIDE_NONE;
	} else if (S_ISREG(status.st_mode)) {
		side.type = SIDE_FILE;
		r = read_file(reader, folder, name, &side, &status, err);
	} else if (S_ISDIR(status.st_mode)) {
		side.type = SIDE_DIR;
	} else if (S_ISLNK(status.st_mode)) {
		r = read_link(reader, folder, name, &side, err);
	}
	if (r < 0)
		return r;
	*ret_side = side;
	if (ret_status)
		*ret_status = status;
	return 0;
}
