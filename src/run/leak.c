#include "run/leak.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/recall.h"

#include <errno.h>
#include <fcntl.h>

#define PIECE ((size_t)64 << 10)
#define HELD_MAX ((size_t)1 << 20)
/* As many as a directory that is kept may have (store/object.h). */
#define ENTRIES_MAX 1000000

/* A walk, one folder after the other: those found wait in a list. */
struct walk {
	const struct redactor *redactor;
	int top;
	struct arena arena;
	struct str *folders;
	size_t n, capacity;
	size_t entries;
	struct str secret;
};

struct str
leak_search_bytes(const struct redactor *redactor, struct str bytes)
{
	AUTO_BUF struct buf held = BUF_INIT(HELD_MAX);

	return redactor_search(redactor, &held, bytes);
}

int
leak_search_file(
	const struct redactor *redactor, int fd, struct str *ret_secret, struct err *err)
{
	AUTO_BUF struct buf held = BUF_INIT(HELD_MAX);
	AUTO_BUF struct buf piece = BUF_INIT(PIECE);
	char *room = buf_reserve(&piece, PIECE);
	struct str secret = STR_EMPTY;
	off_t at = 0;

	while (!secret.n) {
		ssize_t n;
		int r = recall_check(err);

		if (r < 0)
			return r;
		n = pread(fd, room, PIECE, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "read");
		if (n == 0)
			break;
		secret = redactor_search(redactor, &held, (struct str){room, (size_t)n});
		at += n;
	}
	*ret_secret = secret;
	return 0;
}

static int
search_link(const struct redactor *redactor, int folder, const char *name,
	struct str *ret_secret, struct err *err)
{
	char target[4096];
	ssize_t n = readlinkat(folder, name, target, sizeof(target));

	if (n < 0)
		return err_sys(err, "readlink %s", name);
	*ret_secret = leak_search_bytes(redactor, (struct str){target, (size_t)n});
	return 0;
}

int
leak_search_path(const struct redactor *redactor, int dir, const char *path,
	struct str *ret_secret, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	struct stat status;
	int r;

	*ret_secret = leak_search_bytes(redactor, str_of(path));
	if (ret_secret->n)
		return 0;
	if (fstatat(dir, path, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return err_sys(err, "stat %s", path);
	if (S_ISLNK(status.st_mode))
		return search_link(redactor, dir, path, ret_secret, err);
	if (!S_ISREG(status.st_mode))
		return 0;
	r = file_open_beneath(dir, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, &fd, err);
	return r < 0 ? r : leak_search_file(redactor, fd, ret_secret, err);
}

static int
search_entry(struct walk *walk, struct str folder_path, int folder, const char *name,
	struct err *err)
{
	struct stat status;
	int r = leak_search_path(walk->redactor, folder, name, &walk->secret, err);

	if (++walk->entries > ENTRIES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d entries", ENTRIES_MAX);
	if (r < 0 || walk->secret.n)
		return r;
	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return err_sys(err, "stat %s", name);
	if (!S_ISDIR(status.st_mode))
		return 0;
	walk->folders =
		memory_grow(walk->folders, walk->n, &walk->capacity, sizeof(*walk->folders));
	walk->folders[walk->n++] =
		str_of(arena_printf(&walk->arena, "%.*s/%s", STR_ARG(folder_path), name));
	return 0;
}

static int
search_folder(struct walk *walk, struct str path, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_CLOSE int folder = -1;
	struct str *names;
	size_t n;
	int r = file_open_beneath(walk->top, arena_cstr(&arena, path),
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW, &folder, err);

	if (r == 0)
		r = dir_list(folder, ".", &arena, &names, &n, err);
	for (size_t i = 0; r == 0 && !walk->secret.n && i < n; i++)
		r = search_entry(walk, path, folder, names[i].p, err);
	return r;
}

int
leak_search_tree(
	const struct redactor *redactor, int dir, struct str *ret_secret, struct err *err)
{
	struct walk walk = {.redactor = redactor, .top = dir, .secret = STR_EMPTY};
	int r = search_folder(&walk, STR("."), err);

	for (size_t i = 0; r == 0 && !walk.secret.n && i < walk.n; i++)
		r = search_folder(&walk, walk.folders[i], err);
	free(walk.folders);
	arena_done(&walk.arena);
	*ret_secret = walk.secret;
	return r;
}
