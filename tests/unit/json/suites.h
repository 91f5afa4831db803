/*
 * suites: where the conformance suites of others lie, and their files.
 *
 * They are no part of the project: LILY_SUITES names the folder, else it is looked for beside the
 * source tree. A test that cannot find its suite is skipped (exit 77), never passed.
 */
#ifndef LILY_TESTS_SUITES_H
#define LILY_TESTS_SUITES_H

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>

#define SUITES_SKIPPED 77
#define SUITES_FILE_MAX ((size_t)16 << 20)

/* The folder `name` in the suites, in the arena, or NULL (and the arena empty) with a line that says
 * so. */
static inline const char *
suites_find(struct arena *arena, const char *name)
{
	const char *root = getenv("LILY_SUITES");
	const char *path =
		path_join(arena, root ? root : SOURCE_ROOT "/../shared/suites", name);

	if (access(path, R_OK) == 0)
		return path;
	(void)printf("skipped: %s is not there (set LILY_SUITES)\n", path);
	arena_done(arena);
	return NULL;
}

/* The names in a folder of the suites, sorted; ends the test where it cannot be read. */
static inline struct str *
suites_list(struct arena *arena, const char *folder, size_t *ret_n)
{
	struct err err = ERR_INIT;
	struct str *names = NULL;

	if (dir_list(AT_FDCWD, folder, arena, &names, ret_n, &err) < 0 || !*ret_n) {
		(void)fprintf(stderr, "%s: %s\n", folder, *ret_n ? err.message : "empty");
		exit(1);
	}
	return names;
}

static inline void
suites_read(struct arena *arena, const char *folder, struct str name, struct buf *b)
{
	struct err err = ERR_INIT;
	const char *path = path_join(arena, folder, arena_cstr(arena, name));

	buf_clear(b);
	if (file_read(AT_FDCWD, path, b, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.message);
		exit(1);
	}
}

#endif
