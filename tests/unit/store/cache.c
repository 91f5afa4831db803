/* The cache: entries are made by attempt.accepted, found by key, and promise nothing about bytes. */
#include "fixture.h"

#include "store/cache.h"

#include <sqlite3.h>

static const char *
hex_of(struct fixture *f, struct digest digest)
{
	char hex[DIGEST_HEX_SIZE];

	return arena_cstr(&f->arena, str_of(digest_to_hex(&digest, hex)));
}

static const char *
artifact(struct fixture *f, unsigned number, const char *name, const char *bytes)
{
	return arena_printf(&f->arena,
		"{\"artifact\":%u,\"kind\":\"file\",\"name\":\"%s\",\"sha256\":\"%s\","
		"\"size\":%zu,\"type\":\"\"}",
		number, name, hex_of(f, put(f, bytes)), strlen(bytes));
}

/* Attempt n of a step with a key. */
static void
submit(struct fixture *f, struct run_hold *hold, unsigned n, struct digest key)
{
	append(f, hold, EVENT_ATTEMPT_SUBMITTED,
		arena_printf(&f->arena,
			"{\"i\":%u,\"key\":\"%s\",\"n\":%u,\"step\":\"s%u\",\"try\":1}", n,
			hex_of(f, key), n, n));
}

static int
find(struct fixture *f, struct digest key, struct cache_entry *ret_entry)
{
	struct digest damaged;

	must(store_flush(f->store, &f->err));
	must(cache_refresh(f->store, &f->err));
	return cache_find(f->store, &key, &f->arena, ret_entry, &damaged, &f->err);
}

static void
accept(struct fixture *f, struct run_hold *hold, unsigned n, struct digest key)
{
	append(f, hold, EVENT_ATTEMPT_ACCEPTED,
		arena_printf(&f->arena, "{\"key\":\"%s\",\"n\":%u,\"out\":[%s,%s]}",
			hex_of(f, key), n, artifact(f, 2 * n - 1, "a", "one"),
			artifact(f, 2 * n, "b", "two")));
}

static void
test_only_what_was_accepted_is_found(void **state)
{
	struct fixture *f = *state;
	struct run_hold hold = create_run(f);
	struct digest key = put(f, "key one");
	struct digest other = put(f, "key two");
	struct cache_entry entry;

	append(f, &hold, EVENT_RUN_STARTED, "{}");
	submit(f, &hold, 1, key);
	assert_int_equal(find(f, key, &entry), 0);
	append(f, &hold, EVENT_ATTEMPT_REJECTED,
		"{\"class\":\"exit\",\"message\":\"m\",\"n\":1}");
	assert_int_equal(find(f, key, &entry), 0);
	submit(f, &hold, 2, key);
	accept(f, &hold, 2, key);
	assert_int_equal(find(f, key, &entry), 1);
	assert_int_equal(entry.attempt, 2);
	assert_true(memcmp(&entry.run_id, &hold.chain.id, sizeof(entry.run_id)) == 0);
	assert_int_equal(entry.n_outputs, 2);
	assert_true(str_is(entry.outputs[1].name, "b") && entry.outputs[1].is_whole);
	assert_int_equal(entry.outputs[0].size, 3);
	/* The newest one counts. */
	submit(f, &hold, 3, key);
	accept(f, &hold, 3, key);
	assert_int_equal(find(f, key, &entry), 1);
	assert_int_equal(entry.attempt, 3);
	assert_int_equal(find(f, other, &entry), 0);
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
	run_release(&hold);
}

static void
test_clearing_is_a_fact(void **state)
{
	struct fixture *f = *state;
	struct run_hold hold = create_run(f);
	struct digest key = put(f, "key");
	struct cache_entry entry;
	struct cache_stats stats;
	uint64_t n = 0;

	append(f, &hold, EVENT_RUN_STARTED, "{}");
	submit(f, &hold, 1, key);
	accept(f, &hold, 1, key);
	must(store_flush(f->store, &f->err));
	must(cache_stat(f->store, &stats, &f->err));
	assert_int_equal(stats.entries, 1);
	assert_int_equal(stats.outputs, 2);
	assert_int_equal(stats.bytes, 6);
	must(cache_clear(f->store, &n, &f->err));
	assert_int_equal(n, 1);
	assert_int_equal(find(f, key, &entry), 0);
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
	run_release(&hold);
	reopen(f);
	assert_int_equal(find(f, key, &entry), 0);
}

