#include "policy/location.h"

#include "base/buf.h"
#include "base/file.h"

#include <errno.h>
#include <limits.h>

#define LINKS_MAX 40 /* as the kernel has it: path_resolution(7) */

bool
location_covers(const char *path, const char *below)
{
	size_t n = strlen(path);

	if (n == 1)
		return true;
	return strncmp(path, below, n) == 0 && (!below[n] || below[n] == '/');
}

/* --- from text to an absolute path --- */

/* What stands in front of a path that is not absolute, and the rest. */
static int
find_start(const struct policy_surroundings *surroundings, struct str text,
	struct str *ret_rest, const char **ret_start, struct err *err)
{
	static const char *const homes[] = {"~", "$HOME", "${HOME}"};

	*ret_rest = text;
	*ret_start = text.p[0] == '/' ? "" : surroundings->workspace;
	for (size_t i = 0; i < ARRAY_SIZE(homes); i++) {
		size_t n = strlen(homes[i]);

		if (!str_starts(text, str_of(homes[i])) || (text.n > n && text.p[n] != '/'))
			continue;
		*ret_rest = (struct str){text.p + n, text.n - n};
		*ret_start = surroundings->home;
		if (!surroundings->home)
			return err_set(err, ERR_INVALID,
				"\"%.*s\": HOME is not set; write the whole path",
				(int)MIN(text.n, 200), text.p);
		return 0;
	}
	if (text.p[0] == '~')
		return err_set(err, ERR_INVALID,
			"\"%.*s\": of homes only one's own can be named, by ~/; write the "
			"whole path",
			(int)MIN(text.n, 200), text.p);
	if (str_find(text, '$') >= 0)
		return err_set(err, ERR_INVALID,
			"\"%.*s\": a policy knows no expressions and no variables but $HOME; "
			"write "
			"the path",
			(int)MIN(text.n, 200), text.p);
	return 0;
}

/* ".." leads out of the workspace in front only: behind a name it is where that leads to. */
static bool
climbs_back(struct str text)
{
	struct str rest = text;
	bool has_name = text.p[0] == '/';

	while (rest.n) {
		struct str part = str_cut(rest, '/', &rest);

		if (str_is(part, "..") && has_name)
			return true;
		has_name = has_name || (part.n && !str_is(part, ".") && !str_is(part, ".."));
	}
	return false;
}

static int
make_absolute(const struct policy_surroundings *surroundings, struct str text,
	struct arena *arena, const char **ret_path, struct err *err)
{
	struct str rest;
	const char *start;
	int r;

	if (!text.n || text.n >= PATH_MAX || str_find(text, '\0') >= 0)
		return err_set(
			err, ERR_INVALID, "a path has 1 to %d bytes and no NUL", PATH_MAX - 1);
	r = find_start(surroundings, text, &rest, &start, err);
	if (r < 0)
		return r;
	if (memchr(text.p, '*', text.n) || memchr(text.p, '?', text.n))
		return err_set(err, ERR_INVALID,
			"\"%.*s\": there are no patterns in a policy; name the folder, which "
			"holds "
			"for all below it",
			(int)MIN(text.n, 200), text.p);
	if (climbs_back(rest.n ? rest : STR(".")))
		return err_set(err, ERR_INVALID,
			"\"%.*s\": a \"..\" behind a name leads to where that leads; write the "
			"path without it",
			(int)MIN(text.n, 200), text.p);
	*ret_path = path_shorten(
		arena, str_of(arena_printf(arena, "%s/%.*s", start, STR_ARG(rest))))
			    .p;
	if (strlen(*ret_path) >= PATH_MAX)
		return err_set(err, ERR_INVALID, "\"%.*s\": the path is too long", 200, text.p);
	return 0;
}

/* --- links --- */

/* Whether only root can put something else into the folder of the path. */
static bool
is_roots(const char *folder)
{
	struct stat status;

	return lstat(*folder ? folder : "/", &status) == 0 && S_ISDIR(status.st_mode) &&
		status.st_uid == 0 && !(status.st_mode & (S_IWGRP | S_IWOTH));
}

static bool
may_follow(const struct policy_surroundings *surroundings, const char *folder, const char *link)
{
	if (surroundings->workspace && location_covers(surroundings->workspace, link))
		return false;
	if (surroundings->home && location_covers(surroundings->home, link))
		return false;
	return is_roots(folder);
}

/* The path with the first link in it replaced: 1; 0: there is none. */
static int
follow_one(const struct policy_surroundings *surroundings, const char *path,
	struct arena *arena, const char **ret_path, struct err *err)
{
	AUTO_BUF struct buf at = BUF_INIT((size_t)2 * PATH_MAX);
	struct str rest = {path + 1, strlen(path) - 1};

	while (rest.n) {
		struct str part = str_cut(rest, '/', &rest);
		const char *folder = arena_cstr(arena, buf_str(&at));
		char target[PATH_MAX];
		ssize_t n;

		buf_printf(&at, "/%.*s", STR_ARG(part));
		n = readlink(buf_cstr(&at), target, sizeof(target) - 1);
		if (n < 0 && errno != EINVAL) /* nothing there, or nothing that may be seen */
			return 0;
		if (n < 0)
			continue;
		target[n] = '\0';
		if (!may_follow(surroundings, folder, buf_cstr(&at)))
			return err_set(err, ERR_INVALID,
				"%.300s is a link to %.300s, and whoever replaces it would "
				"move "
				"the wall; write the path that it leads to",
				buf_cstr(&at), target);
		*ret_path = path_shorten(arena,
			str_of(arena_printf(arena, "%s/%s/%.*s", target[0] == '/' ? "" : folder,
				target, STR_ARG(rest))))
				    .p;
		return 1;
	}
	return 0;
}

/* A ".." in a link's target is taken by the words alone: behind another link of root's that is the wrong
 * place, but never one that somebody else chose. */
static int
follow(const struct policy_surroundings *surroundings, const char *path, struct arena *arena,
	const char **ret_path, struct err *err)
{
	int r = 1;

	*ret_path = path;
	for (int i = 0; r > 0 && i < LINKS_MAX; i++)
		r = follow_one(surroundings, *ret_path, arena, ret_path, err);
	if (r > 0)
		return err_set(err, ERR_INVALID, "%.300s: too many links", path);
	return r;
}

int
location_find(const struct policy_surroundings *surroundings, struct str text,
	struct arena *arena, const char **ret_path, struct err *err)
{
	const char *path = NULL;
	int r = make_absolute(surroundings, text, arena, &path, err);

	return r < 0 ? r : follow(surroundings, path, arena, ret_path, err);
}

/* --- programs --- */

static bool
is_program(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

int
location_find_program(const struct policy_surroundings *surroundings, struct str text,
	struct arena *arena, const char **ret_path, struct err *err)
{
	struct str rest = surroundings->search ? str_of(surroundings->search) : STR_EMPTY;

	if (str_find(text, '/') >= 0 || str_is(text, "~") || str_is(text, "."))
		return location_find(surroundings, text, arena, ret_path, err);
	while (rest.n) {
		struct str folder = str_cut(rest, ':', &rest);
		const char *path =
			arena_printf(arena, "%.*s/%.*s", STR_ARG(folder), STR_ARG(text));

		/* A folder of PATH that is not absolute is another one for each who looks. */
		if (folder.n && folder.p[0] == '/' && is_program(path))
			return location_find(surroundings, str_of(path), arena, ret_path, err);
	}
	return err_set(err, ERR_NOT_FOUND,
		"no program \"%.*s\" is in PATH; install it, or write its path",
		(int)MIN(text.n, 100), text.p);
}
