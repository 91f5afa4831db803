#include "workspace/upper.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/recall.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#define ATTRIBUTES_MOST ((size_t)64 << 10) /* XATTR_LIST_MAX */

/* How a folder of the layer stands to the one of the same path below it. */
enum folder_how {
	FOLDER_MERGED, /* what is below shows through */
	FOLDER_OPAQUE, /* what is below is hidden: all of it that is not here was removed */
	FOLDER_NEW,    /* there is none below */
	FOLDER_GONE,   /* it is only below, and was removed */
};

struct folder {
	struct str path; /* "" is the top */
	enum folder_how how;
};

struct remark_list {
	struct write_remark *items;
	size_t n, capacity;
};

/* Folders that were found wait in a list, so nothing recurses. */
struct walk {
	const struct upper_spec *spec;
	struct side_reader reader;
	struct arena *arena;
	struct folder *folders;
	size_t n_folders, folders_capacity;
	struct write_entry *entries;
	size_t n_entries, entries_capacity;
	struct remark_list stripped;
	struct remark_list refused;
	struct remark_list disturbed;
};

/* One name of one folder, with the folder on both sides; -1 where it is not on that side. */
struct spot {
	enum folder_how how;
	int upper;
	int below;
	const char *name;
	struct str path;
};

static void
remark(struct remark_list *list, struct str path, const char *what)
{
	list->items = memory_grow(list->items, list->n, &list->capacity, sizeof(*list->items));
	list->items[list->n++] = (struct write_remark){.path = path, .what = what};
}

static void
refuse(struct walk *walk, const struct spot *spot, const char *why)
{
	remark(&walk->refused, spot->path, why);
}

static void
push_folder(struct walk *walk, struct str path, enum folder_how how)
{
	walk->folders = memory_grow(walk->folders, walk->n_folders, &walk->folders_capacity,
		sizeof(*walk->folders));
	walk->folders[walk->n_folders++] = (struct folder){path, how};
}

static int
add_entry(struct walk *walk, const struct spot *spot, const struct side *before,
	const struct side *after, struct err *err)
{
	if (before->type == SIDE_OTHER || after->type == SIDE_OTHER) {
		refuse(walk, spot, "it is no file, directory or link that can be kept");
		return 0;
	}
	if (side_equal(before, after))
		return 0;
	if (walk->n_entries == UPPER_ENTRIES_MAX)
		return err_set(err, ERR_LIMIT, "the step changed more than %d paths",
			UPPER_ENTRIES_MAX);
	walk->entries = memory_grow(walk->entries, walk->n_entries, &walk->entries_capacity,
		sizeof(*walk->entries));
	walk->entries[walk->n_entries++] =
		(struct write_entry){.path = spot->path, .before = *before, .after = *after};
	return 0;
}

/* What the kernel's overlay calls its attributes depends on who mounted it. */
static const char *
overlay_attribute(const char *name)
{
	static const char *const prefixes[] = {"user.overlay.", "trusted.overlay."};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return name + strlen(prefixes[i]);
	return NULL;
}

/* The attributes of a path of the layer. */
struct attributes {
	bool is_opaque;
	bool is_copy;       /* of what was below when the step first changed it */
	bool is_incomplete; /* redirect, metacopy, whiteout: what it stands for is elsewhere */
	bool has_others;    /* such as user.comment, security.capability */
};

static bool
is_incomplete(const char *name)
{
	return strcmp(name, "redirect") == 0 || strcmp(name, "metacopy") == 0 ||
		strcmp(name, "whiteout") == 0;
}

