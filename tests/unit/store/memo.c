/* The memo: what it remembers, when it must not, and what is left of a damaged one. */
#include "fixture.h"

#include "store/memo.h"

#define SECOND INT64_C(1000000000)

static struct stat
status_of(int64_t changed_ns)
{
	return (struct stat){.st_mode = S_IFREG | 0644,
		.st_dev = 7,
		.st_ino = 8,
		.st_size = 9,
		.st_mtim = {changed_ns / SECOND, changed_ns % SECOND},
		.st_ctim = {changed_ns / SECOND, changed_ns % SECOND}};
}

static bool
knows(struct memo *memo, struct stat status)
{
	static const struct digest expected = {{1, 2, 3}};
	struct digest digest;

	if (!memo_find(memo, &status, &digest))
		return false;
	assert_true(digest_equal(&digest, &expected));
	return true;
}

static void
note(struct memo *memo, struct stat status, int64_t clock_ns)
{
	static const struct digest digest = {{1, 2, 3}};

	memo_note(memo, &status, clock_ns, &digest);
}

/* git's racy-clean rule: the tick of the last change was over before the file was read. */
static void
test_young_files_are_not_remembered(void **state)
{
	struct fixture *f = *state;
	struct memo *memo = memo_open(f->store);
	const int64_t changed = 1000 * SECOND + 500;
	struct stat mixed = status_of(changed);

	note(memo, status_of(changed), changed - 1);
	assert_false(knows(memo, status_of(changed)));
	note(memo, status_of(changed), changed);
	assert_false(knows(memo, status_of(changed)));
	note(memo, status_of(changed), changed + 1);
	assert_true(knows(memo, status_of(changed)));
	/* mtime may be set to anything; ctime counts as well. */
	mixed.st_ino = 80;
	mixed.st_mtim.tv_sec -= 500;
	note(memo, mixed, changed);
	assert_false(knows(memo, mixed));
	memo_free(memo);
}

static void
test_whole_seconds_take_longer(void **state)
{
	struct fixture *f = *state;
	struct memo *memo = memo_open(f->store);

	note(memo, status_of(1000 * SECOND), 1001 * SECOND);
	assert_false(knows(memo, status_of(1000 * SECOND)));
	note(memo, status_of(1000 * SECOND), 1002 * SECOND + 1);
	assert_true(knows(memo, status_of(1000 * SECOND)));
	memo_free(memo);
}

static void
test_any_difference_forgets(void **state)
{
	struct fixture *f = *state;
	struct memo *memo = memo_open(f->store);
	const struct stat status = status_of(1000 * SECOND + 1);
	struct stat other[6];

	note(memo, status, 2000 * SECOND);
	assert_true(knows(memo, status));
	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		other[i] = status;
	other[0].st_dev++;
	other[1].st_ino++;
	other[2].st_size++;
	other[3].st_mtim.tv_nsec++;
	other[4].st_ctim.tv_nsec++;
	other[5].st_mode = S_IFDIR | 0755;
	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		if (knows(memo, other[i]))
			fail_msg("difference %zu makes none", i);
	memo_free(memo);
}

static void
flip(struct fixture *f, off_t at)
{
	int file = openat(store_directory(f->store), "memo", O_RDWR | O_CLOEXEC);
	char c;

	assert_true(file >= 0);
	assert_int_equal(pread(file, &c, 1, at), 1);
	c ^= 1;
	assert_int_equal(pwrite(file, &c, 1, at), 1);
	(void)close(file);
}

static void
test_it_is_kept_and_a_damaged_one_is_empty(void **state)
{
	struct fixture *f = *state;
	const struct stat status = status_of(1000 * SECOND + 1);
	struct memo *memo = memo_open(f->store);
	struct stat file;

	for (unsigned i = 0; i < 3000; i++) {
		struct stat another = status;

		another.st_ino += i;
		note(memo, another, 2000 * SECOND);
	}
	memo_save(memo);
	memo_free(memo);
	memo = memo_open(f->store);
	for (unsigned i = 0; i < 3000; i++) {
		struct stat another = status;

		another.st_ino += i;
		assert_true(knows(memo, another));
	}
	memo_free(memo);
	assert_int_equal(fstatat(store_directory(f->store), "memo", &file, 0), 0);
	for (off_t at = 0; at < file.st_size; at += 1 + file.st_size / 50) {
		flip(f, at);
		memo = memo_open(f->store);
		assert_false(knows(memo, status));
		memo_free(memo);
		flip(f, at);
	}
	assert_int_equal(truncate(arena_printf(&f->arena, "%s/memo", f->path), 40), 0);
	memo = memo_open(f->store);
	assert_false(knows(memo, status));
	note(memo, status, 2000 * SECOND);
	memo_save(memo);
	memo_free(memo);
	memo = memo_open(f->store);
	assert_true(knows(memo, status));
	memo_free(memo);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_young_files_are_not_remembered),
		TEST(test_whole_seconds_take_longer),
		TEST(test_any_difference_forgets),
		TEST(test_it_is_kept_and_a_damaged_one_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
