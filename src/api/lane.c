#include "api/lane.h"

#include "base/file.h"

#include <dlfcn.h>
#include <limits.h>

/* The directory of a path as far as the last slash, without it. */
static struct str
folder_of(struct str path)
{
	while (path.n && path.p[path.n - 1] != '/')
		path.n--;
	return path.n > 1 ? (struct str){path.p, path.n - 1} : path;
}

static bool
is_trusted(const char *path, const char *loaded_from)
{
	struct stat lane;
	struct stat program;

	if (stat(path, &lane) != 0 || !S_ISREG(lane.st_mode) || access(path, X_OK) != 0)
		return false;
	if (lane.st_mode & S_IWOTH)
		return false;
	return lane.st_uid == 0 || lane.st_uid == geteuid() ||
		(stat(loaded_from, &program) == 0 && lane.st_uid == program.st_uid);
}

static const char *
running_program(struct arena *arena)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

	if (n <= 0 || (size_t)n == sizeof(path))
		return NULL;
	return arena_cstr(arena, (struct str){path, (size_t)n});
}

/* The file that this code was loaded from; NULL where that is the program itself, which the
 * dynamic linker knows only by the name it was called by. */
static const char *
shared_library(struct arena *arena)
{
	Dl_info info;
	struct str path;
	struct err err = ERR_INIT;

	if (!dladdr((const void *)(uintptr_t)lane_find, &info) || !info.dli_fname ||
		info.dli_fname[0] != '/')
		return NULL;
	if (path_real(info.dli_fname, arena, &path, &err) < 0)
		return NULL;
	return path.p;
}

static const char *
in_build_tree(struct arena *arena, const char *program)
{
	struct str folder = folder_of(str_of(program));
	const char *lane;

	if (!str_ends(str_of(program), STR("/src/cli/lily")))
		return NULL;
	lane = arena_printf(arena, "%.*s/sandbox/lily-lane", STR_ARG(folder_of(folder)));
	return is_trusted(lane, program) ? lane : NULL;
}

/* `folder` is the configured place of `loaded` under the prefix, such as "bin". */
static const char *
in_installation(struct arena *arena, const char *loaded, const char *folder)
{
	struct str place = folder_of(str_of(loaded));
	const char *tail = arena_printf(arena, "/%s", folder);
	const char *lane;

	if (folder[0] == '/' || !str_ends(place, str_of(tail)))
		return NULL;
	place.n -= strlen(tail);
	lane = arena_printf(arena, "%.*s/" LILY_LIBEXECDIR "/lily/lily-lane", STR_ARG(place));
	return is_trusted(lane, loaded) ? lane : NULL;
}

const char *
lane_find(struct arena *arena)
{
	const char *program = running_program(arena);
	const char *library = shared_library(arena);
	const char *lane = NULL;

	if (program)
		lane = in_build_tree(arena, program);
	if (!lane && program)
		lane = in_installation(arena, program, LILY_BINDIR);
	if (!lane && library)
		lane = in_installation(arena, library, LILY_LIBDIR);
	return lane ? lane : LILY_LANE_PATH;
}
