/*
 * Any bytes as a list of walls. What is taken is taken again in the form that it is then written in, and
 * names no path that a lane could be led astray by.
 */
#include "fuzz.h"
#include "sandbox/walls.h"

static void
check_path(const char *path)
{
	if (path[0] != '/' || strstr(path, "//") || strstr(path, "/../") || strstr(path, "/./"))
		fuzz_fail("a path that is not plain: %s", path);
}

static void
check_again(const struct walls *walls, struct arena *arena)
{
	AUTO_BUF struct buf bytes = BUF_INIT(WALLS_SIZE_MAX);
	AUTO_BUF struct buf twice = BUF_INIT(WALLS_SIZE_MAX);
	struct walls again;
	struct err err = ERR_INIT;

	/* Paths that share their bytes are written apart, so it may have grown past the limit. */
	if (walls_encode(walls, &bytes, &err) < 0)
		return;
	if (walls_decode(bytes.p, bytes.n, arena, &again, &err) < 0)
		fuzz_fail("what was written is refused: %s", err.message);
	if (walls_encode(&again, &twice, &err) < 0 ||
		!str_equal(buf_str(&bytes), buf_str(&twice)))
		fuzz_fail("two forms of one list");
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct walls walls;
	struct err err = ERR_INIT;

	if (walls_decode(bytes, n, &arena, &walls, &err) < 0) {
		fuzz_check_error(&err);
		return 0;
	}
	for (size_t i = 0; i < walls.n_mounts; i++)
		check_path(walls.mounts[i].path);
	for (size_t i = 0; i < walls.n_rules; i++)
		check_path(walls.rules[i].path);
	if (walls.layer.path) {
		check_path(walls.layer.path);
		check_path(walls.layer.upper);
		check_path(walls.layer.work);
	}
	if (walls.layer.over)
		check_path(walls.layer.over);
	check_again(&walls, &arena);
	return 0;
}
