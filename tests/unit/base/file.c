#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

/* Each test runs in an empty directory of its own, open as *state. */
static int
enter(void **state)
{
	char path[] = "/tmp/lily-file-XXXXXX";
	int *folder = malloc(sizeof(*folder));

	if (!folder || !mkdtemp(path))
		return -1;
	*folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = folder;
	return *folder < 0 || fchdir(*folder) != 0;
}

static int
leave(void **state)
{
	int *folder = *state;
	char path[64];
	char target[4096];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", *folder);
	n = readlink(path, target, sizeof(target) - 1);
	(void)close(*folder);
	free(folder);
	if (n < 0 || chdir("/") != 0)
		return -1;
	target[n] = '\0';
	return tree_remove(AT_FDCWD, target, NULL);
}

static void
put(int dir, const char *path, const char *text)
{
	struct err err = ERR_INIT;

	if (file_replace(dir, path, str_of(text), 0644, FILE_NO_SYNC, &err) < 0)
		fail_msg("%s", err.message);
}

static void
assert_holds(int dir, const char *path, const char *text)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;

	if (file_read(dir, path, &b, &err) < 0)
		fail_msg("%s", err.message);
	assert_string_equal(buf_cstr(&b), text);
}

static size_t
count(int dir)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str *names;
	size_t n = 0;

	assert_int_equal(dir_list(dir, ".", &arena, &names, &n, NULL), 0);
	return n;
}

static void
replace_and_read_back(void **state)
{
	int dir = *(int *)*state;
	struct stat status;
	struct err err = ERR_INIT;

	assert_int_equal(file_replace(dir, "f", STR("one"), 0600, FILE_SYNC, &err), 0);
	assert_holds(dir, "f", "one");
	assert_int_equal(fstatat(dir, "f", &status, 0), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(file_replace(dir, "f", STR("two"), 0400, FILE_SYNC, &err), 0);
	assert_holds(dir, "f", "two");
	assert_int_equal(file_replace(dir, "f", STR(""), 0600, FILE_SYNC, &err), 0);
	assert_holds(dir, "f", "");
	assert_int_equal(mkdirat(dir, "d", 0700), 0);
	assert_int_equal(file_replace(dir, "d/f", STR("three"), 0600, FILE_SYNC, &err), 0);
	assert_holds(dir, "d/f", "three");
	assert_int_equal(count(dir), 2);
}

static void
failed_replace_leaves_nothing_behind(void **state)
{
	int dir = *(int *)*state;
	struct err err = ERR_INIT;

	assert_int_equal(mkdirat(dir, "d", 0700), 0);
	assert_true(file_replace(dir, "d", STR("x"), 0600, FILE_NO_SYNC, &err) < 0);
	assert_int_equal(err.sys_errno, EISDIR);
	assert_int_equal(count(dir), 1);
	assert_int_equal(
		file_replace(dir, "no/f", STR("x"), 0600, FILE_NO_SYNC, &err), ERR_NOT_FOUND);
}

struct writing {
	int dir;
	_Atomic bool done;
};

static void *
write_alternately(void *context)
{
	struct writing *writing = context;
	char text[20000];

	for (int i = 0; i < 500; i++) {
		memset(text, 'a' + i % 2, sizeof(text));
		if (file_replace(writing->dir, "f", (struct str){text, sizeof(text)}, 0600,
			    FILE_NO_SYNC, NULL) < 0)
			break;
	}
	writing->done = true;
	return NULL;
}

/* Half a file is one whose first byte is not its last, or that is not 20000 bytes long. */
static void
a_reader_never_sees_half_a_replacement(void **state)
{
	struct writing writing = {.dir = *(int *)*state};
	char text[20000];
	pthread_t thread;
	size_t seen[2] = {0};

	memset(text, 'a', sizeof(text));
	assert_int_equal(file_replace(writing.dir, "f", (struct str){text, sizeof(text)}, 0600,
				 FILE_NO_SYNC, NULL),
		0);
	assert_int_equal(pthread_create(&thread, NULL, write_alternately, &writing), 0);
	while (!writing.done) {
		AUTO_BUF struct buf b = BUF_INIT(1 << 20);

		assert_int_equal(file_read(writing.dir, "f", &b, NULL), 0);
		assert_int_equal(b.n, sizeof(text));
		for (size_t i = 0; i < b.n; i++)
			assert_int_equal(b.p[i], b.p[0]);
		seen[b.p[0] == 'b']++;
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(seen[0] + seen[1] > 0);
	assert_int_equal(count(writing.dir), 1);
}

static void *
replace_many(void *context)
{
	struct writing *writing = context;

	for (int i = 0; i < 300; i++)
		if (file_replace(writing->dir, "f", STR("x"), 0600, FILE_NO_SYNC, NULL) < 0)
			return context;
	return NULL;
}

static void
writers_do_not_meet(void **state)
{
	struct writing writing = {.dir = *(int *)*state};
	pthread_t threads[4];
	void *result;

	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, replace_many, &writing), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
	}
}