static void
test_a_reused_visit_has_its_artifacts(void **state)
{
	struct fixture *f = *state;
	struct run_hold first = create_run(f);
	struct run_hold second = create_run(f);
	struct artifact_filter filter = {.run = second.chain.run};
	struct digest key = put(f, "key");
	struct artifact_row *rows;
	struct visit_row *visits;
	struct run_row row;
	char id[UUID_TEXT_SIZE];
	size_t n;

	append(f, &first, EVENT_RUN_STARTED, "{}");
	submit(f, &first, 1, key);
	accept(f, &first, 1, key);
	append(f, &second, EVENT_RUN_STARTED, "{}");
	append(f, &second, EVENT_VISIT_REUSED,
		arena_printf(&f->arena,
			"{\"runs\":[\"%s\"],\"steps\":[{\"i\":0,\"n\":1,\"out\":[%s],\"step\":"
			"\"s\"},{\"i\":4,\"n\":1,\"step\":\"t\"}]}",
			uuid_to_text(&first.chain.id, id), artifact(f, 1, "a", "one")));
	must(store_flush(f->store, &f->err));
	must(artifact_list(f->store, &filter, &f->arena, &rows, &n, &f->err));
	assert_int_equal(n, 1);
	assert_true(str_is(rows[0].role, "output") && str_is(rows[0].producer, "s"));
	must(run_visits(f->store, second.chain.run, &f->arena, &visits, &n, &f->err));
	assert_int_equal(n, 2);
	assert_true(str_is(visits[1].state, "reused") && visits[1].step == 4);
	assert_int_equal(visits[0].origin_attempt, 1);
	assert_true(memcmp(&visits[0].origin, &first.chain.id, sizeof(struct uuid)) == 0);
	must(run_find(f->store, str_of(uuid_to_text(&second.chain.id, id)), &f->arena, &row,
		&f->err));
	assert_int_equal(row.reused, 2);
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
	run_release(&first);
	run_release(&second);
}

