#include "store/tree.h"
#include "base/file.h"
#include "base/map.h"
#include "base/memory.h"
#include "store/memo.h"
#include "store/stage.h"

#include <errno.h>
#include <fcntl.h>

#define ENTRIES_MOST 1000000
#define DOCUMENT_MAX ((size_t)256 << 20)
#define PATH_MOST 4000

/* A walk over a directory, one level after the other: folders found wait in the entries. */
struct walk {
	struct store *store;
	struct object_staged *staged; /* NULL: nothing is kept, */
	struct memo *memo;            /* and files are looked up here, or NULL */
	struct digest digest;         /* of the document */
	uint64_t size;                /* of all files */
	int top;
	struct arena arena;
	struct tree_entry *entries;
	size_t n, capacity;
};

/* Opens top/path without following a link in any component. */
static int
open_below(int top, struct str path, int *ret_fd, struct err *err)
{
	AUTO_CLOSE int fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct str rest = path;

	while (fd >= 0 && rest.p && rest.n) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		const char *name = arena_cstr(&arena, str_cut(rest, '/', &rest));
		int next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		fd_close(&fd);
		fd = next;
	}
	if (fd < 0)
		return err_sys(err, "open %.*s", STR_ARG(path));
	*ret_fd = fd_take(&fd);
	return 0;
}

static int
add_file(struct walk *walk, struct tree_entry *entry, int folder, const char *name,
	const struct stat *status, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	const struct staged_part *part;
	int r;

	entry->executable = (status->st_mode & 0111) != 0;
	if (!walk->staged && walk->memo && memo_find(walk->memo, status, &entry->digest)) {
		entry->size = (uint64_t)status->st_size;
		walk->size += entry->size;
		return 0;
	}
	r = file_open_regular(folder, name, &fd, err);
	if (r == 0 && !walk->staged) {
		r = memo_digest(walk->memo, fd, &entry->digest, &entry->size, err);
		walk->size += entry->size;
		return r;
	}
	if (r == 0)
		r = stage_add_file(
			walk->store, walk->staged, fd, OBJECT_COPY, folder, name, &part, err);
	if (r < 0)
		return r;
	entry->digest = part->digest;
	entry->size = part->size;
	walk->staged->size += part->size;
	return 0;
}

static int
add_link(struct walk *walk, struct tree_entry *entry, int folder, const char *name,
	struct err *err)
{
	char target[PATH_MOST + 1];
	ssize_t n = readlinkat(folder, name, target, sizeof(target));

	if (n < 0)
		return err_sys(err, "readlink %.*s", STR_ARG(entry->path));
	if ((size_t)n > PATH_MOST)
		return err_set(err, ERR_LIMIT, "the target of %.*s is longer than %d bytes",
			STR_ARG(entry->path), PATH_MOST);
	entry->target = arena_str(&walk->arena, (struct str){target, (size_t)n});
	if (!str_is_utf8(entry->target, NULL))
		return err_set(err, ERR_INVALID, "the target of %.*s is not UTF-8",
			STR_ARG(entry->path));
	return 0;
}

static int
check_entry(const struct walk *walk, struct str path, struct err *err)
{
	if (walk->n >= ENTRIES_MOST)
		return err_set(err, ERR_LIMIT, "more than %d entries", ENTRIES_MOST);
	if (path.n > PATH_MOST)
		return err_set(err, ERR_LIMIT, "a path is longer than %d bytes: %.100s…",
			PATH_MOST, path.p);
	if (!str_is_utf8(path, NULL))
		return err_set(
			err, ERR_INVALID, "the name of %.*s is not UTF-8", STR_ARG(path));
	return 0;
}

static int
add_entry(struct walk *walk, struct str folder_path, int folder, const char *name,
	struct err *err)
{
	struct tree_entry entry = {.path = str_of(name)};
	struct stat status;
	int r;

	if (folder_path.n)
		entry.path = str_of(
			arena_printf(&walk->arena, "%.*s/%s", STR_ARG(folder_path), name));
	r = check_entry(walk, entry.path, err);
	if (r < 0)
		return r;
	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return err_sys(err, "stat %.*s", STR_ARG(entry.path));
	switch (status.st_mode & S_IFMT) {
	case S_IFREG:
		entry.type = TREE_FILE;
		r = add_file(walk, &entry, folder, name, &status, err);
		break;
	case S_IFDIR: entry.type = TREE_DIR; break;
	case S_IFLNK:
		entry.type = TREE_LINK;
		r = add_link(walk, &entry, folder, name, err);
		break;
	default:
		r = err_set(err, ERR_INVALID,
			"%.*s is neither file, directory nor link, and cannot be kept",
			STR_ARG(entry.path));
	}
	if (r < 0)
		return r;
	walk->entries =
		memory_grow(walk->entries, walk->n, &walk->capacity, sizeof(*walk->entries));
	walk->entries[walk->n++] = entry;
	return 0;
}

