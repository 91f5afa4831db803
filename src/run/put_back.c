#include "run/put_back.h"

#include "base/file.h"
#include "base/map.h"
#include "run/selection.h"
#include "store/object.h"
#include "store/tree.h"
#include "json/json.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

/* Beside the file itself: a name of its own, so that what a killed process left is found again. */
#define SUFFIX ".lily-put-back"
#define TREE_TEXT_MAX ((size_t)256 << 20)

struct place {
	int folder;
	const char *name;
	char made[NAME_MAX + 1]; /* what is put there under its own name, */
	char old[NAME_MAX + 5];  /* and what was there */
};

/* What has to be there. */
struct thing {
	enum { THING_NONE, THING_FILE, THING_TREE, THING_LINK } type;
	const struct digest *digest; /* of a file or tree */
	bool is_executable;          /* a file */
	const char *target;          /* of a link */
};

/* 1, or 0 where the link is none, or leads elsewhere. */
static int
leads_to(const struct place *place, const char *target, struct err *err)
{
	char now[PATH_MAX];
	ssize_t n = readlinkat(place->folder, place->name, now, sizeof(now));

	if (n < 0)
		return errno == EINVAL ? 0 : err_sys(err, "read the link %s", place->name);
	return (size_t)n == strlen(target) && memcmp(now, target, (size_t)n) == 0;
}

/* Whether what is there is what it has to be. */
static int
is_right(struct memo *memo, const struct place *place, const struct thing *thing,
	struct err *err)
{
	AUTO_CLOSE int fd = -1;
	struct digest actual;
	struct stat status;
	uint64_t size;
	int r;

