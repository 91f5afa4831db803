#include "run/selection.h"

#include "base/file.h"
#include "run/leak.h"

#include <fcntl.h>

static int
search(const struct redactor *redactor, int folder, const struct glob_found *found,
	struct str *ret_secret, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	int r = 0;

	for (size_t i = 0; r == 0 && !ret_secret->n && i < found->n; i++)
		r = leak_search_path(
			redactor, folder, arena_cstr(&arena, found->paths[i]), ret_secret, err);
	return r;
}

/* What the pattern matches, and the folder that the paths are below; none: no folder. */
static int
find(int workspace, struct str pattern, struct arena *arena, struct glob_found *ret_found,
	int *ret_folder, struct err *err)
{
	int r = glob_find(workspace, pattern, arena, ret_found, err);

	if (r < 0 || !ret_found->n)
		return r;
	return file_open_beneath(workspace, arena_cstr(arena, ret_found->folder),
		O_RDONLY | O_DIRECTORY, ret_folder, err);
}

int
selection_hash(int workspace, struct str pattern, struct memo *memo, struct digest *ret_digest,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_CLOSE int folder = -1;
	struct glob_found found;
	int r = find(workspace, pattern, &arena, &found, &folder, err);

	if (r < 0 || !found.n)
		return r;
	r = object_hash_listed(folder, ".", found.paths, found.n, memo, ret_digest, err);
	return r < 0 ? r : 1;
}

int
selection_stage(struct store *store, const struct redactor *redactor, int workspace,
	struct str pattern, struct str *ret_secret, struct object_staged **ret_staged,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_CLOSE int folder = -1;
	struct glob_found found;
	int r = find(workspace, pattern, &arena, &found, &folder, err);

	*ret_secret = STR_EMPTY;
	*ret_staged = NULL;
	if (r < 0 || !found.n)
		return r;
	if (redactor)
		r = search(redactor, folder, &found, ret_secret, err);
	if (r < 0 || ret_secret->n)
		return r;
	return object_stage_listed(store, folder, ".", found.paths, found.n, ret_staged, err);
}
