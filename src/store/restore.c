#include "store/object.h"

#include "base/file.h"
#include "base/map.h"
#include "store/handle.h"
#include "json/json.h"

#include <errno.h>
#include <fcntl.h>

#define DOCUMENT_MAX ((size_t)256 << 20)

#define MODE_WRITABLE 0666
#define MODE_READ_ONLY 0444
#define MODE_EXECUTE 0111

/* Most files are small: those need no descriptor of the object. */
static int
copy_object(struct store *store, const struct digest *digest, int to, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(OBJECT_INLINE_MAX);
	AUTO_CLOSE int from = -1;
	int r = object_get(store, digest, &bytes, err);

	if (r == 0)
		return file_write(to, bytes.p, bytes.n, err);
	if (r == ERR_LIMIT)
		r = object_open(store, digest, &from, NULL, err);
	return r < 0 ? r : file_copy(from, to, NULL, err);
}

static int
restore_file(struct store *store, const struct digest *digest, mode_t mode, int dir,
	const char *path, struct err *err)
{
	AUTO_CLOSE int to =
		openat(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	int r;

	if (to < 0)
		return err_sys(err, "create %s", path);
	r = copy_object(store, digest, to, err);
	if (r < 0) {
		(void)unlinkat(dir, path, 0);
		return err_wrap(err, "%s", path);
	}
	return 0;
}

/* A tree being restored. Parents come before what is in them, since paths are sorted. */
struct restore {
	struct store *store;
	int top;
	mode_t mode;        /* of its files */
	struct map folders; /* paths that are directories of the tree */
};

static struct str
text_of(const struct value *entry, const char *member)
{
	const struct value *v = value_get(entry, str_of(member));

	return v && v->kind == VALUE_STRING ? value_text(v) : STR_EMPTY;
}

/* Nothing is written through a link, nor outside: a parent must be a directory of this tree. */
static bool
may_be_made(const struct restore *restore, struct str path)
{
	size_t slash = path.n;

	if (!path_is_inside(path))
		return false;
	while (slash && path.p[slash - 1] != '/')
		slash--;
	return !slash ||
		map_get(&restore->folders, (struct str){path.p, slash - 1}) != MAP_NONE;
}

static int
restore_entry(
	struct restore *restore, const struct value *entry, const char *path, struct err *err)
{
	struct str type = text_of(entry, "type");
	const struct value *executable = value_get(entry, STR("executable"));
	struct digest digest;

	if (str_is(type, "dir")) {
		(void)map_add(&restore->folders, text_of(entry, "path"), 0);
		if (mkdirat(restore->top, path, 0777) != 0)
			return err_sys(err, "make directory %s", path);
		return 0;
	}
	if (str_is(type, "link")) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct str target = text_of(entry, "target");

		if (symlinkat(arena_cstr(&arena, target), restore->top, path) != 0)
			return err_sys(err, "make link %s", path);
		return 0;
	}
	if (!str_is(type, "file") || !digest_parse(text_of(entry, "sha256"), &digest))
		return err_set(err, ERR_CORRUPT, "entry %s of the tree is malformed", path);
	return restore_file(restore->store, &digest,
		restore->mode | (executable && value_is_true(executable) ? MODE_EXECUTE : 0),
		restore->top, path, err);
}

static int
restore_entries(struct restore *restore, const struct value *entries, struct err *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < entries->n; i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		const struct value *entry = &entries->items[i];
		struct str path = text_of(entry, "path");

		if (!may_be_made(restore, path))
			return err_set(err, ERR_CORRUPT,
				"entry %u of the tree has no place in it: %.*s", i,
				(int)MIN(path.n, 200), path.p);
		r = restore_entry(restore, entry, arena_cstr(&arena, path), err);
	}
	return r;
}

static int
read_tree(struct store *store, const struct digest *digest, struct buf *text,
	struct arena *arena, const struct value **ret_entries, struct err *err)
{
	struct source source = {.name = "tree"};
	const struct value *root;
	const struct value *entries;
	int r = object_get(store, digest, text, err);

	if (r < 0)
		return r;
	source.text = buf_str(text);
	r = json_parse(arena, &source, JSON_BORROW_TEXT, NULL, &root, err);
	if (r < 0)
		return r;
	entries = value_get(root, STR("entries"));
	if (!entries || entries->kind != VALUE_ARRAY)
		return err_set(err, ERR_INVALID, "the object is not a directory's tree.v1");
	*ret_entries = entries;
	return 0;
}

static int
restore_tree(struct store *store, const struct digest *digest, mode_t mode, int dir,
	const char *path, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(DOCUMENT_MAX);
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct restore restore = {.store = store, .top = -1, .mode = mode, .folders = MAP_INIT};
	const struct value *entries = NULL;
	int r = read_tree(store, digest, &text, &arena, &entries, err);

	if (r < 0)
		return r;
	if (mkdirat(dir, path, 0777) != 0)
		return err_sys(err, "make directory %s", path);
	r = dir_open(dir, path, &restore.top, err);
	if (r == 0)
		r = restore_entries(&restore, entries, err);
	fd_close(&restore.top);
	map_done(&restore.folders);
	if (r < 0)
		(void)tree_remove(dir, path, NULL);
	return r;
}

int
object_restore(struct store *store, const struct digest *digest, unsigned flags, int dir,
	const char *path, struct err *err)
{
	mode_t mode = flags & OBJECT_READ_ONLY ? MODE_READ_ONLY : MODE_WRITABLE;

	if (flags & OBJECT_IS_TREE)
		return restore_tree(store, digest, mode, dir, path, err);
	if (flags & OBJECT_EXECUTABLE)
		mode |= MODE_EXECUTE;
	return restore_file(store, digest, mode, dir, path, err);
}
