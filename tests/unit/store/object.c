#include "fixture.h"

#include <sqlite3.h>
#include <sys/wait.h>

#define LARGE ((size_t)100000)

static struct str
large(struct fixture *f, unsigned seed)
{
	char *bytes = arena_bytes(&f->arena, LARGE);

	for (size_t i = 0; i < LARGE; i++)
		bytes[i] = (char)(i * seed >> 3);
	return (struct str){bytes, LARGE};
}

static const char *
file_of(struct fixture *f, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	(void)digest_to_hex(digest, hex);
	return arena_printf(&f->arena, "%s/objects/%.2s/%s", f->path, hex, hex + 2);
}

static void
expect_bytes(struct fixture *f, const struct digest *digest, struct str expected)
{
	AUTO_BUF struct buf bytes = BUF_INIT(1 << 20);

	must(object_get(f->store, digest, &bytes, &f->err));
	assert_true(str_equal(buf_str(&bytes), expected));
}

static void
write_file(struct fixture *f, const char *path, struct str content)
{
	must(file_replace(AT_FDCWD, path, content, 0644, FILE_NO_SYNC, &f->err));
}

static void
test_round_trips(void **state)
{
	struct fixture *f = *state;
	static const size_t sizes[] = {0, 1, 1000, OBJECT_INLINE_MAX - 1, OBJECT_INLINE_MAX,
		OBJECT_INLINE_MAX + 1, LARGE};
	struct str bytes = large(f, 7);

	for (unsigned round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			struct digest digest;
			struct digest expected;
			struct str part = {bytes.p, sizes[i]};
			AUTO_CLOSE int fd = -1;
			uint64_t size;

			digest_of(part.p, part.n, &expected);
			must(object_put(f->store, part, &digest, &f->err));
			assert_memory_equal(digest.bytes, expected.bytes, DIGEST_SIZE);
			expect_bytes(f, &digest, part); /* not durable yet */
			must(store_flush(f->store, &f->err));
			must(object_open(f->store, &digest, &fd, &size, &f->err));
			assert_int_equal(size, part.n);
			assert_int_equal(write(fd, "x", 1), -1);
		}
		reopen(f);
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			struct str part = {bytes.p, sizes[i]};
			struct digest digest;

			digest_of(part.p, part.n, &digest);
			expect_bytes(f, &digest, part);
		}
	}
	assert_int_equal(expect_sound(f, FSCK_OBJECT_BYTES).objects, ARRAY_SIZE(sizes));
}

static void
test_what_is_not_there(void **state)
{
	struct fixture *f = *state;
	AUTO_BUF struct buf bytes = BUF_INIT(4);
	struct digest digest = {{5}};

	expect_error(
		object_get(f->store, &digest, &bytes, &f->err), ERR_NOT_FOUND, "sha256:05");
	digest = put(f, "five!");
	expect_error(object_get(f->store, &digest, &bytes, &f->err), ERR_LIMIT, "5 bytes");
}

static void
test_damage_is_found(void **state)
{
	struct fixture *f = *state;
	AUTO_BUF struct buf bytes = BUF_INIT(1 << 20);
	struct fsck_report report;
	struct digest in_file;
	struct digest in_row = put(f, "in a row");
	struct digest lost;
	const char *path;
	sqlite3 *db;
	int fd;

	must(object_put(f->store, large(f, 3), &in_file, &f->err));
	must(object_put(f->store, large(f, 5), &lost, &f->err));
	reopen(f);
	assert_int_equal(chmod(file_of(f, &in_file), 0644), 0);
	fd = open(file_of(f, &in_file), O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "!", 1, 5000), 1);
	(void)close(fd);
	assert_int_equal(unlink(file_of(f, &lost)), 0);
	assert_int_equal(
		sqlite3_open(arena_printf(&f->arena, "%s/lily.db", f->path), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE objects SET bytes=x'00' WHERE size=8", NULL,
				 NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	expect_error(object_get(f->store, &in_file, &bytes, &f->err), ERR_CORRUPT,
		"does not have the bytes");
	expect_error(object_get(f->store, &in_row, &bytes, &f->err), ERR_CORRUPT, "the size");
	expect_error(
		object_get(f->store, &lost, &bytes, &f->err), ERR_CORRUPT, "lost its file");
	expect_error(
		object_open(f->store, &in_file, &fd, NULL, &f->err), ERR_CORRUPT, "sha256:");
	expect_error(
		object_path(f->store, &in_file, &f->arena, &path, &f->err), ERR_CORRUPT, "");
	assert_int_equal(bytes.n, 0);
	must(fsck_run(f->store, 0, &f->arena, &report, &f->err));
	assert_int_equal(report.n_findings, 2);
	must(fsck_run(f->store, FSCK_OBJECT_BYTES, &f->arena, &report, &f->err));
	assert_int_equal(report.n_findings, 3);
	assert_true(str_is(report.findings[0].invariant, "I1"));
}

/* A file under the right name without a row was never promised by anybody. */
static void
test_truncated_rowless_file_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct str bytes = large(f, 9);
	struct digest digest;
	const char *path;

	digest_of(bytes.p, bytes.n, &digest);
	path = file_of(f, &digest);
	must(dir_make_all(AT_FDCWD,
		arena_printf(&f->arena, "%.*s", (int)(strrchr(path, '/') - path), path), 0700,
		&f->err));
	write_file(f, path, (struct str){bytes.p, 10});
	assert_int_equal(expect_sound(f, FSCK_OBJECT_BYTES).rubbish, 1);
	must(object_put(f->store, bytes, &digest, &f->err));
	expect_bytes(f, &digest, bytes);
	assert_int_equal(expect_sound(f, FSCK_OBJECT_BYTES).rubbish, 0);
}

