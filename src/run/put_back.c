#include "run/put_back.h"

#include "base/file.h"
#include "store/object.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

/* Beside the file itself: a name of its own, so that what a killed process left is found again. */
#define SUFFIX ".lily-put-back"

struct place {
	int folder;
	const char *name;
	char made[NAME_MAX + 1]; /* what is put there under its own name, */
	char old[NAME_MAX + 5];  /* and what was there */
};

static bool
is_tree(const struct cache_output *output)
{
	return str_is(output->kind, "dir");
}

/* Whether what is there is what it has to be. */
static int
is_right(struct memo *memo, const struct place *place, const struct cache_output *output,
	struct err *err)
{
	AUTO_CLOSE int fd = -1;
	struct digest actual;
	struct stat status;
	uint64_t size;
	int r;

	if (fstatat(place->folder, place->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? !output : err_sys(err, "stat %s", place->name);
	if (!output || S_ISDIR(status.st_mode) != is_tree(output))
		return 0;
	if (is_tree(output))
		r = object_hash_tree(place->folder, place->name, memo, &actual, &size, err);
	else if (!S_ISREG(status.st_mode) || !!(status.st_mode & 0111) != output->is_executable)
		return 0;
	else if (memo_find(memo, &status, &actual))
		return digest_equal(&actual, &output->digest);
	else
		r = file_open_regular(place->folder, place->name, &fd, err);
	if (r == 0 && fd >= 0)
		r = memo_digest(memo, fd, &actual, NULL, err);
	return r < 0 ? r : digest_equal(&actual, &output->digest);
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
check_kind(const struct place *place, const struct cache_output *output, struct err *err)
{
	bool was_tree = output && is_tree(output);
	struct stat status;

	if (fstatat(place->folder, place->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : err_sys(err, "stat %s", place->name);
	if (S_ISDIR(status.st_mode) == was_tree)
		return 0;
	return err_set(err, ERR_INVALID, "a %s is there now", was_tree ? "file" : "directory");
}

/* Both names may be left of a process that was killed here. */
static int
replace(struct store *store, const struct place *place, const struct cache_output *output,
	struct err *err)
{
	unsigned flags = output && is_tree(output) ? OBJECT_IS_TREE : 0;
	int r = tree_remove(place->folder, place->made, err);

	if (r == 0)
		r = tree_remove(place->folder, place->old, err);
	if (r == 0 && output)
		r = object_restore(store, &output->digest,
			flags | (output->is_executable ? OBJECT_EXECUTABLE : 0), place->folder,
			place->made, err);
	if (r < 0)
		return r;
	/* rename(2) replaces a file by a file; a directory, and by one, has to go first. */
	if (output && !flags &&
		renameat(place->folder, place->made, place->folder, place->name) == 0)
		return 0;
	if (renameat(place->folder, place->name, place->folder, place->old) != 0 &&
		errno != ENOENT)
		return err_sys(err, "move %s away", place->name);
	if (output && renameat(place->folder, place->made, place->folder, place->name) != 0)
		return err_sys(err, "put %s back", place->name);
	return tree_remove(place->folder, place->old, err);
}

int
put_back(struct store *store, struct memo *memo, int workspace, const char *path,
	const struct cache_output *output, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_CLOSE int folder = -1;
	struct digest actual;
	struct stat status;
	struct place place;
	int r = name_place(path, &place, err);
	size_t n = (size_t)(place.name - path);

	if (r < 0)
		return r;
	/* Mostly it is right, and one system call shows it; nothing is written here, so that a link
	 * on the way does no harm. */
	if (output && !is_tree(output) &&
		fstatat(workspace, path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		!!(status.st_mode & 0111) == output->is_executable &&
		memo_find(memo, &status, &actual) && digest_equal(&actual, &output->digest))
		return 0;
	r = open_folder(workspace, n ? arena_cstr(&arena, (struct str){path, n - 1}) : ".",
		&arena, &folder, err);
	place.folder = folder;
	if (r == 0)
		r = is_right(memo, &place, output, err);
	if (r > 0)
		return 0;
	if (r == 0)
		r = check_kind(&place, output, err);
	if (r == 0)
		r = replace(store, &place, output, err);
	return r < 0 ? err_wrap(err, "output at %s", path) : 0;
}
