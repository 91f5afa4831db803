#include "policy/git_directories.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum place { PLACE_PLAIN, PLACE_GIT, PLACE_OF_OTHERS /* modules, worktrees, and in them */ };

struct folder {
	const char *path;
	enum place place;
};

/* Folders to be looked into, first come first served: parents before children. */
struct search {
	struct arena *arena;
	struct folder *folders;
	size_t n;
	size_t capacity;
	size_t most;
	const char **found;
	size_t n_found;
	size_t found_capacity;
	const char *closed;
	bool is_all;
};

static void
add_folder(struct search *search, const char *parent, const char *name, enum place place)
{
	if (search->n >= search->most) {
		search->is_all = false;
		return;
	}
	search->folders = memory_grow(
		search->folders, search->n, &search->capacity, sizeof(*search->folders));
	search->folders[search->n++] = (struct folder){
		arena_printf(search->arena, "%s/%s", strcmp(parent, "/") ? parent : "", name),
		place};
}

static void
add_found(struct search *search, const char *path)
{
	search->found = memory_grow(search->found, search->n_found, &search->found_capacity,
		sizeof(*search->found));
	search->found[search->n_found++] = path;
}

static bool
is_directory(int parent, const struct dirent *entry)
{
	struct stat status;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(parent, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISDIR(status.st_mode);
}

static void
meet(struct search *search, const char *path, enum place place, const char *name)
{
	bool is_store = strcmp(name, "modules") == 0 || strcmp(name, "worktrees") == 0;

	if (place == PLACE_PLAIN)
		add_folder(search, path, name,
			strcmp(name, ".git") == 0 ? PLACE_GIT : PLACE_PLAIN);
	else if (place == PLACE_OF_OTHERS || is_store)
		add_folder(search, path, name, PLACE_OF_OTHERS);
}

static void
note_closed(struct search *search, const char *path, int error)
{
	struct stat status;

	if (error == ENOENT || error == ENOTDIR)
		return; /* it went meanwhile */
	if (error == EACCES && lstat(path, &status) == 0 && status.st_uid != geteuid())
		return;
	search->is_all = false;
	search->closed = path;
}

/* What lies in modules is a git directory if it has a HEAD; else a part of a module's name. Then only
 * its own modules are looked into. */
static void
look_into(struct search *search, struct folder folder)
{
	int fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!stream) {
		note_closed(search, folder.path, errno);
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	if (folder.place == PLACE_OF_OTHERS &&
		faccessat(fd, "HEAD", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		folder.place = PLACE_GIT;
	if (folder.place == PLACE_GIT)
		add_found(search, folder.path);
	while ((entry = readdir(stream)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			is_directory(fd, entry))
			meet(search, folder.path, folder.place, entry->d_name);
	(void)closedir(stream);
}

void
git_directories_find(const char *folder, size_t most, struct arena *arena,
	struct git_directories *directories)
{
	struct search search = {.arena = arena, .most = most, .is_all = true};

	if (directories->folder && strcmp(directories->folder, folder) == 0)
		return;
	search.folders = memory_grow(NULL, 0, &search.capacity, sizeof(*search.folders));
	search.folders[search.n++] = (struct folder){folder, PLACE_PLAIN};
	for (size_t i = 0; i < search.n; i++)
		look_into(&search, search.folders[i]);
	*directories = (struct git_directories){.folder = folder,
		.paths = ARENA_ARRAY(arena, search.n_found, const char *),
		.n = search.n_found,
		.all = search.is_all,
		.closed = search.closed};
	if (search.n_found)
		memcpy(directories->paths, search.found,
			search.n_found * sizeof(*search.found));
	free(search.folders);
	free(search.found);
}
