#include "exec/acceptance.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define NAME "accept"
#define WORD "S1"

bool
acceptance_of_s1(void)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(64);
	const char *folder = path_config(&arena);
	struct err ignored = ERR_INIT;

	return folder &&
		file_read(AT_FDCWD, path_join(&arena, folder, NAME), &text, &ignored) == 0 &&
		str_is(str_trim(buf_str(&text)), WORD);
}

int
acceptance_set(bool s1, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const char *folder = path_config(&arena);
	const char *path;
	int r;

	if (!folder)
		return err_set(err, ERR_NOT_FOUND,
			"HOME is not set, so there is no place to keep that; set it, or "
			"XDG_CONFIG_HOME");
	path = path_join(&arena, folder, NAME);
	if (!s1)
		return unlink(path) == 0 || errno == ENOENT ? 0
							    : err_sys(err, "remove %s", path);
	r = dir_make_all(AT_FDCWD, folder, 0700, err);
	return r < 0 ? r : file_replace(AT_FDCWD, path, STR(WORD "\n"), 0600, FILE_SYNC, err);
}