static int
add_folder(struct walk *walk, struct str path, struct err *err)
{
	AUTO_CLOSE int folder = -1;
	struct str *names;
	size_t n;
	int r = open_below(walk->top, path, &folder, err);

	if (r == 0)
		r = dir_list(folder, ".", &walk->arena, &names, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_entry(walk, path, folder, names[i].p, err);
	return r;
}

static int
write_document(struct walk *walk, struct err *err)
{
	AUTO_BUF struct buf document = BUF_INIT(DOCUMENT_MAX);
	int r;

	tree_write(walk->entries, walk->n, &document);
	r = buf_check(&document, "the list of its entries", err);
	if (r == 0 && !walk->staged)
		digest_of(document.p, document.n, &walk->digest);
	return r < 0 || !walk->staged
		? r
		: stage_add_bytes(walk->store, walk->staged, buf_str(&document), err);
}

static int
walk_all(struct walk *walk, struct err *err)
{
	int r = add_folder(walk, STR_EMPTY, err);

	for (size_t i = 0; r == 0 && i < walk->n; i++)
		if (walk->entries[i].type == TREE_DIR)
			r = add_folder(walk, walk->entries[i].path, err);
	return r < 0 ? r : write_document(walk, err);
}

/* The folders that a path is in, those that are not there yet, then what it names. */
static int
add_listed(struct walk *walk, struct map *folders, struct str path, struct err *err)
{
	struct str rest = path;
	struct str folder_path = STR_EMPTY;
	int r = 0;

	while (r == 0) {
		AUTO_CLOSE int folder = -1;
		const char *name = arena_cstr(&walk->arena, str_cut(rest, '/', &rest));
		struct str whole = {
			path.p, (folder_path.n ? folder_path.n + 1 : 0) + strlen(name)};

		if (!rest.p ||
			map_add(folders, arena_str(&walk->arena, whole), 0) == MAP_NONE) {
			r = open_below(walk->top, folder_path, &folder, err);
			if (r == 0)
				r = add_entry(walk, folder_path, folder, name, err);
		}
		if (!rest.p)
			break;
		folder_path = whole;
	}
	return r;
}

/* The directory itself, or only what is listed of it. */
struct chosen {
	const struct str *paths; /* NULL: all of it */
	size_t n;
};

static int
walk_listed(struct walk *walk, const struct chosen *chosen, struct err *err)
{
	struct map folders = MAP_INIT;
	int r = 0;

	for (size_t i = 0; r == 0 && i < chosen->n; i++)
		r = add_listed(walk, &folders, chosen->paths[i], err);
	map_done(&folders);
	return r < 0 ? r : write_document(walk, err);
}

static int
stage(struct store *store, int dir, const char *path, const struct chosen *chosen,
	struct object_staged **ret_staged, struct err *err)
{
	struct walk walk = {.store = store, .arena = ARENA_INIT};
	AUTO_CLOSE int top = -1;
	int r = store_need_writer(store, err);

	if (r < 0)
		return r;
	top = openat(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (top < 0)
		return err_sys(err, "open directory %s", path);
	walk.top = top;
	walk.staged = memory_zeroed(1, sizeof(*walk.staged));
	r = chosen->paths ? walk_listed(&walk, chosen, err) : walk_all(&walk, err);
	free(walk.entries);
	arena_done(&walk.arena);
	if (r < 0) {
		object_discard(store, walk.staged);
		return strcmp(path, ".") == 0 ? r : err_wrap(err, "%s", path);
	}
	*ret_staged = walk.staged;
	return 0;
}

int
object_stage_tree(struct store *store, int dir, const char *path,
	struct object_staged **ret_staged, struct err *err)
{
	return stage(store, dir, path, &(struct chosen){NULL, 0}, ret_staged, err);
}

int
object_stage_listed(struct store *store, int dir, const char *path, const struct str *paths,
	size_t n, struct object_staged **ret_staged, struct err *err)
{
	return stage(store, dir, path, &(struct chosen){paths, n}, ret_staged, err);
}

static int
hash(struct walk *walk, int dir, const char *path, const struct chosen *chosen, struct err *err)
{
	AUTO_CLOSE int top = openat(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (top < 0)
		return err_sys(err, "open directory %s", path);
	walk->top = top;
	r = chosen->paths ? walk_listed(walk, chosen, err) : walk_all(walk, err);
	free(walk->entries);
	arena_done(&walk->arena);
	return r;
}

int
object_hash_tree(int dir, const char *path, struct memo *memo, struct digest *ret_digest,
	uint64_t *ret_size, struct err *err)
{
	struct walk walk = {.memo = memo, .arena = ARENA_INIT};
	int r = hash(&walk, dir, path, &(struct chosen){NULL, 0}, err);

	if (r < 0)
		return r;
	*ret_digest = walk.digest;
	*ret_size = walk.size;
	return 0;
}

int
object_hash_listed(int dir, const char *path, const struct str *paths, size_t n,
	struct memo *memo, struct digest *ret_digest, struct err *err)
{
	struct walk walk = {.memo = memo, .arena = ARENA_INIT};
	int r = hash(&walk, dir, path, &(struct chosen){paths, n}, err);

	if (r == 0)
		*ret_digest = walk.digest;
	return r;
}
