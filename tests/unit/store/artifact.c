/* Artifacts of a type: what an id means, what was rejected, and stores that knew neither. */
#include "fixture.h"

#include "store/artifact.h"

#include <sqlite3.h>

static const char *
hex_of(struct fixture *f, struct digest digest)
{
	char hex[DIGEST_HEX_SIZE];

	return arena_cstr(&f->arena, str_of(digest_to_hex(&digest, hex)));
}

/* {"artifact", …} with a type where schema is not NULL. */
static const char *
artifact(struct fixture *f, unsigned number, const char *name, const char *schema)
{
	const char *bytes = hex_of(f, put(f, name));

	if (!schema)
		return arena_printf(&f->arena,
			"{\"artifact\":%u,\"kind\":\"json\",\"name\":\"%s\",\"sha256\":\"%s\","
			"\"size\":%zu,\"type\":\"\"}",
			number, name, bytes, strlen(name));
	return arena_printf(&f->arena,
		"{\"artifact\":%u,\"kind\":\"json\",\"name\":\"%s\",\"schema\":\"%s\","
		"\"sha256\":"
		"\"%s\",\"size\":%zu,\"type\":\"s.v1\"}",
		number, name, schema, bytes, strlen(name));
}

static void
submit(struct fixture *f, struct run_hold *hold, unsigned n)
{
	append(f, hold, EVENT_ATTEMPT_SUBMITTED,
		arena_printf(&f->arena, "{\"i\":0,\"n\":%u,\"step\":\"s\",\"try\":%u}", n, n));
}

/* A rejected attempt, then an accepted one with a type, then one with other bytes for it. */
static void
fill(struct fixture *f, struct digest *ret_first)
{
	struct run_hold hold = create_run(f);
	struct digest second = put(f, "schema two");
	const char *first;

	*ret_first = put(f, "schema one");
	first = hex_of(f, *ret_first);
	append(f, &hold, EVENT_RUN_STARTED, "{}");
	submit(f, &hold, 1);
	append(f, &hold, EVENT_ATTEMPT_REJECTED,
		arena_printf(&f->arena,
			"{\"class\":\"schema\",\"errors\":%s,\"message\":\"m\",\"n\":1,\"out\":"
			"[%s],"
			"\"until\":1,\"v\":2}",
			artifact(f, 2, "errors", NULL),
			artifact(f, 1, "o", hex_of(f, second))));
	submit(f, &hold, 2);
	append(f, &hold, EVENT_ATTEMPT_ACCEPTED,
		arena_printf(&f->arena, "{\"n\":2,\"out\":[%s]}", artifact(f, 3, "o", first)));
	submit(f, &hold, 3);
	append(f, &hold, EVENT_ATTEMPT_ACCEPTED,
		arena_printf(&f->arena, "{\"n\":3,\"out\":[%s]}",
			artifact(f, 4, "p", hex_of(f, second))));
	must(store_flush(f->store, &f->err));
	run_release(&hold);
}

static void
check(struct fixture *f, const struct digest *first)
{
	const struct artifact_filter filter = {.run = -1, .with_rejected = true};
	struct artifact_row *rows;
	struct digest found;
	struct uuid run;
	size_t n;

	must(artifact_list(f->store, &filter, &f->arena, &rows, &n, &f->err));
	assert_int_equal(n, 4);
	assert_true(str_is(rows[0].role, "rejected") && str_is(rows[1].role, "rejected"));
	assert_true(str_is(rows[1].name, "errors") && rows[1].attempt == 1);
	assert_true(str_is(rows[1].producer, "s") && str_is(rows[1].producer_kind, "system"));
	assert_true(str_is(rows[2].role, "output") && rows[2].has_schema);
	assert_true(digest_equal(&rows[2].schema, first));
	assert_false(digest_equal(&rows[3].schema, first));
	/* What was rejected says nothing about its type, and who comes second changes nothing. */
	assert_int_equal(artifact_type_find(f->store, STR("s.v1"), &found, &run, &f->err), 1);
	assert_true(digest_equal(&found, first));
	assert_int_equal(artifact_type_find(f->store, STR("s.v2"), &found, &run, &f->err), 0);
}

static void
test_the_first_artifact_says_what_an_id_means(void **state)
{
	struct fixture *f = *state;
	struct digest first;

	fill(f, &first);
	check(f, &first);
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
}

static void
change(struct fixture *f, const char *sql)
{
	sqlite3 *db;

	store_close(f->store);
	f->store = NULL;
	assert_int_equal(
		sqlite3_open(arena_printf(&f->arena, "%s/lily.db", f->path), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Format 1 had the same events; what they mean is folded again. */
static void
test_a_store_of_format_1_learns_it(void **state)
{
	struct fixture *f = *state;
	struct digest first;
	struct stat status;

	fill(f, &first);
	change(f,
		"DROP VIEW every_visit; DROP VIEW every_artifact; DROP TABLE repeats;"
		"DROP TABLE schemas; ALTER TABLE artifacts DROP COLUMN schema;"
		"PRAGMA user_version=1");
	expect_error(
		store_open(f->path, STORE_READ, &f->store, &f->err), ERR_INVALID, "older lily");
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	check(f, &first);
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
	assert_int_equal(
		stat(arena_printf(&f->arena, "%s/lily.db.format-1", f->path), &status), 0);
}

static void
test_fsck_compares_it(void **state)
{
	struct fixture *f = *state;
	struct fsck_report report;
	struct digest first;

	fill(f, &first);
	change(f, "UPDATE schemas SET object=(SELECT schema FROM artifacts WHERE number=4)");
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	must(fsck_run(f->store, 0, &f->arena, &report, &f->err));
	assert_int_equal(report.n_findings > 0, 1);
	assert_true(str_is(report.findings[0].invariant, "I3"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_the_first_artifact_says_what_an_id_means,
			fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_a_store_of_format_1_learns_it, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_fsck_compares_it, fixture_open, fixture_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
