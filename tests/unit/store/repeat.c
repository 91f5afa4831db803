/* A run that does as another one did: what it has is read like any other's, and when it may be said. */
#include "fixture.h"

#include "store/cache.h"
#include "store/repeat.h"
#include "store/stats.h"

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

/* A run that was planned with one input: its number 1. */
static struct run_hold
begin(struct fixture *f)
{
	struct run_hold hold = create_run(f);

	append(f, &hold, EVENT_RUN_PLANNED,
		arena_printf(&f->arena,
			"{\"inputs\":[%s],\"plan\":\"%s\",\"steps\":2,\"workflow\":\"w\"}",
			artifact(f, 1, "given", "input"), hex_of(f, put(f, "plan"))));
	append(f, &hold, EVENT_RUN_STARTED, "{}");
	return hold;
}

static void
finish(struct fixture *f, struct run_hold *hold, const char *status)
{
	append(f, hold, EVENT_RUN_FINISHED,
		arena_printf(&f->arena, "{\"status\":\"%s\"}", status));
	must(store_flush(f->store, &f->err));
}

/* Two steps whose outputs another run made: "one" is 2 and "two" 3. */
static struct run_hold
original(struct fixture *f, const char *status)
{
	struct run_hold hold = begin(f);
	char id[UUID_TEXT_SIZE];

	append(f, &hold, EVENT_VISIT_REUSED,
		arena_printf(&f->arena,
			"{\"runs\":[\"%s\"],\"steps\":[{\"i\":0,\"n\":7,\"out\":[%s,%s],"
			"\"step\":\"s\"},{\"i\":1,\"n\":8,\"step\":\"t\"}]}",
			uuid_to_text(&hold.chain.id, id), artifact(f, 2, "a", "one"),
			artifact(f, 3, "b", "two")));
	finish(f, &hold, status);
	return hold;
}

static const char *
alike(struct fixture *f, const struct run_hold *original, unsigned steps, unsigned artifacts)
{
	char id[UUID_TEXT_SIZE];

	return arena_printf(&f->arena,
		"{\"artifacts\":%u,\"first\":2,\"like\":\"%s\",\"steps\":%u}", artifacts,
		uuid_to_text(&original->chain.id, id), steps);
}

static struct repeat_original
describe(struct fixture *f, const struct run_hold *hold)
{
	struct repeat_original repeat = {.steps = 2, .first = 2, .artifacts = 2};

	assert_int_equal(repeat_describe(f->store, hold->chain.run, &repeat, &f->err), 1);
	return repeat;
}

static void
test_what_it_has_is_the_other_one_s(void **state)
{
	struct fixture *f = *state;
	struct run_hold first = original(f, "succeeded");
	struct run_hold second = begin(f);
	struct artifact_filter filter = {.run = second.chain.run};
	struct artifact_row *rows;
	struct visit_row *visits;
	struct store_stats stats;
	struct fsck_report report;
	struct run_row row;
	size_t n;

	append(f, &second, EVENT_VISITS_REUSED, alike(f, &first, 2, 2));
	finish(f, &second, "succeeded");
	must(run_visits(f->store, second.chain.run, &f->arena, &visits, &n, &f->err));
	assert_int_equal(n, 2);
	assert_true(str_is(visits[0].state, "reused") && str_is(visits[1].name, "t"));
	assert_int_equal(visits[0].origin_attempt, 7);
	assert_int_equal(visits[1].step, 1);
	must(artifact_list(f->store, &filter, &f->arena, &rows, &n, &f->err));
	assert_int_equal(n, 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(rows[i].number, i + 1);
		assert_true(uuid_equal(&rows[i].run_id, &second.chain.id));
	}
	assert_true(str_is(rows[0].role, "input") && str_is(rows[2].role, "output"));
	assert_true(str_is(rows[2].producer, "s") && str_is(rows[2].name, "b"));
	row = find_run(f, "@last");
	assert_int_equal(row.reused, 2);
	must(stats_artifacts_by_digest(
		f->store, str_of(hex_of(f, put(f, "two"))), 9, &f->arena, &rows, &n, &f->err));
	assert_int_equal(n, 1);
	assert_true(uuid_equal(&rows[0].run_id, &second.chain.id));
	must(stats_count(f->store, &stats, &f->err));
	report = expect_sound(f, FSCK_OBJECT_BYTES);
	assert_int_equal(stats.artifacts, 6);
	assert_int_equal(report.artifacts, 6);
	run_release(&first);
	run_release(&second);
}

