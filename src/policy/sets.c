#include "policy/sets.h"

#include "policy/location.h"

#include <limits.h>

/* --- git's files --- */

/* Whether what stands behind a ".git/" is that file of it, or of what git keeps in it for others. */
static bool
is_in_git(struct str behind, struct str name)
{
	struct str folder;

	if (str_equal(behind, name))
		return true;
	if (!str_ends(behind, name) || behind.n < name.n + 2 ||
		behind.p[behind.n - name.n - 1] != '/')
		return false;
	folder = (struct str){behind.p, behind.n - name.n};
	return str_starts(folder, STR("modules/")) || str_starts(folder, STR("worktrees/"));
}

static bool
is_instance(const char *pattern, struct str path)
{
	const char *git = NULL;
	struct str folder;
	struct str rest;

	for (const char *p = strstr(pattern, "/.git/"); p; p = strstr(p + 1, "/.git/"))
		git = p;
	if (!git)
		return false;
	folder = (struct str){pattern, (size_t)(git - pattern)};
	if (!str_starts(path, folder) || path.n <= folder.n || path.p[folder.n] != '/')
		return false;
	rest = (struct str){path.p + folder.n + 1, path.n - folder.n - 1};
	while (rest.n) {
		struct str part = str_cut(rest, '/', &rest);

		if (str_is(part, ".git") && rest.n && is_in_git(rest, str_of(git + 6)))
			return true;
	}
	return false;
}

/* Whether the path or, down to `longer` bytes, a folder that it is in is one. */
static bool
is_below_instance(const char *pattern, const char *path, size_t longer)
{
	struct str whole = str_of(path);

	for (size_t n = whole.n; n > longer; n--)
		if ((n == whole.n || path[n] == '/') &&
			is_instance(pattern, (struct str){path, n}))
			return true;
	return false;
}

/* --- asking --- */

bool
sets_covers(const struct policy_path *entry, const char *path)
{
	return entry->is_pattern ? is_below_instance(entry->path, path, 0)
				 : location_covers(entry->path, path);
}

const struct policy_path *
sets_find(const struct policy_paths *paths, const char *path)
{
	for (size_t i = 0; i < paths->n; i++)
		if (sets_covers(&paths->items[i], path))
			return &paths->items[i];
	return NULL;
}

static bool
is_between(const struct policy_path *obstacle, const char *from, const char *path)
{
	if (obstacle->is_pattern)
		return is_below_instance(obstacle->path, path, strlen(from));
	return location_covers(from, obstacle->path) && strcmp(from, obstacle->path) != 0 &&
		location_covers(obstacle->path, path);
}

const struct policy_path *
sets_obstacle(const struct policy_paths *hidden, const struct policy_paths *protect,
	const char *from, const char *path)
{
	const struct policy_path *nearest = NULL;

	if (!location_covers(from, path))
		return NULL;
	for (size_t i = 0; i < hidden->n; i++)
		if (is_between(&hidden->items[i], from, path) &&
			(!nearest || strlen(nearest->path) < strlen(hidden->items[i].path)))
			nearest = &hidden->items[i];
	if (nearest)
		return nearest;
	for (size_t i = 0; protect && i < protect->n; i++)
		if (protect->items[i].yields && is_between(&protect->items[i], from, path))
			return &protect->items[i];
	return NULL;
}

/* A deeper entry has fewer obstacles, so the deepest one that covers the path decides. */
const struct policy_path *
sets_admit(const struct policy_paths *paths, const struct policy_paths *hidden,
	const struct policy_paths *protect, const char *path,
	const struct policy_path **ret_obstacle)
{
	const struct policy_path *deepest = NULL;

	*ret_obstacle = NULL;
	for (size_t i = 0; i < paths->n; i++)
		if (location_covers(paths->items[i].path, path) &&
			(!deepest || strlen(paths->items[i].path) > strlen(deepest->path)))
			deepest = &paths->items[i];
	if (!deepest)
		return NULL;
	*ret_obstacle = sets_obstacle(hidden, protect, deepest->path, path);
	return *ret_obstacle ? NULL : deepest;
}

/* --- making lists --- */

static bool
has(const struct policy_paths *list, const struct policy_path *entry)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i].path, entry->path) == 0 &&
			list->items[i].is_pattern == entry->is_pattern &&
			list->items[i].yields == entry->yields)
			return true;
	return false;
}

void
sets_add(struct policy_paths *list, const struct policy_path *items, size_t n)
{
	struct policy_path *room = (struct policy_path *)(uintptr_t)list->items;

	for (size_t i = 0; i < n; i++)
		if (!has(list, &items[i]))
			room[list->n++] = items[i];
}

struct policy_paths
sets_unite(struct arena *arena, const struct policy_paths *a, const struct policy_paths *b)
{
	struct policy_paths list = {ARENA_ARRAY(arena, a->n + b->n, struct policy_path), 0};

	sets_add(&list, a->items, a->n);
	sets_add(&list, b->items, b->n);
	return list;
}

static void
add_admitted(
	struct policy_paths *list, const struct sets_side *from, const struct sets_side *by)
{
	for (size_t i = 0; i < from->paths.n; i++) {
		const struct policy_path *obstacle;

		if (sets_admit(&by->paths, by->hidden, by->protect, from->paths.items[i].path,
			    &obstacle))
			sets_add(list, &from->paths.items[i], 1);
	}
}

/* What both let in is below an entry of one that the other lets in. */
struct policy_paths
sets_meet(struct arena *arena, const struct sets_side *a, const struct sets_side *b)
{
	struct policy_paths list = {
		ARENA_ARRAY(arena, a->paths.n + b->paths.n, struct policy_path), 0};

	add_admitted(&list, a, b);
	add_admitted(&list, b, a);
	return list;
}
