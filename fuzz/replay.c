/*
 * Runs a fuzz target over the files of folders, once each: replay FOLDER…
 */
#include "base/file.h"
#include "fuzz.h"

#include <fcntl.h>

#define FILE_MAX ((size_t)16 << 20)

static void
replay_file(const char *path)
{
	AUTO_BUF struct buf b = BUF_INIT(FILE_MAX);
	struct err err = ERR_INIT;
	uint8_t *exact;

	if (file_read(AT_FDCWD, path, &b, &err) < 0)
		fuzz_fail("%s", err.message);
	/* A block of just this size, so that ASan sees a read past its end. */
	exact = malloc(b.n ? b.n : 1);
	if (!exact)
		abort();
	if (b.n)
		memcpy(exact, b.p, b.n);
	(void)LLVMFuzzerTestOneInput(exact, b.n);
	free(exact);
}

/* Returns how many files were run. */
static size_t
replay_folder(const char *folder)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str *names;
	size_t n;

	if (dir_list(AT_FDCWD, folder, &arena, &names, &n, &err) < 0)
		fuzz_fail("%s", err.message);
	for (size_t i = 0; i < n; i++)
		replay_file(path_join(&arena, folder, arena_cstr(&arena, names[i])));
	return n;
}

int
main(int argc, char **argv)
{
	size_t n = 0;

	for (int i = 1; i < argc; i++)
		n += replay_folder(argv[i]);
	(void)printf("%zu files\n", n);
	return n == 0;
}