/* Whoever goes on with it numbers what follows behind what it took over. */
static void
test_one_that_was_cut_off_goes_on(void **state)
{
	struct fixture *f = *state;
	struct run_hold first = original(f, "succeeded");
	struct run_hold second = begin(f);

	append(f, &second, EVENT_VISITS_REUSED, alike(f, &first, 2, 2));
	run_release(&second);
	must(run_take(f->store, &second.chain.id, &second, &f->err));
	assert_int_equal(second.next_artifact, 4);
	finish(f, &second, "succeeded");
	(void)expect_sound(f, 0);
	run_release(&first);
	run_release(&second);
}

/* Each leaves the store that cannot be written to any more. */
static void
refuse(void **state, const char *status, unsigned steps, bool of_itself, const char *why)
{
	struct fixture *f = *state;
	struct run_hold first = original(f, status);
	struct run_hold second = begin(f);

	append(f, &second, EVENT_VISITS_REUSED,
		alike(f, of_itself ? &second : &first, steps, 2));
	expect_error(store_flush(f->store, &f->err), ERR_INVALID, why);
	run_release(&first);
	run_release(&second);
}

static void
test_one_that_failed_is_no_example(void **state)
{
	refuse(state, "failed", 2, false, "has not succeeded");
}

static void
test_it_reused_as_many(void **state)
{
	refuse(state, "succeeded", 3, false, "is not how many");
}

static void
test_it_is_another_run(void **state)
{
	refuse(state, "succeeded", 2, true, "has not succeeded");
}

static void
test_it_has_visits_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct run_hold first = original(f, "succeeded");
	struct run_hold second = begin(f);
	struct run_hold third = begin(f);

	append(f, &second, EVENT_VISITS_REUSED, alike(f, &first, 2, 2));
	finish(f, &second, "succeeded");
	append(f, &third, EVENT_VISITS_REUSED, alike(f, &second, 2, 2));
	expect_error(store_flush(f->store, &f->err), ERR_INVALID, "visits of its own");
	run_release(&first);
	run_release(&second);
	run_release(&third);
}

static void
accept(struct fixture *f, const char *key)
{
	struct run_hold hold = begin(f);

	append(f, &hold, EVENT_ATTEMPT_SUBMITTED, "{\"i\":0,\"n\":1,\"step\":\"s\",\"try\":1}");
	append(f, &hold, EVENT_ATTEMPT_ACCEPTED,
		key ? arena_printf(
			      &f->arena, "{\"key\":\"%s\",\"n\":1}", hex_of(f, put(f, key)))
		    : "{\"n\":1}");
	finish(f, &hold, "succeeded");
	run_release(&hold);
}