static void
test_files(void **state)
{
	struct fixture *f = *state;
	struct str bytes = large(f, 11);
	const char *moved = arena_printf(&f->arena, "%s/moved", f->dir);
	const char *linked = arena_printf(&f->arena, "%s/linked", f->dir);
	AUTO_CLOSE int dir = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = -1;
	AUTO_CLOSE int other = -1;
	struct stat status;
	struct digest digest;
	uint64_t size;

	write_file(f, moved, bytes);
	must(file_open_regular(dir, "moved", &fd, &f->err));
	must(object_put_file(f->store, fd, OBJECT_COPY, dir, "moved", &digest, &size, &f->err));
	assert_int_equal(size, LARGE);
	assert_int_equal(stat(moved, &status), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	must(object_put_file(f->store, fd, OBJECT_MOVE, dir, "moved", &digest, &size, &f->err));
	assert_int_equal(stat(moved, &status), -1);
	must(store_flush(f->store, &f->err));
	assert_int_equal(stat(file_of(f, &digest), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0444);
	expect_bytes(f, &digest, bytes);
	/* A second name could change it later: copied. */
	write_file(f, moved, large(f, 13));
	assert_int_equal(link(moved, linked), 0);
	must(file_open_regular(dir, "moved", &other, &f->err));
	must(object_put_file(
		f->store, other, OBJECT_MOVE, dir, "moved", &digest, &size, &f->err));
	assert_int_equal(stat(moved, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
}

static void
test_path_moves_an_inline_object_to_a_file(void **state)
{
	struct fixture *f = *state;
	struct digest digest = put(f, "small");
	AUTO_BUF struct buf bytes = BUF_INIT(64);
	const char *path;
	struct stat status;
	struct store *reader;

	must(store_flush(f->store, &f->err));
	must(store_open(f->path, STORE_READ, &reader, &f->err));
	expect_error(
		object_path(reader, &digest, &f->arena, &path, &f->err), ERR_DENIED, "reading");
	for (unsigned i = 0; i < 2; i++) {
		must(object_path(f->store, &digest, &f->arena, &path, &f->err));
		assert_string_equal(path, file_of(f, &digest));
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_size, 5);
	}
	must(object_path(reader, &digest, &f->arena, &path, &f->err));
	must(object_get(reader, &digest, &bytes, &f->err));
	assert_string_equal(buf_cstr(&bytes), "small");
	store_close(reader);
	reopen(f);
	expect_bytes(f, &digest, STR("small"));
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
}

static const char *
make_tree(struct fixture *f, const char *name)
{
	const char *top = arena_printf(&f->arena, "%s/%s", f->dir, name);

	must(dir_make_all(AT_FDCWD, arena_printf(&f->arena, "%s/a/b", top), 0755, &f->err));
	must(dir_make_all(AT_FDCWD, arena_printf(&f->arena, "%s/empty", top), 0755, &f->err));
	write_file(f, arena_printf(&f->arena, "%s/a/b/deep", top), STR("deep"));
	write_file(f, arena_printf(&f->arena, "%s/a-first", top), STR("sorts before a/"));
	write_file(f, arena_printf(&f->arena, "%s/large", top), large(f, 21));
	write_file(f, arena_printf(&f->arena, "%s/script", top), STR("#!/bin/sh\n"));
	assert_int_equal(chmod(arena_printf(&f->arena, "%s/script", top), 0755), 0);
	assert_int_equal(symlink("/etc/passwd", arena_printf(&f->arena, "%s/link", top)), 0);
	return top;
}

static void
test_an_empty_directory_is_a_tree(void **state)
{
	struct fixture *f = *state;
	const char *top = arena_printf(&f->arena, "%s/nothing", f->dir);
	AUTO_BUF struct buf document = BUF_INIT(1 << 20);
	struct digest digest;
	uint64_t size;

	must(dir_make(AT_FDCWD, top, 0755, &f->err));
	must(object_put_tree(f->store, AT_FDCWD, top, &digest, &size, &f->err));
	assert_int_equal(size, 0);
	must(object_get(f->store, &digest, &document, &f->err));
	assert_non_null(strstr(buf_cstr(&document), "{\"entries\":[]"));
}

/* Listed by its files alone, it is the same tree but for what no file is in. */
static void
test_listed_files_are_a_tree(void **state)
{
	static const struct str paths[] = {
		{"a-first", 7}, {"a/b/deep", 8}, {"large", 5}, {"link", 4}, {"script", 6}};
	struct fixture *f = *state;
	const char *top = make_tree(f, "tree");
	struct object_staged *staged;
	struct digest listed;
	struct digest whole;
	uint64_t size;

	must(object_stage_listed(
		f->store, AT_FDCWD, top, paths, ARRAY_SIZE(paths), &staged, &f->err));
	must(object_commit(f->store, staged, &listed, &size, &f->err));
	assert_int_equal(size, 4 + 15 + LARGE + 10);
	must(tree_remove(AT_FDCWD, arena_printf(&f->arena, "%s/empty", top), &f->err));
	must(object_put_tree(f->store, AT_FDCWD, top, &whole, NULL, &f->err));
	assert_memory_equal(listed.bytes, whole.bytes, DIGEST_SIZE);
	must(object_stage_listed(f->store, AT_FDCWD, top, paths, 1, &staged, &f->err));
	must(object_commit(f->store, staged, &listed, &size, &f->err));
	assert_int_equal(size, 15);
}

static void
test_trees(void **state)
{
	struct fixture *f = *state;
	const char *top = make_tree(f, "tree");
	const char *again = make_tree(f, "again");
	const char *back = arena_printf(&f->arena, "%s/back", f->dir);
	AUTO_BUF struct buf document = BUF_INIT(1 << 20);
	char target[64] = "";
	struct stat status;
	struct digest digest;
	struct digest same;
	uint64_t size;

	must(object_put_tree(f->store, AT_FDCWD, top, &digest, &size, &f->err));
	must(object_put_tree(f->store, AT_FDCWD, again, &same, NULL, &f->err));
	assert_memory_equal(digest.bytes, same.bytes, DIGEST_SIZE);
	assert_int_equal(size, 4 + 15 + LARGE + 10);
	must(object_get(f->store, &digest, &document, &f->err));
	assert_non_null(strstr(buf_cstr(&document),
		"{\"entries\":[{\"path\":\"a\",\"type\":\"dir\"},{\"executable\":false,"
		"\"path\":"
		"\"a-first\""));
	assert_non_null(strstr(buf_cstr(&document),
		"{\"path\":\"link\",\"target\":\"/etc/passwd\",\"type\":\"link\"}"));
	must(object_restore(f->store, &digest, OBJECT_IS_TREE, AT_FDCWD, back, &f->err));
	must(object_put_tree(f->store, AT_FDCWD, back, &same, NULL, &f->err));
	assert_memory_equal(digest.bytes, same.bytes, DIGEST_SIZE);
	assert_true(readlink(arena_printf(&f->arena, "%s/link", back), target, 63) > 0);
	assert_string_equal(target, "/etc/passwd");
	assert_int_equal(stat(arena_printf(&f->arena, "%s/script", back), &status), 0);
	assert_true(status.st_mode & 0100);
	expect_error(object_restore(f->store, &digest, OBJECT_IS_TREE, AT_FDCWD, back, &f->err),
		ERR_SYS, "File exists");
	assert_int_equal(f->err.sys_errno, EEXIST);
	assert_int_equal(mkfifo(arena_printf(&f->arena, "%s/a/b/fifo", top), 0600), 0);
	expect_error(object_put_tree(f->store, AT_FDCWD, top, &same, NULL, &f->err),
		ERR_INVALID, "a/b/fifo is neither");
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
}

/* Documents that nobody wrote with object_put_tree. */
static void
test_hostile_trees(void **state)
{
	static const struct {
		const char *document;
		int code;
	} cases[] = {
		{"{\"entries\":[{\"path\":\"../x\",\"type\":\"dir\"}],\"tree\":1}",
			ERR_CORRUPT},
		{"{\"entries\":[{\"path\":\"/tmp/x\",\"type\":\"dir\"}],\"tree\":1}",
			ERR_CORRUPT},
		{"{\"entries\":[{\"path\":\"\",\"type\":\"dir\"}],\"tree\":1}", ERR_CORRUPT},
		{"{\"entries\":[{\"path\":\"a\",\"target\":\"/tmp\",\"type\":\"link\"},"
		 "{\"path\":\"a/b\",\"type\":\"dir\"}],\"tree\":1}",
			ERR_CORRUPT},
		{"{\"entries\":[{\"path\":\"a\",\"type\":\"device\"}],\"tree\":1}",
			ERR_CORRUPT},
		{"{\"entries\":{},\"tree\":1}", ERR_INVALID},
		{"not JSON", ERR_INVALID},
	};
	struct fixture *f = *state;
	const char *back = arena_printf(&f->arena, "%s/back", f->dir);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct digest digest = put(f, cases[i].document);
		struct stat status;

		expect_error(object_restore(f->store, &digest, OBJECT_IS_TREE, AT_FDCWD, back,
				     &f->err),
			cases[i].code, "");
		assert_int_equal(lstat(back, &status), -1);
	}
}

static void
put_many(const char *path)
{
	struct store *store;
	char *bytes = calloc(1, LARGE);

	if (!bytes || store_open(path, STORE_WRITE, &store, NULL) < 0)
		_exit(1);
	for (unsigned i = 0; i < 100; i++) {
		struct digest digest;

		(void)snprintf(bytes, LARGE, "%u", i);
		if (object_put(store, (struct str){bytes, i % 2 ? LARGE : 20}, &digest, NULL) <
				0 ||
			(i % 10 == 0 && store_flush(store, NULL) < 0))
			_exit(2);
	}
	if (store_flush(store, NULL) < 0)
		_exit(3);
	store_close(store);
	_exit(0);
}

/* Holes cost nothing to make, and hours to hash. */
static void
test_a_file_of_holes_is_refused_unread(void **state)
{
	struct fixture *f = *state;
	const char *top = arena_printf(&f->arena, "%s/holes", f->dir);
	const char *path = arena_printf(&f->arena, "%s/x", top);
	int64_t began = clock_boot_us();
	struct digest digest;
	uint64_t size;
	int fd;

	must(dir_make(AT_FDCWD, top, 0755, &f->err));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	must(fd);
	must(ftruncate(fd, (off_t)OBJECT_SIZE_MAX + 1));
	expect_error(
		object_put_file(f->store, fd, OBJECT_COPY, -1, NULL, &digest, &size, &f->err),
		ERR_LIMIT, "cannot be kept");
	(void)close(fd);
	expect_error(object_put_tree(f->store, AT_FDCWD, top, &digest, &size, &f->err),
		ERR_LIMIT, "cannot be kept");
	assert_true(clock_boot_us() - began < 5000000);
}

static void
test_two_processes_put_the_same(void **state)
{
	struct fixture *f = *state;
	pid_t children[2];

	for (size_t i = 0; i < 2; i++) {
		children[i] = fork();
		if (children[i] == 0)
			put_many(f->path);
	}
	for (size_t i = 0; i < 2; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	assert_int_equal(expect_sound(f, FSCK_OBJECT_BYTES).objects, 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trips, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_an_empty_directory_is_a_tree, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_what_is_not_there, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_damage_is_found, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_truncated_rowless_file_is_replaced, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(test_files, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(test_path_moves_an_inline_object_to_a_file,
			fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(test_trees, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_listed_files_are_a_tree, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_a_file_of_holes_is_refused_unread, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_hostile_trees, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_two_processes_put_the_same, fixture_open_dir, fixture_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
