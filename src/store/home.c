#include "store/home.h"

#include "base/file.h"
#include "store/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define SAME_NAME_MOST 1000
#define MARK_MAX ((size_t)8192)

/* One question, answered under the lock of the folder of all stores. */
struct search {
	struct workspace workspace; /* whose store is wanted */
	const char *root;           /* …/lily, absolute */
	int root_fd;
	struct arena *arena;
	const char *id; /* the answer: a folder in root */
	struct str note;
};

static int
find_root(struct arena *arena, const char **ret_root, struct err *err)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (state && state[0] == '/')
		*ret_root = path_join(arena, state, "lily");
	else if (home && home[0] == '/')
		*ret_root = path_join(arena, home, ".local/state/lily");
	else
		return err_set(err, ERR_INVALID,
			"neither HOME nor XDG_STATE_HOME names a folder for lily's store; set "
			"one, "
			"or give --store DIR");
	return 0;
}

static int
open_root(struct search *search, unsigned flags, int *ret_lock, struct err *err)
{
	int r = 0;
	int lock;

	if (flags & HOME_CREATE)
		r = dir_make_all(AT_FDCWD, search->root, 0700, err);
	if (r == 0)
		r = dir_open(AT_FDCWD, search->root, &search->root_fd, err);
	if (r < 0)
		return r;
	lock = openat(search->root_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		lock = openat(search->root_fd, "lock", O_RDONLY | O_CLOEXEC);
	if (lock < 0)
		return err_sys(err, "open %s/lock", search->root);
	*ret_lock = lock;
	return file_lock(lock, FILE_WAIT, err);
}

/* The recorded folder is still where it was recorded: then it has not moved. */
static bool
is_still_there(const struct workspace *recorded)
{
	struct workspace now;

	return workspace_look(recorded->path, &now) == 0 &&
		workspace_same_folder(recorded, &now);
}

static int
record(struct search *search, const char *id, struct err *err)
{
	return workspace_write(search->root_fd, id, &search->workspace, err);
}

/* A store without a readable record: by its name it is of this path, and its runs are worth more than
 * the doubt. 0 where there is nothing in it. */
static int
adopt(struct search *search, const char *id, struct err *err)
{
	const char *database = path_join(search->arena, id, "lily.db");
	struct stat status;
	int r;

	if (fstatat(search->root_fd, database, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	r = record(search, id, err);
	if (r < 0)
		return r;
	search->id = id;
	search->note = str_of(arena_printf(search->arena,
		"%s/%s/workspace.json was damaged; by its name the store is this folder's, and "
		"goes on",
		search->root, id));
	return 1;
}

/* A store whose record has this workspace's path or is of the same folder. 1 where it is, 0 where
 * it is another's. */
static int
try_store(struct search *search, const char *id, struct err *err)
{
	struct workspace recorded;
	int r = workspace_read(search->root_fd, id, search->arena, &recorded, err);

	if (r <= 0)
		return r < 0 ? r : adopt(search, id, err);
	if (workspace_same_folder(&recorded, &search->workspace)) {
		search->id = id;
		if (strcmp(recorded.path, search->workspace.path) == 0 ||
			is_still_there(&recorded))
			return 1;
		search->note = str_of(arena_printf(search->arena,
			"this workspace was at %s before; its store goes with it",
			recorded.path));
		r = record(search, id, err);
		return r < 0 ? r : 1;
	}
	if (strcmp(recorded.path, search->workspace.path) != 0)
		return 0;
	search->id = id;
	search->note =
		STR("the folder was made anew since its store was; the store of the old one "
		    "goes on");
	r = record(search, id, err);
	return r < 0 ? r : 1;
}

/* The folders that bear the name of this path: NAME-DIGITS, NAME-DIGITS-2, … */
static int
find_by_path(struct search *search, const char **ret_free, struct err *err)
{
	const char *base = workspace_id(&search->workspace, search->arena);

	for (unsigned i = 1; i <= SAME_NAME_MOST; i++) {
		const char *id = i == 1 ? base : arena_printf(search->arena, "%s-%u", base, i);
		struct stat status;
		int r;

		if (fstatat(search->root_fd, id, &status, AT_SYMLINK_NOFOLLOW) != 0) {
			*ret_free = id;
			return 0;
		}
		r = try_store(search, id, err);
		if (r != 0)
			return r;
	}
	return err_set(err, ERR_LIMIT, "%d stores bear the name %s; remove old ones from %s",
		SAME_NAME_MOST, base, search->root);
}

/* Looks through all stores for one of the same folder under another path. The next search finds it
 * by a link. */
static int
find_by_folder(struct search *search, const char *free_id, struct err *err)
{
	struct str *names;
	size_t n;
	int r = dir_list(search->root_fd, ".", search->arena, &names, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct stat status;
		struct workspace recorded;

		if (fstatat(search->root_fd, names[i].p, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
			!S_ISDIR(status.st_mode))
			continue;
		r = workspace_read(search->root_fd, names[i].p, search->arena, &recorded, err);
		if (r <= 0 || !workspace_same_folder(&recorded, &search->workspace)) {
			r = MIN(r, 0);
			continue;
		}
		r = try_store(search, names[i].p, err);
		if (r > 0 && symlinkat(names[i].p, search->root_fd, free_id) != 0 &&
			errno != EEXIST && errno != EROFS && errno != EACCES)
			r = err_sys(err, "link %s/%s", search->root, free_id);
	}
	return r;
}

/* What the .lily here says of another store; it decides nothing. A store by --store belongs to no folder,
 * any other to the one that this is a copy of. */
static void
note_mark(struct search *search)
{
	AUTO_BUF struct buf mark = BUF_INIT(MARK_MAX);
	const char *path = path_join(search->arena, search->workspace.path, ".lily");
	struct str named;
	int owned;

	if (file_read(AT_FDCWD, path, &mark, NULL) < 0)
		return;
	named = str_trim(buf_str(&mark));
	if (!named.n || memchr(named.p, '\n', named.n) || !str_is_utf8(named, NULL) ||
		str_is(named, arena_printf(search->arena, "%s/%s", search->root, search->id)))
		return;
	owned = access(
		arena_printf(search->arena, "%.*s/workspace.json", STR_ARG(named)), F_OK);
	search->note = str_of(arena_printf(search->arena,
		owned == 0 ? "this workspace seems to be a copy: its .lily names %.*s; it gets "
			     "a store of its own"
			   : "the .lily of this workspace names the store %.*s, which is used "
			     "only with --store; it gets another one",
		STR_ARG(named)));
}

static int
make_store(struct search *search, const char *id, struct err *err)
{
	int r = dir_make(search->root_fd, id, 0700, err);

	search->id = id;
	if (r == 0)
		r = record(search, id, err);
	if (r == 0)
		note_mark(search);
	return r;
}

static int
find(struct search *search, unsigned flags, struct err *err)
{
	const char *free_id = NULL;
	int r = find_by_path(search, &free_id, err);

	if (r == 0)
		r = find_by_folder(search, free_id, err);
	if (r != 0)
		return r < 0 ? r : 0;
	if (!(flags & HOME_CREATE))
		return err_set(err, ERR_NOT_FOUND,
			"there is no store for %s yet; `lily init` or "
			"the first run makes it",
			search->workspace.path);
	return make_store(search, free_id, err);
}

int
home_find(const char *workspace, unsigned flags, struct arena *arena, const char **ret_dir,
	struct str *ret_note, struct err *err)
{
	struct search search = {.root_fd = -1, .arena = arena, .note = STR_EMPTY};
	AUTO_CLOSE int lock = -1;
	struct str real;
	int r = path_real(workspace, arena, &real, err);

	if (r == 0 && workspace_look(real.p, &search.workspace) < 0)
		r = err_set(err, ERR_INVALID, "%s is not a directory", real.p);
	if (r == 0 && !str_is_utf8(real, NULL))
		r = err_set(
			err, ERR_INVALID, "the path of the workspace is not UTF-8: %s", real.p);
	if (r == 0)
		r = find_root(arena, &search.root, err);
	if (r < 0)
		return r;
	r = open_root(&search, flags, &lock, err);
	if (r == ERR_NOT_FOUND)
		r = err_set(err, ERR_NOT_FOUND,
			"there is no store for %s yet; `lily init` or the "
			"first run makes it",
			real.p);
	if (r == 0)
		r = find(&search, flags, err);
	fd_close(&search.root_fd);
	if (r < 0)
		return r;
	*ret_dir = path_join(arena, search.root, search.id);
	*ret_note = search.note;
	return 0;
}

int
home_workspace(
	const char *start, struct arena *arena, const char **ret_workspace, struct err *err)
{
	struct str real;
	size_t n;
	int r = path_real(start, arena, &real, err);

	if (r < 0)
		return r;
	for (n = real.n; n > 0;) {
		const char *mark = arena_printf(arena, "%.*s/.lily", (int)n, real.p);
		struct stat status;

		if (lstat(mark, &status) == 0 && S_ISREG(status.st_mode)) {
			*ret_workspace = arena_cstr(arena, (struct str){real.p, n});
			return 0;
		}
		while (n && real.p[n - 1] != '/')
			n--;
		n -= n > 0;
	}
	*ret_workspace = real.p;
	return 0;
}

int
home_mark(const char *workspace, const char *store_dir, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf mark = BUF_INIT(MARK_MAX);
	const char *path = path_join(&arena, workspace, ".lily");
	struct str line = str_of(arena_printf(&arena, "%s\n", store_dir));
	struct stat status;

	if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return err_set(err, ERR_INVALID,
			"%s is in the way: it is not a file; move it aside", path);
	if (file_read(AT_FDCWD, path, &mark, NULL) == 0 && str_equal(buf_str(&mark), line))
		return 0;
	return file_replace(AT_FDCWD, path, line, 0644, FILE_NO_SYNC, err);
}
