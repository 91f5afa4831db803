#include "exec/spare.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>

/* Whatever was put there by others is not followed. */
static bool
is_ours(int run)
{
	struct stat status;

	return fstatat(run, "slots", &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISDIR(status.st_mode) && (status.st_mode & 07777) == 0700 &&
		status.st_uid == geteuid();
}

bool
spare_take(int spare, int run)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str *names;
	size_t n;

	if (dir_list(spare, ".", &arena, &names, &n, NULL) < 0)
		return false;
	while (n-- > 0) {
		if (renameat(spare, names[n].p, run, "slots") != 0)
			continue;
		if (is_ours(run))
			return true;
		(void)tree_remove(run, "slots", NULL);
	}
	return false;
}

bool
spare_give(int spare, int run, const char *name)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str *names;
	size_t n;

	return dir_list(spare, ".", &arena, &names, &n, NULL) == 0 && n < SPARE_SETS_MAX &&
		renameat(run, "slots", spare, name) == 0;
}
