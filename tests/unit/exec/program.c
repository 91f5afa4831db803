#include "exec/program.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
	char path[64];
	int dir;
	struct program_cache cache;
};

static void
put(const struct fixture *f, const char *name, mode_t mode)
{
	struct err err = ERR_INIT;

	assert_int_equal(
		file_replace(f->dir, name, STR("#!/bin/sh\n"), mode, FILE_NO_SYNC, &err), 0);
	assert_int_equal(fchmodat(f->dir, name, mode, 0), 0);
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = ERR_INIT;

	(void)snprintf(f->path, sizeof(f->path), "/tmp/lily-program-XXXXXX");
	if (!mkdtemp(f->path) || dir_open(AT_FDCWD, f->path, &f->dir, &err) < 0)
		return -1;
	f->cache = PROGRAM_CACHE_INIT;
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			mkdirat(f->dir, (const char *const[]){"a", "b", "c"}[i], 0755), 0);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	int r = tree_remove(AT_FDCWD, f->path, &err);

	program_cache_done(&f->cache);
	(void)close(f->dir);
	free(f);
	return r;
}

/* In a PATH of folders of the fixture, "a:b"; "." and "" stay what they are. */
static int
find(struct fixture *f, const char *folders, const char *name, const char *wanted)
{
	AUTO_BUF struct buf path = BUF_INIT(4096);
	AUTO_BUF struct buf absolute = BUF_INIT(4096);
	struct str rest = str_of(folders);
	struct err err = ERR_INIT;
	const char *file = NULL;
	int r;

	while (rest.p) {
		struct str folder = str_cut(rest, ':', &rest);

		if (folder.n && folder.p[0] != '.')
			buf_printf(&path, "%s/", f->path);
		buf_add_str(&path, folder);
		if (rest.p)
			buf_add_char(&path, ':');
	}
	r = program_find(&f->cache, buf_cstr(&path), f->path, name, &file, &err);
	if (r >= 0) {
		buf_printf(&absolute, "%s/%s", f->path, wanted);
		assert_string_equal(file, buf_cstr(&absolute));
	}
	return r;
}

static void
test_search(void **state)
{
	struct fixture *f = *state;

	put(f, "b/tool", 0755);
	put(f, "c/tool", 0755);
	put(f, "a/plain", 0644);
	put(f, "b/plain", 0755);
	put(f, "a/only", 0644);
	put(f, "here", 0755);
	assert_int_equal(mkdirat(f->dir, "a/tool", 0755), 0); /* a folder is no program */
	assert_int_equal(find(f, "a:b:c", "tool", "b/tool"), 0);
	assert_int_equal(find(f, "a:b:c", "tool", "b/tool"), 1);
	assert_int_equal(find(f, "c:b", "tool", "c/tool"), 0);
	assert_int_equal(find(f, "a:b", "plain", "b/plain"), 0);
	assert_int_equal(find(f, "a:b", "only", ""), ERR_DENIED);
	assert_int_equal(find(f, "a:b", "none", ""), ERR_NOT_FOUND);
	assert_int_equal(find(f, "a:b", "", ""), ERR_NOT_FOUND);
	/* Relative to cwd, and so never remembered. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(find(f, "a:", "here", "here"), 0);
		assert_int_equal(find(f, "./b", "tool", "./b/tool"), 0);
	}
}

static void
test_forget(void **state)
{
	struct fixture *f = *state;
	char path[200];

	put(f, "a/tool", 0755);
	put(f, "b/tool", 0755);
	assert_int_equal(find(f, "a:b", "tool", "a/tool"), 0);
	assert_int_equal(unlinkat(f->dir, "a/tool", 0), 0);
	assert_int_equal(find(f, "a:b", "tool", "a/tool"), 1);
	(void)snprintf(path, sizeof(path), "%s/a:%s/b", f->path, f->path);
	program_forget(&f->cache, path, "tool");
	program_forget(&f->cache, path, "never seen");
	assert_int_equal(find(f, "a:b", "tool", "b/tool"), 0);
	assert_int_equal(find(f, "a:b", "tool", "b/tool"), 1);
}

/* More names than are remembered. */
static void
test_many(void **state)
{
	struct fixture *f = *state;

	put(f, "a/p0", 0755);
	for (int i = 0; i < 10000; i++) {
		char name[32];
		char file[40];

		(void)snprintf(name, sizeof(name), "p%d", i % 5000);
		(void)snprintf(file, sizeof(file), "a/%s", name);
		if (i > 0 && i < 5000)
			assert_int_equal(linkat(f->dir, "a/p0", f->dir, file, 0), 0);
		assert_true(find(f, "a", name, file) >= 0);
	}
	assert_in_range(f->cache.n, 1, 4096);
}

static void
test_slash_and_default(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	const char *file;

	assert_int_equal(program_find(&f->cache, "/bin", "/", "./x", &file, &err), 0);
	assert_string_equal(file, "./x");
	assert_int_equal(program_find(&f->cache, NULL, "/", "sh", &file, &err), 0);
	assert_string_equal(file, "/bin/sh");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_search, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_forget, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_slash_and_default, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
