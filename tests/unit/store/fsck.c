#include "fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* A run that ended, with a log, an artifact, a failure and a blocked step; and one that goes on. */
static void
fill(struct fixture *f)
{
	struct run_hold hold = create_run(f);
	struct digest log = put(f, "log");
	char hex[DIGEST_HEX_SIZE];
	char text[512];

	append(f, &hold, EVENT_RUN_STARTED, "{}");
	run_step(f, &hold, 0);
	append(f, &hold, EVENT_ATTEMPT_SUBMITTED, "{\"i\":1,\"n\":2,\"step\":\"b\",\"try\":1}");
	(void)snprintf(text, sizeof(text),
		"{\"exit\":1,\"log\":{\"sha256\":\"%s\",\"size\":3,\"stderr\":1,\"stdout\":2},"
		"\"n\":2}",
		digest_to_hex(&log, hex));
	append(f, &hold, EVENT_ATTEMPT_ENDED, text);
	append(f, &hold, EVENT_ATTEMPT_REJECTED,
		"{\"class\":\"exit\",\"message\":\"it failed\",\"n\":2}");
	append(f, &hold, EVENT_VISIT_BLOCKED,
		"{\"by\":\"b\",\"steps\":[{\"i\":2,\"step\":\"c\"},{\"i\":3,\"step\":\"d\"}]}");
	(void)snprintf(text, sizeof(text),
		"{\"artifact\":1,\"kind\":\"text\",\"name\":\"x\",\"producer\":\"cli\","
		"\"producer_kind\":\"human\",\"sha256\":\"%s\",\"size\":3,\"type\":\"\"}",
		hex);
	append(f, &hold, EVENT_ARTIFACT_PUT, text);
	append(f, &hold, EVENT_RUN_FINISHED, "{\"status\":\"failed\"}");
	run_release(&hold);
	hold = create_run(f);
	append(f, &hold, EVENT_RUN_STARTED, "{}");
	run_step(f, &hold, 0);
	run_release(&hold);
}