static void
change(struct fixture *f, const char *sql)
{
	char path[128];
	sqlite3 *db;

	store_close(f->store);
	f->store = NULL;
	(void)snprintf(path, sizeof(path), "%s/lily.db", f->path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
}

/* What is damaged is never handed out, and is whole again once it was made again. */
static void
test_damage_is_found_and_mended(void **state)
{
	struct fixture *f = *state;
	struct run_hold hold = create_run(f);
	struct digest key = put(f, "key");
	struct cache_entry entry;
	struct digest damaged;
	struct digest one;

	append(f, &hold, EVENT_RUN_STARTED, "{}");
	submit(f, &hold, 1, key);
	accept(f, &hold, 1, key);
	must(store_flush(f->store, &f->err));
	run_release(&hold);
	change(f,
		"UPDATE objects SET bytes=CAST('oen' AS BLOB) WHERE bytes=CAST('one' AS BLOB)");
	must(cache_refresh(f->store, &f->err));
	expect_error(cache_find(f->store, &key, &f->arena, &entry, &damaged, &f->err),
		ERR_CORRUPT, "output a is damaged");
	digest_of("one", 3, &one);
	assert_true(digest_equal(&damaged, &one));
	assert_int_equal(object_check(f->store, &one, 0, NULL, &f->err), 0);
	(void)put(f, "one");
	must(store_flush(f->store, &f->err));
	assert_int_equal(find(f, key, &entry), 1);
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
}

/* Entry n of many, with n % 3 outputs. */
static void
accept_one(struct fixture *f, struct run_hold *hold, unsigned n, unsigned *artifacts)
{
	struct digest key = put(f, arena_printf(&f->arena, "key %u", n));
	AUTO_BUF struct buf out = BUF_INIT(4096);

	for (unsigned i = 0; i < n % 3; i++)
		buf_printf(&out, "%s%s", i ? "," : "",
			artifact(f, ++*artifacts, i ? "b" : "a",
				arena_printf(&f->arena, "output %u of %u", i, n)));
	submit(f, hold, n, key);
	append(f, hold, EVENT_ATTEMPT_ACCEPTED,
		arena_printf(&f->arena, "{\"key\":\"%s\",\"n\":%u%s%s%s}", hex_of(f, key), n,
			out.n ? ",\"out\":[" : "", buf_cstr(&out), out.n ? "]" : ""));
}

static void
look_for(struct fixture *f, unsigned n)
{
	struct digest key = put(f, arena_printf(&f->arena, "key %u", n));
	struct cache_entry entry;
	struct digest damaged;

	assert_int_equal(cache_find(f->store, &key, &f->arena, &entry, &damaged, &f->err), 1);
	assert_int_equal(entry.attempt, n);
	assert_int_equal(entry.n_outputs, n % 3);
	for (unsigned i = 0; i < n % 3; i++) {
		const char *bytes = arena_printf(&f->arena, "output %u of %u", i, n);
		struct digest digest;

		digest_of(bytes, strlen(bytes), &digest);
		assert_true(str_is(entry.outputs[i].name, i ? "b" : "a"));
		assert_true(digest_equal(&entry.outputs[i].digest, &digest));
	}
}

/* In whatever order entries are asked for, within a batch or not, each is what it is. */
static void
test_reading_ahead_changes_nothing(void **state)
{
	enum { MANY = 700 };
	struct fixture *f = *state;
	struct run_hold hold = create_run(f);
	struct digest none = put(f, "no key");
	struct cache_entry entry;
	struct digest damaged;
	unsigned artifacts = 0;

	append(f, &hold, EVENT_RUN_STARTED, "{}");
	for (unsigned n = 1; n <= MANY; n++)
		accept_one(f, &hold, n, &artifacts);
	must(store_flush(f->store, &f->err));
	must(cache_refresh(f->store, &f->err));
	for (unsigned turn = 0; turn < 4; turn++) {
		if (turn != 3)
			store_reading_begin(f->store);
		for (unsigned i = 0; i < MANY; i++)
			look_for(f,
				turn == 0           ? i + 1
					: turn == 1 ? MANY - i
						    : i * 367 % MANY + 1);
		assert_int_equal(
			cache_find(f->store, &none, &f->arena, &entry, &damaged, &f->err), 0);
		store_reading_end(f->store);
	}
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
	run_release(&hold);
}

/* What was read ahead before is not what a later batch goes by. */
static void
test_a_batch_sees_what_was_cleared_before_it(void **state)
{
	struct fixture *f = *state;
	struct run_hold hold = create_run(f);
	unsigned artifacts = 0;
	struct cache_entry entry;
	struct digest damaged;
	struct digest key;
	uint64_t cleared;

	append(f, &hold, EVENT_RUN_STARTED, "{}");
	for (unsigned n = 1; n <= 20; n++)
		accept_one(f, &hold, n, &artifacts);
	must(store_flush(f->store, &f->err));
	must(cache_refresh(f->store, &f->err));
	store_reading_begin(f->store);
	for (unsigned n = 1; n <= 10; n++)
		look_for(f, n);
	store_reading_end(f->store);
	must(cache_clear(f->store, &cleared, &f->err));
	assert_int_equal(cleared, 20);
	store_reading_begin(f->store);
	key = put(f, "key 11");
	assert_int_equal(cache_find(f->store, &key, &f->arena, &entry, &damaged, &f->err), 0);
	store_reading_end(f->store);
	run_release(&hold);
}

/* A batch looks at the tables as they were, but no object that was put since is missed. */
static void
test_a_batch_finds_objects_put_meanwhile(void **state)
{
	struct fixture *f = *state;
	AUTO_BUF struct buf bytes = BUF_INIT(1 << 20);
	char *large = memset(malloc(40001), 'y', 40000);
	struct digest digest;

	large[40000] = '\0';
	store_reading_begin(f->store);
	digest = put(f, "before");
	must(store_flush(f->store, &f->err));
	must(object_get(f->store, &digest, &bytes, &f->err));
	/* Of what is in files memory has nothing. */
	digest = put(f, large);
	must(object_get(f->store, &digest, &bytes, &f->err));
	assert_int_equal(object_exists(f->store, &digest, &f->err), 1);
	digest_of("never", 5, &digest);
	assert_int_equal(object_exists(f->store, &digest, &f->err), 0);
	store_reading_end(f->store);
	assert_int_equal(bytes.n, 40006);
	free(large);
}

/* Likewise for an object that is a file, and for one in a directory. */
static void
test_files_are_mended(void **state)
{
	struct fixture *f = *state;
	char *large = memset(malloc(40001), 'x', 40000);
	char hex[DIGEST_HEX_SIZE];
	char path[256];
	struct digest digest;

	large[40000] = '\0';
	digest = put(f, large);
	must(store_flush(f->store, &f->err));
	assert_int_equal(object_check(f->store, &digest, 0, NULL, &f->err), 1);
	(void)digest_to_hex(&digest, hex);
	(void)snprintf(path, sizeof(path), "%s/objects/%.2s/%s", f->path, hex, hex + 2);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(object_check(f->store, &digest, 0, NULL, &f->err), 0);
	(void)put(f, large);
	must(store_flush(f->store, &f->err));
	assert_int_equal(object_check(f->store, &digest, 0, NULL, &f->err), 1);
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
	free(large);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
	const struct CMUnitTest tests[] = {
		TEST(test_only_what_was_accepted_is_found),
		TEST(test_clearing_is_a_fact),
		TEST(test_a_reused_visit_has_its_artifacts),
		TEST(test_damage_is_found_and_mended),
		TEST(test_files_are_mended),
		TEST(test_reading_ahead_changes_nothing),
		TEST(test_a_batch_sees_what_was_cleared_before_it),
		TEST(test_a_batch_finds_objects_put_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