static int
read_attributes(int folder, const struct spot *spot, struct attributes *ret, struct err *err)
{
	char path[64 + NAME_MAX];
	char names[ATTRIBUTES_MOST];
	ssize_t n;

	*ret = (struct attributes){0};
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", folder, spot->name);
	n = llistxattr(path, names, sizeof(names));
	if (n < 0 && errno != ENOTSUP)
		return err_sys(err, "list the attributes of %.*s", STR_ARG(spot->path));
	for (const char *name = names; n > 0 && name < names + n; name += strlen(name) + 1) {
		const char *own = overlay_attribute(name);

		if (own && strcmp(own, "opaque") == 0)
			ret->is_opaque = true;
		else if (own && strcmp(own, "origin") == 0)
			ret->is_copy = true;
		else if (own && is_incomplete(own))
			ret->is_incomplete = true;
		else if (!own &&
			(strncmp(name, "user.", 5) == 0 ||
				strcmp(name, "security.capability") == 0))
			ret->has_others = true;
	}
	return 0;
}

static bool
is_whiteout(const struct stat *status)
{
	return S_ISCHR(status->st_mode) && status->st_rdev == makedev(0, 0);
}

static bool
was_touched(const struct walk *walk, const struct stat *status)
{
	const struct timespec *since = walk->spec->since;

	return since &&
		(status->st_ctim.tv_sec > since->tv_sec ||
			(status->st_ctim.tv_sec == since->tv_sec &&
				status->st_ctim.tv_nsec > since->tv_nsec));
}

/* What is a copy of something below, where nothing is below: a folder was removed, since none is renamed
 * within a layer. A file may have got another name, or one more, by the step itself; it was removed only if
 * its folder was changed. */
static void
remark_removed(struct walk *walk, const struct spot *spot, const struct side *after)
{
	struct stat folder;

	if (!walk->spec->since)
		return;
	if (after->type == SIDE_DIR ||
		(spot->below >= 0 && fstat(spot->below, &folder) == 0 &&
			was_touched(walk, &folder)))
		remark(&walk->disturbed, spot->path, "it was removed meanwhile");
}

/* What is below a change, and was changed itself since the layer was laid. Of a folder what is in it tells. */
static void
remark_disturbed(struct walk *walk, const struct spot *spot, const struct side *before,
	const struct stat *below)
{
	if (before->type == SIDE_NONE || before->type == SIDE_DIR)
		return;
	if (was_touched(walk, below))
		remark(&walk->disturbed, spot->path, "it was changed meanwhile");
}

/* A name that was removed, with all that is below it. */
static int
visit_gone(struct walk *walk, const struct spot *spot, struct err *err)
{
	static const struct side none = {.type = SIDE_NONE};
	struct stat below = {0};
	struct side before;
	int r = side_read(&walk->reader, spot->below, spot->name, &before, &below, err);

	if (r == ERR_DENIED) {
		refuse(walk, spot, "what was there may not be read");
		return 0;
	}
	if (r < 0)
		return r;
	if (before.type == SIDE_DIR)
		push_folder(walk, spot->path, FOLDER_GONE);
	remark_disturbed(walk, spot, &before, &below);
	return add_entry(walk, spot, &before, &none, err);
}

static int
read_before(struct walk *walk, const struct spot *spot, struct side *ret, struct stat *status,
	struct err *err)
{
	*ret = (struct side){.type = SIDE_NONE};
	return spot->below < 0
		? 0
		: side_read(&walk->reader, spot->below, spot->name, ret, status, err);
}

/* What applying the set does not carry over to the workspace is said. */
static void
remark_stripped(struct walk *walk, const struct spot *spot, const struct stat *status,
	const struct stat *below, const struct attributes *attributes)
{
	if (status->st_mode & (S_ISUID | S_ISGID) && !S_ISDIR(status->st_mode))
		remark(&walk->stripped, spot->path, "set-id bits");
	if (attributes->has_others)
		remark(&walk->stripped, spot->path, "extended attributes");
	if (S_ISREG(below->st_mode) && below->st_nlink > 1 &&
		write_entry_change(&walk->entries[walk->n_entries - 1]) != WRITE_MODE)
		remark(&walk->stripped, spot->path, "the link to its other names");
}

