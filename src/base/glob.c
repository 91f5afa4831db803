#include "base/glob.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/recall.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>

/* A folder to be looked into, and which components its entries may match, as bits. */
struct waiting {
	struct str path; /* below the first folder; empty: that itself */
	uint64_t at;
};

struct search {
	int top;
	struct arena *arena;
	const char *components[GLOB_COMPONENTS_MAX];
	size_t n_components;
	struct waiting *waiting;
	size_t n_waiting, waiting_capacity;
	struct str *paths;
	size_t n, capacity;
	size_t looked;
};

bool
glob_is_pattern(struct str path)
{
	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] == '*' || path.p[i] == '?' || path.p[i] == '[' ||
			path.p[i] == '\\')
			return true;
	return false;
}

/* Cuts what has no pattern off the front. */
static struct str
cut_folder(struct arena *arena, struct str *pattern)
{
	struct str rest = *pattern;
	size_t n = 0;

	for (;;) {
		struct str after;
		struct str component = str_cut(rest, '/', &after);

		if (!after.p || glob_is_pattern(component))
			break;
		n = (size_t)(after.p - pattern->p);
		rest = after;
	}
	if (!n)
		return STR(".");
	*pattern = rest;
	return arena_str(arena, (struct str){rest.p - n, n - 1});
}

static int
split(struct search *search, struct str pattern, struct err *err)
{
	while (pattern.p) {
		struct str component = str_cut(pattern, '/', &pattern);

		if (!component.n || str_is(component, "."))
			continue;
		if (search->n_components == GLOB_COMPONENTS_MAX)
			return err_set(err, ERR_LIMIT, "a pattern of more than %d components",
				GLOB_COMPONENTS_MAX);
		search->components[search->n_components++] =
			arena_cstr(search->arena, component);
	}
	return 0;
}

static bool
is_any_depth(const struct search *search, size_t i)
{
	return strcmp(search->components[i], "**") == 0;
}

/* ** stands for no folder, too. */
static uint64_t
widen(const struct search *search, uint64_t at)
{
	for (size_t i = 0; i + 1 < search->n_components; i++)
		if ((at & UINT64_C(1) << i) && is_any_depth(search, i))
			at |= UINT64_C(2) << i;
	return at;
}

/* What the entry of a folder leads to: whether a file matches, and the components that a folder's own
 * entries may match. */
static bool
match(const struct search *search, uint64_t at, const char *name, uint64_t *ret_next)
{
	bool is_match = false;

	*ret_next = 0;
	for (size_t i = 0; i < search->n_components; i++) {
		bool is_last = i + 1 == search->n_components;

		if (!(at & UINT64_C(1) << i))
			continue;
		if (is_any_depth(search, i)) {
			if (name[0] == '.')
				continue;
			*ret_next |= UINT64_C(1) << i;
			is_match |= is_last;
		} else if (fnmatch(search->components[i], name, FNM_PERIOD) == 0) {
			is_match |= is_last;
			if (!is_last)
				*ret_next |= UINT64_C(2) << i;
		}
	}
	return is_match;
}

static void
add_waiting(struct search *search, struct str path, uint64_t at)
{
	search->waiting = memory_grow(search->waiting, search->n_waiting,
		&search->waiting_capacity, sizeof(*search->waiting));
	search->waiting[search->n_waiting++] = (struct waiting){path, at};
}

static int
look_at(struct search *search, const struct waiting *folder, int fd, const char *name,
	struct err *err)
{
	struct stat status;
	uint64_t next;
	bool is_match = match(search, folder->at, name, &next);
	struct str path;

	if (++search->looked > GLOB_LOOKED_MAX)
		return err_set(err, ERR_LIMIT,
			"more than %d names to look at; name the folder more closely",
			GLOB_LOOKED_MAX);
	if (!is_match && !next)
		return 0;
	if (fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : err_sys(err, "stat %s", name);
	path = str_of(folder->path.n
			? arena_printf(search->arena, "%.*s/%s", STR_ARG(folder->path), name)
			: arena_cstr(search->arena, str_of(name)));
	if (S_ISDIR(status.st_mode)) {
		if (next)
			add_waiting(search, path, next);
		return 0;
	}
	if (!is_match)
		return 0;
	search->paths = memory_grow(
		search->paths, search->n, &search->capacity, sizeof(*search->paths));
	search->paths[search->n++] = path;
	return 0;
}

static int
look_into(struct search *search, struct waiting folder, struct err *err)
{
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	AUTO_CLOSE int fd = -1;
	struct str *names;
	size_t n;
	int r = recall_check(err);

	folder.at = widen(search, folder.at);
	if (r == 0)
		r = file_open_beneath(search->top,
			folder.path.n ? arena_cstr(&scratch, folder.path) : ".",
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW, &fd, err);
	if (r == 0)
		r = dir_list(fd, ".", &scratch, &names, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = look_at(search, &folder, fd, names[i].p, err);
	return r;
}

static int
compare_paths(const void *left, const void *right)
{
	return str_compare(*(const struct str *)left, *(const struct str *)right);
}

static int
run(struct search *search, int dir, const struct glob_found *found, struct err *err)
{
	AUTO_CLOSE int top = -1;
	struct err why = ERR_INIT;
	int r = file_open_beneath(dir, arena_cstr(search->arena, found->folder),
		O_RDONLY | O_DIRECTORY, &top, &why);

	if (r == ERR_NOT_FOUND || (r < 0 && why.sys_errno == ENOTDIR))
		return 0;
	if (r < 0) {
		*err = why;
		return r;
	}
	search->top = top;
	add_waiting(search, STR_EMPTY, 1);
	while (r == 0 && search->n_waiting)
		r = look_into(search, search->waiting[--search->n_waiting], err);
	return r;
}

int
glob_find(int dir, struct str pattern, struct arena *arena, struct glob_found *ret_found,
	struct err *err)
{
	struct search search = {.arena = arena};
	struct glob_found found = {.folder = cut_folder(arena, &pattern)};
	int r = split(&search, pattern, err);

	if (r == 0)
		r = run(&search, dir, &found, err);
	if (r == 0) {
		found.paths = ARENA_ARRAY(arena, search.n, struct str);
		found.n = search.n;
		if (search.n) {
			memcpy(found.paths, search.paths, search.n * sizeof(*found.paths));
			qsort(found.paths, found.n, sizeof(*found.paths), compare_paths);
		}
		*ret_found = found;
	}
	free(search.waiting);
	free(search.paths);
	return r;
}