	if (fstatat(place->folder, place->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? thing->type == THING_NONE
				       : err_sys(err, "stat %s", place->name);
	if (thing->type == THING_NONE || S_ISDIR(status.st_mode) != (thing->type == THING_TREE))
		return 0;
	if (thing->type == THING_LINK)
		return leads_to(place, thing->target, err);
	if (thing->type == THING_TREE)
		r = object_hash_tree(place->folder, place->name, memo, &actual, &size, err);
	else if (!S_ISREG(status.st_mode) || !!(status.st_mode & 0111) != thing->is_executable)
		return 0;
	else if (memo_find(memo, &status, &actual))
		return digest_equal(&actual, thing->digest);
	else
		r = file_open_regular(place->folder, place->name, &fd, err);
	if (r == 0 && fd >= 0)
		r = memo_digest(memo, fd, &actual, NULL, err);
	return r < 0 ? r : digest_equal(&actual, thing->digest);
}

/* Opens a folder of the workspace, making what is missing of it, from above; nothing leads out. */
static int
open_folder(
	int workspace, const char *folder, struct arena *arena, int *ret_fd, struct err *err)
{
	int r = file_open_beneath(workspace, folder, O_RDONLY | O_DIRECTORY, ret_fd, NULL);
	size_t at = 0;

	if (r == 0)
		return 0;
	while (folder[at]) {
		const char *above = at ? arena_cstr(arena, (struct str){folder, at - 1}) : ".";
		size_t n = strcspn(folder + at, "/");
		AUTO_CLOSE int fd = -1;

		r = file_open_beneath(workspace, above, O_RDONLY | O_DIRECTORY, &fd, err);
		if (r == 0)
			r = dir_make(
				fd, arena_cstr(arena, (struct str){folder + at, n}), 0777, err);
		if (r < 0 && err->sys_errno == EEXIST)
			err->code = r = ERR_INVALID;
		if (r < 0)
			return r;
		at += n + (folder[at + n] == '/');
	}
	return file_open_beneath(workspace, folder, O_RDONLY | O_DIRECTORY, ret_fd, err);
}

static int
name_place(const char *path, struct place *place, struct err *err)
{
	const char *slash = strrchr(path, '/');
	int n;

	place->name = slash ? slash + 1 : path;
	n = snprintf(place->made, sizeof(place->made), ".%s%s", place->name, SUFFIX);
	if (n < 0 || (size_t)n + 4 >= sizeof(place->made))
		return err_set(err, ERR_INVALID, "the name %s is too long to be replaced",
			place->name);
	(void)snprintf(place->old, sizeof(place->old), "%s.old", place->made);
	return 0;
}

/* A directory where a file was, or the other way about, is somebody's own. A directory that was an output
 * is the step's: it is replaced whole. */
static int
check_kind(const struct place *place, const struct thing *thing, struct err *err)
{
	bool was_tree = thing->type == THING_TREE;
	struct stat status;

	if (fstatat(place->folder, place->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : err_sys(err, "stat %s", place->name);
	if (S_ISDIR(status.st_mode) == was_tree)
		return 0;
	return err_set(err, ERR_INVALID, "a %s is there now", was_tree ? "file" : "directory");
}

/* Under another name. */
static int
make(struct store *store, const struct place *place, const struct thing *thing, struct err *err)
{
	unsigned flags = (thing->type == THING_TREE ? OBJECT_IS_TREE : 0) |
		(thing->is_executable ? OBJECT_EXECUTABLE : 0);

	if (thing->type == THING_NONE)
		return 0;
	if (thing->type != THING_LINK)
		return object_restore(
			store, thing->digest, flags, place->folder, place->made, err);
	return symlinkat(thing->target, place->folder, place->made) == 0
		? 0
		: err_sys(err, "make the link %s", place->name);
}

/* Both names may be left of a process that was killed here. */
static int
replace(struct store *store, const struct place *place, const struct thing *thing,
	struct err *err)
{
	bool is_something = thing->type != THING_NONE;
	int r = tree_remove(place->folder, place->made, err);

	if (r == 0)
		r = tree_remove(place->folder, place->old, err);
	if (r == 0)
		r = make(store, place, thing, err);
	if (r < 0)
		return r;
	/* rename(2) replaces a file by a file; a directory, and by one, has to go first. */
	if (is_something && thing->type != THING_TREE &&
		renameat(place->folder, place->made, place->folder, place->name) == 0)
		return 0;
	if (renameat(place->folder, place->name, place->folder, place->old) != 0 &&
		errno != ENOENT)
		return err_sys(err, "move %s away", place->name);
	if (is_something &&
		renameat(place->folder, place->made, place->folder, place->name) != 0)
		return err_sys(err, "put %s back", place->name);
	return tree_remove(place->folder, place->old, err);
}

/* Mostly it is right, and one system call shows it; nothing is written here, so that a link on the way
 * does no harm. */
static bool
is_known_right(struct memo *memo, int workspace, const char *path, const struct thing *thing,
	struct stat *ret_status)
{
	struct digest actual;
	struct stat status;

	if (thing->type != THING_FILE ||
		fstatat(workspace, path, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
		!!(status.st_mode & 0111) != thing->is_executable ||
		!memo_find(memo, &status, &actual) || !digest_equal(&actual, thing->digest))
		return false;
	*ret_status = status;
	return true;
}

/* 1 where it is a file that was known to be right, *ret_status. */
static int
put(struct store *store, struct memo *memo, int workspace, const char *path,
	const struct thing *thing, struct stat *ret_status, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_CLOSE int folder = -1;
	struct place place;
	int r = name_place(path, &place, err);
	size_t n = (size_t)(place.name - path);

	if (r < 0)
		return r;
	if (is_known_right(memo, workspace, path, thing, ret_status))
		return 1;
	r = open_folder(workspace, n ? arena_cstr(&arena, (struct str){path, n - 1}) : ".",
		&arena, &folder, err);
	place.folder = folder;
	if (r == 0)
		r = is_right(memo, &place, thing, err);
	if (r > 0)
		return 0;
	if (r == 0)
		r = check_kind(&place, thing, err);
	if (r == 0)
		r = replace(store, &place, thing, err);
	return r < 0 ? err_wrap(err, "output at %s", path) : 0;
}

int
put_back(struct store *store, struct memo *memo, int workspace, const char *path,
	const struct cache_output *output, struct stat *ret_status, struct err *err)
{
	struct thing thing = {.type = THING_NONE};

	if (output)
		thing = (struct thing){
			.type = str_is(output->kind, "dir") ? THING_TREE : THING_FILE,
			.digest = &output->digest,
			.is_executable = output->is_executable};
	return put(store, memo, workspace, path, &thing, ret_status, err);
}

/* --- what a pattern chose --- */

/* The files that were chosen, by their paths in the workspace. */
struct chosen {
	struct arena arena;
	const char **paths;
	struct tree_entry *entries;
	uint32_t n;
	struct map by_path;
};

static const char *
below(struct arena *arena, struct str folder, struct str path)
{
	return str_is(folder, ".")
		? arena_cstr(arena, path)
		: arena_printf(arena, "%.*s/%.*s", STR_ARG(folder), STR_ARG(path));
}

/* Folders come and go with the files in them, and are none of the output. */
static int
read_chosen(struct store *store, const struct digest *digest, struct str folder,
	struct chosen *chosen, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(TREE_TEXT_MAX);
	struct source source = {.name = "directory"};
	const struct value *tree;
	const struct value *entries;
	int r = object_get(store, digest, &text, err);

	source.text = buf_str(&text);
	if (r == 0)
		r = json_parse(&chosen->arena, &source, 0, NULL, &tree, err);
	if (r < 0)
		return r;
	entries = value_get(tree, STR("entries"));
	chosen->entries =
		ARENA_ARRAY(&chosen->arena, entries ? entries->n : 0, struct tree_entry);
	chosen->paths = ARENA_ARRAY(&chosen->arena, entries ? entries->n : 0, const char *);
	for (uint32_t i = 0; entries && i < entries->n; i++) {
		struct tree_entry *entry = &chosen->entries[chosen->n];

		if (!tree_read_entry(&entries->items[i], entry))
			return err_set(err, ERR_CORRUPT, "entry %u of a directory is none", i);
		if (entry->type == TREE_DIR)
			continue;
		chosen->paths[chosen->n] = below(&chosen->arena, folder, entry->path);
		(void)map_add(&chosen->by_path, str_of(chosen->paths[chosen->n]), chosen->n);
		chosen->n++;
	}
	return 0;
}

/* Before anything is touched: a directory where a file was is somebody's own. */
static int
check_places(int workspace, const struct chosen *chosen, struct err *err)
{
	struct stat status;

	for (uint32_t i = 0; i < chosen->n; i++)
		if (fstatat(workspace, chosen->paths[i], &status, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISDIR(status.st_mode))
			return err_set(err, ERR_INVALID,
				"output at %s: a directory is there now", chosen->paths[i]);
	return 0;
}

static int
remove_others(struct store *store, struct memo *memo, int workspace,
	const struct glob_found *found, struct chosen *chosen, struct err *err)
{
	static const struct thing none = {.type = THING_NONE};
	int r = 0;

	for (size_t i = 0; r == 0 && i < found->n; i++) {
		const char *path = below(&chosen->arena, found->folder, found->paths[i]);

		if (map_get(&chosen->by_path, str_of(path)) == MAP_NONE)
			r = put(store, memo, workspace, path, &none, NULL, err);
	}
	return r;
}

static int
put_chosen(struct store *store, struct memo *memo, int workspace, struct chosen *chosen,
	struct err *err)
{
	struct stat status;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < chosen->n; i++) {
		const struct tree_entry *entry = &chosen->entries[i];
		const struct thing thing = {
			.type = entry->type == TREE_LINK ? THING_LINK : THING_FILE,
			.digest = &entry->digest,
			.is_executable = entry->executable,
			.target = arena_cstr(&chosen->arena, entry->target)};

		r = MIN(put(store, memo, workspace, chosen->paths[i], &thing, &status, err), 0);
	}
	return r;
}

/* 1 where the pattern matches now what it matched then. */
static int
is_chosen(struct memo *memo, int workspace, struct str pattern,
	const struct cache_output *output, struct err *err)
{
	struct digest now;
	int r = selection_hash(workspace, pattern, memo, &now, err);

	return r < 0 ? r : r ? output && digest_equal(&now, &output->digest) : !output;
}

static int
choose_again(struct store *store, struct memo *memo, int workspace, struct str pattern,
	const struct cache_output *output, struct chosen *chosen, struct err *err)
{
	struct glob_found found;
	int r = glob_find(workspace, pattern, &chosen->arena, &found, err);

	if (r == 0 && output)
		r = read_chosen(store, &output->digest, found.folder, chosen, err);
	if (r == 0)
		r = check_places(workspace, chosen, err);
	if (r == 0)
		r = remove_others(store, memo, workspace, &found, chosen, err);
	if (r == 0)
		r = put_chosen(store, memo, workspace, chosen, err);
	if (r == 0)
		r = is_chosen(memo, workspace, pattern, output, err);
	if (r == 0)
		return err_set(err, ERR_INVALID,
			"what %.*s matches is not what was made, whatever is put back",
			STR_ARG(pattern));
	return MIN(r, 0);
}

int
put_back_chosen(struct store *store, struct memo *memo, int workspace, struct str pattern,
	const struct cache_output *output, struct err *err)
{
	struct chosen chosen = {.arena = ARENA_INIT, .by_path = MAP_INIT};
	int r = is_chosen(memo, workspace, pattern, output, err);

	if (r == 0)
		r = choose_again(store, memo, workspace, pattern, output, &chosen, err);
	map_done(&chosen.by_path);
	arena_done(&chosen.arena);
	return MIN(r, 0);
}