/* A folder of the layer is looked into whether it is new or not. */
static void
visit_folder(struct walk *walk, const struct spot *spot, const struct side *before,
	const struct attributes *attributes)
{
	enum folder_how how = FOLDER_NEW;

	if (before->type == SIDE_DIR)
		how = spot->how == FOLDER_OPAQUE || attributes->is_opaque ? FOLDER_OPAQUE
									  : FOLDER_MERGED;
	push_folder(walk, spot->path, how);
}

/* The layer is thrown away: what the step took the permissions from is given them back, so that it can
 * be read. */
static void
open_up(const struct spot *spot)
{
	struct stat status;
	mode_t needed;

	if (fstatat(spot->upper, spot->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	needed = S_ISDIR(status.st_mode) ? S_IRUSR | S_IXUSR : S_IRUSR;
	/* Where it cannot be given, reading says why. */
	if ((S_ISDIR(status.st_mode) || S_ISREG(status.st_mode)) &&
		(status.st_mode & needed) != needed &&
		fchmodat(spot->upper, spot->name, (status.st_mode & 0777) | needed, 0) != 0)
		errno = 0;
}

static int
visit_made(struct walk *walk, const struct spot *spot, struct err *err)
{
	struct attributes attributes;
	struct side before = {.type = SIDE_NONE};
	struct side after = {.type = SIDE_NONE};
	struct stat below = {0};
	struct stat status;
	size_t n = walk->n_entries;
	int r = read_attributes(spot->upper, spot, &attributes, err);

	if (r == 0 && attributes.is_incomplete)
		return err_set(err, ERR_INVALID,
			"the layer does not hold the whole of %.*s: it was mounted with "
			"redirect_dir or metacopy",
			STR_ARG(spot->path));
	if (r == 0)
		r = read_before(walk, spot, &before, &below, err);
	if (r == ERR_DENIED) {
		refuse(walk, spot, "what was there may not be read");
		return 0;
	}
	open_up(spot);
	if (r == 0)
		r = side_read(&walk->reader, spot->upper, spot->name, &after, &status, err);
	if (r < 0)
		return r;
	if (after.type == SIDE_DIR)
		visit_folder(walk, spot, &before, &attributes);
	else if (before.type == SIDE_DIR)
		push_folder(walk, spot->path, FOLDER_GONE);
	r = add_entry(walk, spot, &before, &after, err);
	if (r < 0 || walk->n_entries == n)
		return r;
	remark_stripped(walk, spot, &status, &below, &attributes);
	remark_disturbed(walk, spot, &before, &below);
	if (attributes.is_copy && before.type == SIDE_NONE)
		remark_removed(walk, spot, &after);
	return 0;
}

static bool
has_name(const struct str *names, size_t n, struct str name)
{
	size_t from = 0;

	while (from < n) {
		size_t middle = from + (n - from) / 2;
		int order = str_compare(names[middle], name);

		if (order == 0)
			return true;
		if (order < 0)
			from = middle + 1;
		else
			n = middle;
	}
	return false;
}

static int
visit(struct walk *walk, struct str folder, struct spot *spot, bool is_made, struct err *err)
{
	struct stat status;
	int r;

	spot->path = str_of(folder.n
			? arena_printf(walk->arena, "%.*s/%s", STR_ARG(folder), spot->name)
			: arena_cstr(walk->arena, str_of(spot->name)));
	if (!str_is_utf8(str_of(spot->name), NULL)) {
		refuse(walk, spot, "its name is not UTF-8");
		return 0;
	}
	r = recall_check(err);
	if (r < 0 || !is_made)
		return r < 0 ? r : visit_gone(walk, spot, err);
	if (fstatat(spot->upper, spot->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return err_sys(err, "stat %.*s", STR_ARG(spot->path));
	if (!is_whiteout(&status))
		return visit_made(walk, spot, err);
	return spot->below < 0 ? 0 : visit_gone(walk, spot, err);
}

/* The two sides of a folder, and their names: of the one below only where they matter. */
struct sides {
	int upper;
	int below;
	struct str *upper_names;
	struct str *below_names;
	size_t n_upper, n_below;
};

static int
open_sides(struct walk *walk, const struct folder *folder, struct sides *sides, struct err *err)
{
	const char *path = arena_cstr(walk->arena, folder->path);
	int r = 0;

	if (folder->how != FOLDER_GONE)
		r = dir_open_beneath(walk->spec->upper, path, &sides->upper, err);
	if (r == 0 && folder->how != FOLDER_NEW)
		r = dir_open_beneath(walk->spec->workspace, path, &sides->below, err);
	if (r == 0 && sides->upper >= 0)
		r = dir_list(sides->upper, ".", walk->arena, &sides->upper_names,
			&sides->n_upper, err);
	if (r == 0 && (folder->how == FOLDER_GONE || folder->how == FOLDER_OPAQUE))
		r = dir_list(sides->below, ".", walk->arena, &sides->below_names,
			&sides->n_below, err);
	return r;
}

static int
visit_names(struct walk *walk, const struct folder *folder, const struct sides *sides,
	struct err *err)
{
	struct spot spot = {folder->how, sides->upper, sides->below, NULL, STR_EMPTY};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sides->n_upper; i++) {
		spot.name = sides->upper_names[i].p;
		r = visit(walk, folder->path, &spot, true, err);
	}
	for (size_t i = 0; r == 0 && i < sides->n_below; i++) {
		spot.name = sides->below_names[i].p;
		if (!has_name(sides->upper_names, sides->n_upper, sides->below_names[i]))
			r = visit(walk, folder->path, &spot, false, err);
	}
	return r;
}

static int
walk_folder(struct walk *walk, struct folder folder, struct err *err)
{
	struct sides sides = {.upper = -1, .below = -1};
	int r = open_sides(walk, &folder, &sides, err);

	if (r == 0)
		r = visit_names(walk, &folder, &sides, err);
	fd_close(&sides.upper);
	fd_close(&sides.below);
	return r;
}

static int
compare_entries(const void *a, const void *b)
{
	return str_compare(
		((const struct write_entry *)a)->path, ((const struct write_entry *)b)->path);
}

static struct write_remarks
take_remarks(struct walk *walk, const struct remark_list *list)
{
	struct write_remark *items = ARENA_ARRAY(walk->arena, list->n, struct write_remark);

	if (list->n)
		memcpy(items, list->items, list->n * sizeof(*items));
	return (struct write_remarks){items, list->n};
}

static struct write_set
take_set(struct walk *walk)
{
	struct write_entry *entries =
		ARENA_ARRAY(walk->arena, walk->n_entries, struct write_entry);

	if (walk->n_entries) {
		memcpy(entries, walk->entries, walk->n_entries * sizeof(*entries));
		qsort(entries, walk->n_entries, sizeof(*entries), compare_entries);
	}
	return (struct write_set){.entries = entries,
		.n = walk->n_entries,
		.stripped = take_remarks(walk, &walk->stripped),
		.refused = take_remarks(walk, &walk->refused),
		.disturbed = take_remarks(walk, &walk->disturbed)};
}

int
upper_read(const struct upper_spec *spec, struct arena *arena, struct write_set *ret_set,
	struct err *err)
{
	struct walk walk = {
		.spec = spec, .reader = {spec->store, spec->staged, arena}, .arena = arena};
	int r = 0;

	push_folder(&walk, STR_EMPTY, FOLDER_MERGED);
	for (size_t i = 0; r == 0 && i < walk.n_folders; i++)
		r = walk_folder(&walk, walk.folders[i], err);
	if (r == 0)
		*ret_set = take_set(&walk);
	free(walk.folders);
	free(walk.entries);
	free(walk.stripped.items);
	free(walk.refused.items);
	free(walk.disturbed.items);
	return r;
}
