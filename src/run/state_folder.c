#include "run/state_folder.h"

#include "base/file.h"

#define FOLDERS "state"

int
state_folder_make(int run_directory, const char *run_path, struct str step, struct arena *arena,
	const char **ret_path, struct err *err)
{
	const char *name = arena_printf(arena, FOLDERS "/%.*s", STR_ARG(step));
	int r = dir_make_all(run_directory, name, 0700, err);

	if (r < 0)
		return err_wrap(err, "the folder of \"state\"");
	*ret_path = path_join(arena, run_path, name);
	return 0;
}

void
state_folder_clear(int run_directory)
{
	struct err ignored = ERR_INIT;

	(void)tree_remove(run_directory, FOLDERS, &ignored);
}