static void
change(struct fixture *f, const char *sql)
{
	char *message = NULL;
	sqlite3 *db;

	assert_int_equal(
		sqlite3_open(arena_printf(&f->arena, "%s/lily.db", f->path), &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	assert_int_equal(sqlite3_changes(db) > 0, 1);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
test_what_is_found(void **state)
{
	static const struct {
		const char *sql;
		const char *invariant;
		const char *subject;
	} cases[] = {
		{"UPDATE events SET payload='{\"x\":1}' WHERE run=1 AND seq=2", "I2",
			"event 2"},
		{"UPDATE events SET time=time+1 WHERE run=1 AND seq=5", "I2", "event 5"},
		{"UPDATE events SET type=3 WHERE run=1 AND seq=2", "I2", "event 2"},
		{"UPDATE events SET hash=zeroblob(32) WHERE run=2 AND seq=3", "I2", "event 3"},
		{"DELETE FROM events WHERE run=1 AND seq=3", "I2", "event 4"},
		{"DELETE FROM events WHERE run=2 AND seq=6", "I3", "runs, number 2"},
		{"DELETE FROM events WHERE run=0", "I2", "run 0"},
		{"UPDATE events SET run=9 WHERE run=2 AND seq=6", "I2", "event with id"},
		{"UPDATE runs SET number=-3 WHERE number=2", "I2", "event with id"},
		{"UPDATE runs SET number=1000000000000000 WHERE number=2", "I2",
			"event with id"},
		{"UPDATE runs SET number=9223372036854775807 WHERE number=2", "I2",
			"event with id"},
		{"UPDATE events SET payload=zeroblob(32) WHERE run=2 AND seq=1", "I2",
			"event 1"},
		{"UPDATE events SET type=-1 WHERE run=2 AND seq=2", "I2", "event 2"},
		{"UPDATE runs SET succeeded=7 WHERE number=1", "I3", "runs, number 1"},
		{"UPDATE runs SET head=zeroblob(32) WHERE number=2", "I3", "runs, number 2"},
		{"UPDATE visits SET state=3 WHERE run=1 AND step=2", "I3",
			"visits, run number 1, 2"},
		{"UPDATE attempts SET message='' WHERE number=2", "I3",
			"attempts, run number 1, 2"},
		{"DELETE FROM attempts WHERE run=2", "I3", "attempts, run number 2, 1"},
		{"UPDATE artifacts SET role='output'", "I3", "artifacts, run number 1, 1"},
		{"UPDATE objects SET size=4", "I1", "object sha256:"},
		{"INSERT INTO objects(sha256, size, bytes) SELECT sha256, size, bytes FROM "
		 "objects",
			"I1", "object_index"},
		{"INSERT INTO object_index VALUES(zeroblob(32), 1)", "I1", "object_index"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fsck_report report;
		struct fixture *f;
		bool found = false;
		void *own;

		(void)fixture_open(&own);
		f = own;
		fill(f);
		(void)expect_sound(f, FSCK_OBJECT_BYTES);
		change(f, cases[i].sql);
		must(fsck_run(f->store, FSCK_OBJECT_BYTES, &f->arena, &report, &f->err));
		for (size_t j = 0; j < report.n_findings; j++) {
			const struct fsck_finding *finding = &report.findings[j];

			assert_true(finding->advice.n > 0 && finding->problem.n > 0);
			found |= str_is(finding->invariant, cases[i].invariant) &&
				strstr(finding->subject.p, cases[i].subject);
		}
		if (!found && strcmp(cases[i].subject, "run 0"))
			fail_msg("%s: not found (%zu findings)", cases[i].sql,
				report.n_findings);
		assert_true(report.n_findings > 0);
		(void)fixture_close(&own);
	}
}

static void
test_counts(void **state)
{
	struct fixture *f = *state;
	struct fsck_report report;

	fill(f);
	report = expect_sound(f, 0);
	assert_int_equal(report.runs, 2);
	assert_int_equal(report.objects, 1);
	assert_int_equal(report.artifacts, 1);
	assert_int_equal(report.events, 12 + 6 + 1);
	assert_int_equal(report.rubbish, 0);
}

/* A removed payload leaves its digest, and the chain holds. */
static void
test_removed_payload(void **state)
{
	struct fixture *f = *state;
	struct fsck_report report;
	char hex[DIGEST_HEX_SIZE];
	struct digest payload;

	fill(f);
	digest_of("{}", 2, &payload);
	change(f,
		arena_printf(&f->arena, "UPDATE events SET payload=x'%s' WHERE run=1 AND seq=2",
			digest_to_hex(&payload, hex)));
	must(fsck_run(f->store, 0, &f->arena, &report, &f->err));
	for (size_t i = 0; i < report.n_findings; i++)
		assert_false(str_is(report.findings[i].invariant, "I2"));
}

static void
test_many_findings_are_counted(void **state)
{
	struct fixture *f = *state;
	struct run_hold hold = create_run(f);
	struct fsck_report report;

	append(f, &hold, EVENT_RUN_STARTED, "{}");
	for (unsigned i = 0; i < 1200; i++)
		run_step(f, &hold, i);
	run_release(&hold);
	change(f, "UPDATE visits SET name='other'");
	must(fsck_run(f->store, 0, &f->arena, &report, &f->err));
	assert_int_equal(report.n_findings, 1001);
	assert_true(str_is(report.findings[1000].problem, "1400 more problems"));
}

static void
test_manifests(void **state)
{
	struct fixture *f = *state;
	struct fsck_report report;
	struct run_hold hold;
	struct run_row row;
	char id[UUID_TEXT_SIZE];
	const char *manifest;

	fill(f);
	row = find_run(f, "@last");
	manifest = arena_printf(
		&f->arena, "%s/runs/%s/manifest.json", f->path, uuid_to_text(&row.id, id));
	must(file_replace(AT_FDCWD, manifest, STR("{"), 0644, FILE_NO_SYNC, &f->err));
	must(fsck_run(f->store, 0, &f->arena, &report, &f->err));
	assert_int_equal(report.n_findings, 0);
	assert_int_equal(report.stale_manifests, 1);
	assert_int_equal(unlink(manifest), 0);
	must(fsck_run(f->store, 0, &f->arena, &report, &f->err));
	assert_int_equal(report.stale_manifests, 1);
	must(run_take(f->store, &row.id, &hold, &f->err));
	run_release(&hold);
	(void)expect_sound(f, 0);
}

static void
test_living_lanes(void **state)
{
	struct fixture *f = *state;
	struct fsck_report report;
	struct run_hold hold;
	int status;
	pid_t lane = fork(); /* before the run, whose lock it would share */

	if (lane == 0) {
		(void)alarm(60);
		for (;;)
			(void)pause();
	}
	hold = create_run(f);
	must(run_note_lane(&hold, lane, &f->err));
	(void)expect_sound(f, 0); /* held: it may have lanes */
	run_release(&hold);
	must(fsck_run(f->store, 0, &f->arena, &report, &f->err));
	assert_int_equal(report.n_findings, 1);
	assert_true(str_is(report.findings[0].invariant, "I4"));
	must(run_take(f->store, &hold.chain.id, &hold, &f->err));
	must(run_bury_lanes(&hold, &f->err));
	run_release(&hold);
	assert_int_equal(waitpid(lane, &status, 0), lane);
	assert_true(WIFSIGNALED(status));
	(void)expect_sound(f, 0);
}

/* A disk that is full for a moment leaves no half line before the next one. */
static void
test_half_a_note_of_a_lane(void **state)
{
	struct fixture *f = *state;
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct rlimit before;
	struct rlimit few;
	struct stat note;
	struct run_hold hold;
	pid_t lane = fork();

	if (lane == 0) {
		(void)alarm(60);
		for (;;)
			(void)pause();
	}
	hold = create_run(f);
	must(store_flush(f->store, &f->err));
	must(run_note_lane(&hold, lane, &f->err));
	assert_int_equal(fstatat(hold.directory, "lanes", &note, 0), 0);
	assert_int_equal(sigaction(SIGXFSZ, &ignore, NULL), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	few = before;
	few.rlim_cur = (rlim_t)note.st_size + 10;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
	assert_int_equal(run_note_lane(&hold, lane, &f->err), ERR_SYS);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	must(run_note_lane(&hold, lane, &f->err));
	must(run_bury_lanes(&hold, &f->err));
	assert_int_equal(waitpid(lane, NULL, 0), lane);
	run_release(&hold);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_found),
		cmocka_unit_test_setup_teardown(test_counts, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_removed_payload, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_many_findings_are_counted, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(test_manifests, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(test_living_lanes, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_half_a_note_of_a_lane, fixture_open, fixture_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
