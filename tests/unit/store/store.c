#include "fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>

static sqlite3 *
open_database(struct fixture *f)
{
	sqlite3 *db;

	assert_int_equal(
		sqlite3_open(arena_printf(&f->arena, "%s/lily.db", f->path), &db), SQLITE_OK);
	return db;
}

static void
change_database(struct fixture *f, const char *sql)
{
	sqlite3 *db = open_database(f);
	char *message = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
test_opening(void **state)
{
	struct fixture *f = *state;
	struct stat status;
	struct store *other;

	expect_error(
		store_open(f->path, STORE_READ, &f->store, &f->err), ERR_NOT_FOUND, f->path);
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	assert_string_equal(store_path(f->store), f->path);
	must(store_open(f->path, STORE_READ, &other, &f->err));
	store_close(other);
	must(store_open(f->path, STORE_WRITE, &other, &f->err));
	store_close(other);
	assert_int_equal(stat(arena_printf(&f->arena, "%s/lily.db", f->path), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(stat(f->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	must(store_flush(f->store, &f->err));
	assert_int_equal(store_submitted(f->store), 0);
	(void)put(f, "x");
	assert_int_equal(store_submitted(f->store), 1);
	must(store_flush(f->store, &f->err));
	assert_int_equal(store_durable(f->store), 1);
}

static void
test_a_newer_version_is_refused(void **state)
{
	struct fixture *f = *state;

	store_close(f->store);
	f->store = NULL;
	change_database(f, "PRAGMA user_version=6");
	expect_error(store_open(f->path, STORE_WRITE, &f->store, &f->err), ERR_INVALID,
		"made by a newer lily");
	expect_error(store_open(f->path, STORE_READ, &f->store, &f->err), ERR_INVALID,
		"made by a newer lily");
}

static void
test_what_is_no_store_is_refused(void **state)
{
	struct fixture *f = *state;

	must(dir_make_all(AT_FDCWD, f->path, 0700, &f->err));
	change_database(f, "CREATE TABLE somebody(x)");
	expect_error(store_open(f->path, STORE_WRITE, &f->store, &f->err), ERR_INVALID,
		"not one of lily's");
	must(file_replace(AT_FDCWD, arena_printf(&f->arena, "%s/lily.db", f->path),
		STR("this is not a database at all, whatever its name may say; not at all"),
		0600, FILE_NO_SYNC, &f->err));
	expect_error(
		store_open(f->path, STORE_WRITE, &f->store, &f->err), ERR_CORRUPT, "damaged");
}

/* Format 0: the truth of today, other tables of the fold. */
static void
test_an_older_version_is_migrated(void **state)
{
	struct fixture *f = *state;
	struct run_hold hold = create_run(f);
	struct store *reader;
	struct run_row before;
	struct run_row after;
	struct stat status;

	append(f, &hold, EVENT_RUN_STARTED, "{}");
	for (unsigned i = 0; i < 50; i++)
		run_step(f, &hold, i);
	run_release(&hold);
	before = find_run(f, "@last");
	store_close(f->store);
	f->store = NULL;
	change_database(f,
		"DROP TABLE runs; DROP TABLE visits; DROP TABLE attempts;"
		"CREATE TABLE runs(number INTEGER PRIMARY KEY, name TEXT);"
		"INSERT INTO runs VALUES(1, 'old'); PRAGMA user_version=0");
	expect_error(
		store_open(f->path, STORE_READ, &reader, &f->err), ERR_INVALID, "older lily");
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	after = find_run(f, "@last");
	assert_int_equal(after.succeeded, 50);
	assert_int_equal(after.seq, before.seq);
	assert_memory_equal(after.head.bytes, before.head.bytes, DIGEST_SIZE);
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
	assert_int_equal(
		stat(arena_printf(&f->arena, "%s/lily.db.format-0", f->path), &status), 0);
	/* Goes on like any other. */
	must(run_take(f->store, &after.id, &hold, &f->err));
	run_step(f, &hold, 50);
	run_release(&hold);
	(void)expect_sound(f, 0);
}

enum { EVENTS = 2000 };

static void
append_many(const char *path)
{
	struct run_create_spec spec = {.kind = "start"};
	struct err err = ERR_INIT;
	struct run_hold hold;
	struct store *store;
	int r = store_open(path, STORE_WRITE, &store, &err);

	if (r == 0)
		r = run_create(store, &spec, &hold, NULL, &err);
	for (unsigned i = 1; r == 0 && i < EVENTS; i++) {
		r = event_append(store, &hold.chain, EVENT_RUN_RESUMED, clock_utc_us(),
			STR("{\"pid\":1}"), NULL, &err);
		if (r == 0 && i % 20 == 0)
			r = store_flush(store, &err);
	}
	if (r == 0)
		r = store_flush(store, &err);
	if (r < 0) {
		(void)fprintf(stderr, "child: %s\n", err.message);
		_exit(1);
	}
	run_release(&hold);
	store_close(store);
	_exit(0);
}

/* Neither is told that the database is busy, and both get their turns: of any stretch of 1000
 * events in the middle, each has written at least a tenth. */
static void
test_two_processes_append(void **state)
{
	struct fixture *f = *state;
	pid_t children[2];
	struct event_reader *reader;
	struct event event;
	unsigned of_first = 0;
	unsigned n = 0;

	for (size_t i = 0; i < 2; i++) {
		children[i] = fork();
		if (children[i] == 0)
			append_many(f->path);
	}
	for (size_t i = 0; i < 2; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	assert_int_equal(expect_sound(f, 0).events, 2 * EVENTS);
	must(event_reader_open(f->store, -1, 0, &reader, &f->err));
	while (event_reader_next(reader, &event, &f->err) > 0) {
		n++;
		if (n > 1500 && n <= 2500)
			of_first += event.run == 1;
	}
	event_reader_close(reader);
	assert_in_range(of_first, 100, 900);
}

static void
write_for_ever(const char *path, int told)
{
	struct run_create_spec spec = {.kind = "start"};
	struct fixture child = {0};
	struct fixture *f = &child;
	struct run_hold hold;

	if (store_open(path, STORE_WRITE, &child.store, NULL) < 0 ||
		run_create(child.store, &spec, &hold, NULL, NULL) < 0)
		_exit(1);
	for (uint32_t i = 0;; i++) {
		char *large = calloc(1, 20000);
		struct digest digest;
		uint64_t durable[2];

		run_step(f, &hold, i);
		(void)snprintf(large, 20000, "%d %u", (int)getpid(), i);
		(void)object_put(child.store, str_of(large), &digest, NULL);
		if (i % 7 == 0)
			(void)object_put(
				child.store, (struct str){large, 20000}, &digest, NULL);
		free(large);
		if (i % 13)
			continue;
		/* What was said to be durable must be found: the events are told with it. */
		durable[1] = hold.chain.seq;
		if (store_flush(child.store, NULL) < 0)
			_exit(2);
		durable[0] = (uint64_t)hold.chain.run;
		if (write(told, durable, sizeof(durable)) != sizeof(durable))
			_exit(3);
	}
}

static void
test_killed_at_any_instant(void **state)
{
	struct fixture *f = *state;

	for (unsigned round = 0; round < 30; round++) {
		uint64_t durable[2] = {0, 0};
		struct run_row row;
		int pipes[2];
		int status;
		pid_t child;

		assert_int_equal(pipe(pipes), 0);
		child = fork();
		if (child == 0)
			write_for_ever(f->path, pipes[1]);
		(void)close(pipes[1]);
		(void)usleep(2000 + round * 3777 % 60000);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		while (read(pipes[0], durable, sizeof(durable)) == sizeof(durable))
			;
		(void)close(pipes[0]);
		must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
		/* I1 to I4, the prefix property among them: events without gaps. */
		(void)expect_sound(f, FSCK_OBJECT_BYTES);
		if (durable[0]) {
			row = find_run(f, "@last");
			assert_int_equal(row.number, durable[0]);
			assert_true(row.seq >= durable[1]);
			assert_false(row.held);
		}
		store_close(f->store);
		f->store = NULL;
		arena_reset(&f->arena);
	}
}

/* On a disk that fills up: one clear message, nothing lost, and it goes on once there is room. */
static void
test_full_disk(void **state)
{
	struct fixture *f = *state;
	struct run_hold hold;
	struct run_row row;
	const char *ballast = arena_printf(&f->arena, "%s/ballast", f->dir);
	char *bytes = calloc(1, 4 << 20);
	struct digest digest;
	uint64_t durable;
	int r = 0;

	assert_non_null(bytes);
	if (mount("tmpfs", f->dir, "tmpfs", 0, "size=8m") != 0) {
		(void)fprintf(
			stderr, "full disk: skipped, needs root to mount a small tmpfs\n");
		free(bytes);
		skip();
	}
	must(file_replace(
		AT_FDCWD, ballast, (struct str){bytes, 4 << 20}, 0600, FILE_NO_SYNC, &f->err));
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	hold = create_run(f);
	must(store_flush(f->store, &f->err));
	for (unsigned i = 0; i < 3000 && r == 0; i++) {
		(void)snprintf(bytes, 4096, "%u", i);
		r = object_put(f->store, (struct str){bytes, 4096}, &digest, &f->err);
		if (r == 0)
			r = event_append(f->store, &hold.chain, EVENT_RUN_RESUMED, 1, STR("{}"),
				NULL, &f->err);
		if (r == 0 && i % 50 == 0)
			r = store_flush(f->store, &f->err);
	}
	assert_int_equal(r, ERR_SYS);
	assert_int_equal(f->err.sys_errno, ENOSPC);
	assert_non_null(strstr(f->err.message, "free space"));
	assert_non_null(strstr(f->err.message, f->path));
	durable = store_durable(f->store);
	run_release(&hold);
	store_close(f->store);
	f->store = NULL;
	assert_int_equal(unlink(ballast), 0);
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
	row = find_run(f, "@last");
	assert_true(row.seq >= durable / 2);
	must(run_take(f->store, &row.id, &hold, &f->err));
	run_step(f, &hold, 1);
	run_release(&hold);
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
	store_close(f->store);
	f->store = NULL;
	assert_int_equal(umount(f->dir), 0);
	free(bytes);
}

static off_t
wal_size(const struct fixture *f)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct stat status;

	return stat(arena_printf(&arena, "%s/lily.db-wal", f->path), &status) == 0
		? status.st_size
		: 0;
}

/* A short one is quicker read by the next process than carried over by this one. */
static void
test_a_short_wal_stays(void **state)
{
	struct fixture *f = *state;
	char text[32];

	(void)put(f, "little");
	store_close(f->store);
	assert_true(wal_size(f) > 0);
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	for (int i = 0; i < 200; i++) {
		(void)snprintf(text, sizeof(text), "object %d", i);
		(void)put(f, text);
		must(store_flush(f->store, &f->err));
	}
	store_close(f->store);
	assert_int_equal(wal_size(f), 0);
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
}

/* A medium that cannot be written any more is still read; nobody pretends to write it. */
static void
test_read_only_medium(void **state)
{
	struct fixture *f = *state;
	struct run_hold hold;
	AUTO_BUF struct buf bytes = BUF_INIT(64);
	struct digest digest;

	if (mount("tmpfs", f->dir, "tmpfs", 0, "size=8m") != 0) {
		(void)fprintf(
			stderr, "read-only medium: skipped, needs root to mount a tmpfs\n");
		skip();
	}
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	digest = put(f, "kept");
	hold = create_run(f);
	run_release(&hold);
	store_close(f->store);
	f->store = NULL;
	assert_int_equal(mount(NULL, f->dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	expect_error(store_open(f->path, STORE_WRITE, &f->store, &f->err), ERR_SYS, f->path);
	assert_int_equal(f->err.sys_errno, EROFS);
	must(store_open(f->path, STORE_READ, &f->store, &f->err));
	must(object_get(f->store, &digest, &bytes, &f->err));
	assert_string_equal(buf_cstr(&bytes), "kept");
	assert_true(str_is(find_run(f, "@last").status, "created"));
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
	store_close(f->store);
	f->store = NULL;
	assert_int_equal(umount(f->dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_opening, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_a_newer_version_is_refused, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_what_is_no_store_is_refused, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_an_older_version_is_migrated, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_two_processes_append, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_killed_at_any_instant, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_full_disk, fixture_open_dir, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_a_short_wal_stays, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_read_only_medium, fixture_open_dir, fixture_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
