#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

/* An ordinary account, for what root is allowed to do anyway. */
#define NOBODY 65534

/* Each test starts in an empty directory of its own, which everybody may write. */
static int
enter(void **state)
{
	char *path = strdup("/tmp/lily-tree-XXXXXX");

	*state = path;
	return !path || !mkdtemp(path) || chmod(path, 0777) != 0 || chdir(path) != 0;
}

static int
leave(void **state)
{
	char *path = *state;
	int r = chdir("/") == 0 ? tree_remove(AT_FDCWD, path, NULL) : -1;

	if (r == 0 && access(path, F_OK) == 0)
		r = -1;
	free(path);
	return r;
}

static void
touch(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	(void)close(fd);
}

static void
assert_removed(const char *path)
{
	struct err err = ERR_INIT;
	struct stat status;

	if (tree_remove(AT_FDCWD, path, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(lstat(path, &status), -1);
	assert_int_equal(errno, ENOENT);
}

/* mkdir d, cd d, n times; back where it started. */
static void
make_chain(const char *top, int depth)
{
	int start = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(mkdir(top, 0700), 0);
	assert_int_equal(chdir(top), 0);
	for (int i = 0; i < depth; i++) {
		touch("file");
		assert_int_equal(mkdir("d", 0700), 0);
		assert_int_equal(chdir("d"), 0);
	}
	assert_int_equal(fchdir(start), 0);
	(void)close(start);
}

static void
nothing_and_simple_things(void **state)
{
	(void)state;
	assert_removed("missing");
	assert_removed("missing/below");
	touch("file");
	assert_removed("file");
	assert_int_equal(mkdir("empty", 0700), 0);
	assert_removed("empty");
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_removed("fifo");
}

static void
three_thousand_levels(void **state)
{
	const struct rlimit few = {64, 64};
	struct rlimit before;

	(void)state;
	make_chain("deep", 3000);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(
		setrlimit(RLIMIT_NOFILE, &(struct rlimit){few.rlim_cur, before.rlim_max}), 0);
	assert_removed("deep");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void
five_thousand_entries(void **state)
{
	char path[64];

	(void)state;
	assert_int_equal(mkdir("wide", 0700), 0);
	assert_int_equal(mkdir("wide/below", 0700), 0);
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(path, sizeof(path), "wide/below/entry-%d", i);
		if (i % 3)
			touch(path);
		else
			assert_int_equal(mkdir(path, 0700), 0);
		if (i % 3 == 0 && i % 2) {
			(void)snprintf(path, sizeof(path), "wide/below/entry-%d/file", i);
			touch(path);
		}
	}
	assert_removed("wide");
}

static void
links_are_removed_and_not_followed(void **state)
{
	(void)state;
	assert_int_equal(mkdir("outside", 0700), 0);
	touch("outside/kept");
	assert_int_equal(mkdir("tree", 0700), 0);
	assert_int_equal(mkdir("tree/below", 0700), 0);
	assert_int_equal(symlink("../outside", "tree/link"), 0);
	assert_int_equal(symlink("../../outside", "tree/below/link"), 0);
	assert_int_equal(symlink("/", "tree/below/root"), 0);
	assert_int_equal(symlink("nowhere", "tree/dangling"), 0);
	assert_int_equal(link("outside/kept", "tree/hard"), 0);
	assert_removed("tree");
	assert_int_equal(access("outside/kept", F_OK), 0);
	assert_int_equal(symlink("outside", "link"), 0);
	assert_removed("link");
	assert_int_equal(access("outside/kept", F_OK), 0);
	assert_removed("outside");
}

/* Names that the removal itself uses for what it moves up. */
static void
names_like_our_own(void **state)
{
	char path[64];

	(void)state;
	assert_int_equal(mkdir("tree", 0700), 0);
	for (int i = 0; i < 6; i++) {
		(void)snprintf(path, sizeof(path), "tree/.lily-%d", i);
		if (i % 3 == 0) {
			touch(path);
			continue;
		}
		assert_int_equal(mkdir(path, 0700), 0);
		(void)snprintf(path, sizeof(path), "tree/.lily-%d/.lily-0", i);
		make_chain(path, i == 1 ? 0 : 3);
	}
	assert_removed("tree");
}

static void
odd_names(void **state)
{
	char longest[256];

	(void)state;
	memset(longest, 'n', 255);
	longest[255] = '\0';
	assert_int_equal(mkdir("tree", 0700), 0);
	assert_int_equal(chdir("tree"), 0);
	make_chain(longest, 3);
	make_chain("...", 2);
	make_chain("-rf", 2);
	make_chain("\xff\n*", 2);
	assert_int_equal(chdir(".."), 0);
	assert_removed("tree");
}

/* Runs as an account that permissions bind; 0 or the line that failed. */
static int
remove_locked_tree(void)
{
	struct err err = ERR_INIT;

	if (getuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		return __LINE__ % 255;
	if (mkdir("locked", 0700) || mkdir("locked/a", 0700) || mkdir("locked/a/b", 0700) ||
		mkdir("locked/a/b/c", 0700) || mkdir("locked/read-only", 0700))
		return __LINE__ % 255;
	(void)close(open("locked/a/b/c/file", O_CREAT | O_WRONLY, 0000));
	(void)close(open("locked/read-only/file", O_CREAT | O_WRONLY, 0400));
	if (chmod("locked/a/b/c", 0) || chmod("locked/a/b", 0100) || chmod("locked/a", 0) ||
		chmod("locked/read-only", 0500) || chmod("locked", 0))
		return __LINE__ % 255;
	if (tree_remove(AT_FDCWD, "locked", &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.message);
		return __LINE__ % 255;
	}
	return access("locked", F_OK) == 0 ? __LINE__ % 255 : 0;
}

static void
directories_without_permissions(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(remove_locked_tree());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* A sticky directory of somebody else's refuses the removal of the link in it with EPERM, which
 * was taken for "a directory", and what the link points to became mode 700. Exit status: 0 the
 * target kept its mode, 1 it did not, 2 the scene could not be set. */
static int
try_to_remove_foreign_link(void)
{
	struct err err = ERR_INIT;
	struct stat status;

	if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
		return 2;
	if (tree_remove(AT_FDCWD, "tree", &err) == 0)
		return 2;
	if (stat("target", &status) != 0)
		return 2;
	return (status.st_mode & 07777) == 0751 ? 0 : 1;
}

static void
permissions_are_not_changed_through_a_link(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (getuid() != 0)
		skip();
	assert_int_equal(mkdir("target", 0700), 0);
	assert_int_equal(chown("target", NOBODY, NOBODY), 0);
	assert_int_equal(chmod("target", 0751), 0);
	assert_int_equal(mkdir("tree", 0777), 0);
	assert_int_equal(chown("tree", NOBODY, NOBODY), 0);
	assert_int_equal(mkdir("tree/sticky", 0777), 0);
	assert_int_equal(chmod("tree/sticky", 01777), 0);
	assert_int_equal(symlink("../../target", "tree/sticky/link"), 0);
	pid = fork();
	if (pid == 0)
		_exit(try_to_remove_foreign_link());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
what_cannot_be_removed_is_told(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_true(tree_remove(AT_FDCWD, "/proc/self", &err) < 0);
	assert_non_null(strstr(err.message, "/proc/self"));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(nothing_and_simple_things),
		IN_FOLDER(three_thousand_levels),
		IN_FOLDER(five_thousand_entries),
		IN_FOLDER(links_are_removed_and_not_followed),
		IN_FOLDER(names_like_our_own),
		IN_FOLDER(odd_names),
		IN_FOLDER(directories_without_permissions),
		IN_FOLDER(permissions_are_not_changed_through_a_link),
		IN_FOLDER(what_cannot_be_removed_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