/* Temporary names were made of pid and counter. After a crash between create and rename the next
 * process of that pid (in a container it is the same each time) met the left-over and failed. */
static void
left_over_of_a_crashed_process_is_no_obstacle(void **state)
{
	int dir = *(int *)*state;
	struct err err = ERR_INIT;
	char name[64];

	for (int i = 0; i < 10000; i += i < 2000 ? 1 : 97) {
		(void)snprintf(name, sizeof(name), "f.%d-%d.tmp", (int)getpid(), i);
		(void)close(openat(dir, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	}
	if (file_replace(dir, "f", STR("x"), 0600, FILE_NO_SYNC, &err) < 0)
		fail_msg("%s", err.message);
	assert_holds(dir, "f", "x");
}

static void
read_respects_the_limit(void **state)
{
	int dir = *(int *)*state;
	AUTO_BUF struct buf small = BUF_INIT(4);
	AUTO_BUF struct buf again = BUF_INIT(10);
	struct err err = ERR_INIT;

	put(dir, "f", "12345");
	assert_int_equal(file_read(dir, "f", &small, &err), ERR_LIMIT);
	assert_non_null(strstr(err.message, "f is larger than the limit of 4 bytes"));
	assert_int_equal(file_read(dir, "f", &again, &err), 0);
	assert_int_equal(file_read(dir, "f", &again, &err), 0);
	assert_string_equal(buf_cstr(&again), "1234512345");
	assert_int_equal(file_read(dir, "f", &again, &err), ERR_LIMIT);
}

/* With 256 bytes allocated for a limit of 5, the reader asked for more room for ever. */
static void
read_of_a_file_exactly_as_large_as_the_limit_ends(void **state)
{
	static const size_t sizes[] = {
		0, 1, 5, 255, 256, 257, 4095, 65535, 65536, 65537, 300000};
	int dir = *(int *)*state;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		AUTO_BUF struct buf exact = BUF_INIT(sizes[i]);
		AUTO_BUF struct buf roomy = BUF_INIT(sizes[i] + 1);
		AUTO_BUF struct buf tight = BUF_INIT(sizes[i] ? sizes[i] - 1 : 0);
		char *text = calloc(1, sizes[i] + 1);
		struct err err = ERR_INIT;

		assert_non_null(text);
		memset(text, 'x', sizes[i]);
		put(dir, "f", text);
		assert_int_equal(file_read(dir, "f", &exact, &err), 0);
		assert_string_equal(buf_cstr(&exact), text);
		assert_int_equal(file_read(dir, "f", &roomy, &err), 0);
		assert_string_equal(buf_cstr(&roomy), text);
		if (sizes[i])
			assert_int_equal(file_read(dir, "f", &tight, &err), ERR_LIMIT);
		free(text);
	}
}

static void
read_of_what_is_no_file(void **state)
{
	int dir = *(int *)*state;
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	static const struct {
		const char *path;
		int code;
		const char *message;
		bool links_count;
	} rows[] = {
		{"missing", ERR_NOT_FOUND, "open missing: No such file", true},
		{"dir", ERR_INVALID, "dir is a directory, a file is needed", true},
		{"fifo", ERR_INVALID, "fifo is a fifo, a file is needed", true},
		{"socket", ERR_INVALID, "socket is a socket, a file is needed", true},
		{"/dev/null", ERR_INVALID, "/dev/null is a device, a file is needed", true},
		{"dangling", ERR_NOT_FOUND, "open dangling", true},
		{"loop", ERR_INVALID, "open loop", true},
		{"link", ERR_INVALID, "link is a symbolic link, a file is needed", false},
		{"file/x", ERR_NOT_FOUND, "open file/x", true},
	};

	put(dir, "file", "x");
	assert_int_equal(mkdirat(dir, "dir", 0700), 0);
	assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
	assert_int_equal(bind(s, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(symlinkat("nowhere", dir, "dangling"), 0);
	assert_int_equal(symlinkat("loop", dir, "loop"), 0);
	assert_int_equal(symlinkat("file", dir, "link"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_BUF struct buf b = BUF_INIT(100);
		struct err err = ERR_INIT;
		int fd = -1;
		int r = rows[i].links_count ? file_read(dir, rows[i].path, &b, &err)
					    : file_open_regular(dir, rows[i].path, &fd, &err);

		if (r != rows[i].code || !strstr(err.message, rows[i].message))
			fail_msg("%s: %d, %s", rows[i].path, r, err.message);
		assert_int_equal(fd, -1);
	}
	assert_holds(dir, "link", "x");
	(void)close(s);
}

static void
open_regular_gives_a_reading_descriptor(void **state)
{
	int dir = *(int *)*state;
	AUTO_CLOSE int fd = -1;
	char text[8] = "";

	put(dir, "f", "abc");
	assert_int_equal(file_open_regular(dir, "f", &fd, NULL), 0);
	assert_int_equal(read(fd, text, sizeof(text)), 3);
	assert_string_equal(text, "abc");
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

static void
read_error_is_told_and_the_text_ends(void **state)
{
	AUTO_BUF struct buf b = BUF_INIT(100);
	struct err err = ERR_INIT;

	assert_int_equal(file_read_fd(*(int *)*state, "folder", &b, &err), ERR_SYS);
	assert_int_equal(err.sys_errno, EISDIR);
	assert_string_equal(buf_cstr(&b), "");
}

static void
copy_is_equal(void **state)
{
	static const size_t sizes[] = {0, 1, 4096, 1000001};
	int dir = *(int *)*state;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		AUTO_CLOSE int from = openat(dir, "from", O_RDWR | O_CREAT | O_TRUNC, 0600);
		AUTO_CLOSE int to = openat(dir, "to", O_RDWR | O_CREAT | O_TRUNC, 0600);
		AUTO_BUF struct buf copy = BUF_INIT(2000000);
		char *text = malloc(sizes[i] + 1);
		uint64_t size = 99;

		assert_non_null(text);
		memset(text, 'c', sizes[i]);
		assert_int_equal(file_write(from, text, sizes[i], NULL), 0);
		assert_int_equal(lseek(from, 0, SEEK_SET), 0);
		assert_int_equal(file_copy(from, to, &size, NULL), 0);
		assert_int_equal(size, sizes[i]);
		assert_int_equal(file_read(dir, "to", &copy, NULL), 0);
		assert_int_equal(copy.n, sizes[i]);
		assert_memory_equal(copy.n ? copy.p : "", text, sizes[i]);
		free(text);
	}
}

static void
copy_starts_at_the_offset_and_takes_what_has_no_size(void **state)
{
	int dir = *(int *)*state;
	AUTO_CLOSE int to = openat(dir, "to", O_RDWR | O_CREAT, 0600);
	AUTO_CLOSE int kernel = open("/proc/version", O_RDONLY | O_CLOEXEC);
	AUTO_CLOSE int from = -1;
	uint64_t size = 0;
	int ends[2];

	put(dir, "from", "0123456789");
	assert_int_equal(file_open_regular(dir, "from", &from, NULL), 0);
	assert_int_equal(lseek(from, 4, SEEK_SET), 4);
	assert_int_equal(file_copy(from, to, &size, NULL), 0);
	assert_int_equal(size, 6);
	assert_holds(dir, "to", "456789");
	assert_int_equal(file_copy(kernel, to, &size, NULL), 0);
	assert_true(size > 10);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "piped", 5), 5);
	(void)close(ends[1]);
	assert_int_equal(ftruncate(to, 0), 0);
	assert_int_equal(lseek(to, 0, SEEK_SET), 0);
	assert_int_equal(file_copy(ends[0], to, NULL, NULL), 0);
	assert_holds(dir, "to", "piped");
	(void)close(ends[0]);
}

static void
write_to_a_full_device_says_so(void **state)
{
	AUTO_CLOSE int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(file_write(full, "x", 1, &err), ERR_SYS);
	assert_int_equal(err.sys_errno, ENOSPC);
	assert_int_equal(file_write(full, "x", 0, &err), 0);
}

static void
a_held_lock_is_denied_at_once(void **state)
{
	int dir = *(int *)*state;
	AUTO_CLOSE int first = openat(dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	AUTO_CLOSE int second = openat(dir, "lock", O_RDWR | O_CLOEXEC);
	struct err err = ERR_INIT;

	assert_int_equal(file_lock(first, FILE_TRY, &err), 0);
	assert_int_equal(file_lock(second, FILE_TRY, &err), ERR_DENIED);
	fd_close(&first);
	assert_int_equal(file_lock(second, FILE_WAIT, &err), 0);
	assert_int_equal(file_lock(-1, FILE_TRY, &err), ERR_SYS);
}

static void
directories_are_made_once(void **state)
{
	static const char *const paths[] = {
		"a", "a", "b/c/d", "b/c/d/", "b//c/./e", ".", "b/.."};
	int dir = *(int *)*state;
	struct err err = ERR_INIT;
	struct stat status;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (dir_make_all(dir, paths[i], 0755, &err) < 0)
			fail_msg("%s", err.message);
		assert_int_equal(fstatat(dir, paths[i], &status, 0), 0);
		assert_true(S_ISDIR(status.st_mode));
	}
	assert_int_equal(dir_make(dir, "x/y", 0755, &err), ERR_NOT_FOUND);
	assert_int_equal(dir_make_all(dir, "", 0755, &err), ERR_NOT_FOUND);
	put(dir, "file", "x");
	assert_int_equal(dir_make(dir, "file", 0755, &err), ERR_SYS);
	assert_non_null(
		strstr(err.message, "make directory file: what is there is no directory"));
	assert_true(dir_make_all(dir, "file/x", 0755, &err) < 0);
	assert_int_equal(dir_sync(dir, "b", &err), 0);
	assert_int_equal(dir_sync(dir, "nothing", &err), ERR_NOT_FOUND);
}

static void
list_is_sorted_by_bytes(void **state)
{
	static const char *const sorted[] = {".hidden", "B", "a", "a.b", "ab", "\xc3\xa4"};
	static const char *const made[] = {"ab", "\xc3\xa4", "a", ".hidden", "a.b", "B"};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	int dir = *(int *)*state;
	struct str *names = NULL;
	struct err err = ERR_INIT;
	size_t n = 99;

	assert_int_equal(dir_list(dir, ".", &arena, &names, &n, &err), 0);
	assert_int_equal(n, 0);
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		put(dir, made[i], "");
	assert_int_equal(dir_list(dir, ".", &arena, &names, &n, &err), 0);
	assert_int_equal(n, ARRAY_SIZE(sorted));
	for (size_t i = 0; i < n; i++)
		assert_string_equal(names[i].p, sorted[i]);
	assert_int_equal(dir_list(dir, "a", &arena, &names, &n, &err), ERR_NOT_FOUND);
	assert_int_equal(n, ARRAY_SIZE(sorted));
}

static void
paths(void **state)
{
	static const char *const inside[] = {
		"a", "a/b", "a/", ".", "./a", "a/...", "..a", "a//b"};
	static const char *const outside[] = {
		"", "/", "/a", "..", "../a", "a/..", "a/../b", "a/b/.."};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str real = STR("untouched");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++)
		if (!path_is_inside(str_of(inside[i])))
			fail_msg("%s is inside", inside[i]);
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++)
		if (path_is_inside(str_of(outside[i])))
			fail_msg("%s is not inside", outside[i]);
	assert_false(path_is_inside((struct str){"a\0b", 3}));
	assert_string_equal(path_join(&arena, "a", "b"), "a/b");
	assert_string_equal(path_join(&arena, "a/", "b"), "a/b");
	assert_string_equal(path_join(&arena, "", "b"), "b");
	assert_string_equal(path_join(&arena, "a", "/b"), "/b");
	assert_string_equal(path_join(&arena, "/", "b"), "/b");
	assert_int_equal(path_real("missing/x", &arena, &real, &err), ERR_NOT_FOUND);
	assert_true(str_is(real, "untouched"));
	assert_int_equal(symlink("/", "root"), 0);
	assert_int_equal(path_real("root", &arena, &real, &err), 0);
	assert_true(str_is(real, "/"));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(replace_and_read_back),
		IN_FOLDER(failed_replace_leaves_nothing_behind),
		IN_FOLDER(a_reader_never_sees_half_a_replacement),
		IN_FOLDER(writers_do_not_meet),
		IN_FOLDER(left_over_of_a_crashed_process_is_no_obstacle),
		IN_FOLDER(read_respects_the_limit),
		IN_FOLDER(read_of_a_file_exactly_as_large_as_the_limit_ends),
		IN_FOLDER(read_of_what_is_no_file),
		IN_FOLDER(open_regular_gives_a_reading_descriptor),
		IN_FOLDER(read_error_is_told_and_the_text_ends),
		IN_FOLDER(copy_is_equal),
		IN_FOLDER(copy_starts_at_the_offset_and_takes_what_has_no_size),
		IN_FOLDER(write_to_a_full_device_says_so),
		IN_FOLDER(a_held_lock_is_denied_at_once),
		IN_FOLDER(directories_are_made_once),
		IN_FOLDER(list_is_sorted_by_bytes),
		IN_FOLDER(paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