static void
test_it_holds_until_a_key_is_answered_anew(void **state)
{
	struct fixture *f = *state;
	struct run_hold first = original(f, "succeeded");
	struct repeat_original repeat = describe(f, &first);
	struct repeat_original other = repeat;
	uint64_t n;

	assert_int_equal(repeat_holds(f->store, &repeat, &f->err), 1);
	accept(f, NULL);
	assert_int_equal(repeat_holds(f->store, &repeat, &f->err), 1);
	other.hash.bytes[0] ^= 1;
	assert_int_equal(repeat_holds(f->store, &other, &f->err), 0);
	other = repeat;
	other.artifacts++;
	assert_int_equal(repeat_holds(f->store, &other, &f->err), 0);
	other = repeat;
	other.n_large++;
	assert_int_equal(repeat_holds(f->store, &other, &f->err), 0);
	accept(f, "key");
	assert_int_equal(repeat_holds(f->store, &repeat, &f->err), 0);
	repeat = describe(f, &first);
	assert_int_equal(repeat_holds(f->store, &repeat, &f->err), 0);
	run_release(&first);
	first = original(f, "succeeded");
	repeat = describe(f, &first);
	assert_int_equal(repeat_holds(f->store, &repeat, &f->err), 1);
	must(cache_clear(f->store, &n, &f->err));
	assert_int_equal(repeat_holds(f->store, &repeat, &f->err), 0);
	run_release(&first);
}

static void
test_what_did_something_else_is_no_example(void **state)
{
	struct fixture *f = *state;
	struct run_hold hold = begin(f);
	struct repeat_original repeat = {.steps = 1, .first = 2};

	append(f, &hold, EVENT_ATTEMPT_SUBMITTED, "{\"i\":0,\"n\":1,\"step\":\"s\",\"try\":1}");
	append(f, &hold, EVENT_ATTEMPT_ACCEPTED, "{\"n\":1}");
	finish(f, &hold, "succeeded");
	assert_int_equal(repeat_describe(f->store, hold.chain.run, &repeat, &f->err), 0);
	assert_int_equal(repeat_describe(f->store, 77, &repeat, &f->err), 0);
	run_release(&hold);
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
}

static void
test_it_holds_while_the_bytes_are_there(void **state)
{
	struct fixture *f = *state;
	struct run_hold first = original(f, "succeeded");
	struct repeat_original repeat = describe(f, &first);

	run_release(&first);
	change(f,
		"UPDATE objects SET bytes=CAST('tow' AS BLOB) WHERE bytes=CAST('two' AS BLOB)");
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	assert_int_equal(repeat_holds(f->store, &repeat, &f->err), 0);
}

/* What is in no format but this one's. */
static void
test_a_store_of_format_2_learns_it(void **state)
{
	struct fixture *f = *state;
	struct run_hold first = original(f, "succeeded");
	struct run_hold second;

	run_release(&first);
	change(f,
		"DROP VIEW every_visit; DROP VIEW every_artifact; DROP TABLE repeats;"
		"PRAGMA user_version=2");
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	second = begin(f);
	append(f, &second, EVENT_VISITS_REUSED, alike(f, &first, 2, 2));
	finish(f, &second, "succeeded");
	assert_int_equal(find_run(f, "@last").reused, 2);
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
	run_release(&second);
}

static void
test_fsck_compares_it(void **state)
{
	struct fixture *f = *state;
	struct run_hold first = original(f, "succeeded");
	struct run_hold second = begin(f);
	struct fsck_report report;

	append(f, &second, EVENT_VISITS_REUSED, alike(f, &first, 2, 2));
	finish(f, &second, "succeeded");
	run_release(&first);
	run_release(&second);
	change(f, "UPDATE repeats SET artifacts=1");
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	must(fsck_run(f->store, 0, &f->arena, &report, &f->err));
	assert_true(report.n_findings > 0);
	assert_true(str_is(report.findings[0].invariant, "I3"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_it_has_is_the_other_one_s),
		TEST(test_one_that_was_cut_off_goes_on),
		TEST(test_one_that_failed_is_no_example),
		TEST(test_it_reused_as_many),
		TEST(test_it_is_another_run),
		TEST(test_it_has_visits_of_its_own),
		TEST(test_it_holds_until_a_key_is_answered_anew),
		TEST(test_what_did_something_else_is_no_example),
		TEST(test_it_holds_while_the_bytes_are_there),
		TEST(test_a_store_of_format_2_learns_it),
		TEST(test_fsck_compares_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
