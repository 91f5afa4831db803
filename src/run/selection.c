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

int
selection_stage(struct store *store, const struct redactor *redactor, int workspace,
	struct str pattern, struct str *ret_secret, struct object_staged **ret_staged,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_CLOSE int folder = -1;
	struct glob_found found;
	int r = glob_find(workspace, pattern, &arena, &found, err);

	*ret_secret = STR_EMPTY;
	*ret_staged = NULL;
	if (r < 0 || !found.n)
		return r;
	r = file_open_beneath(workspace, arena_cstr(&arena, found.folder),
		O_RDONLY | O_DIRECTORY, &folder, err);
	if (r == 0 && redactor)
		r = search(redactor, folder, &found, ret_secret, err);
	if (r < 0 || ret_secret->n)
		return r;
	return object_stage_listed(store, folder, ".", found.paths, found.n, ret_staged, err);
}
