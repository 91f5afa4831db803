/* Stores: opened, found, marked, described, checked. */
#include "rig.h"

#include <sys/stat.h>
#include <unistd.h>

static void
opens_what_it_made(void **state)
{
	struct rig *rig = *state;
	struct lily_document *document = NULL;

	assert_string_equal(lily_store_path(rig->store), rig->path);
	assert_string_equal(lily_store_workspace(rig->store), rig->workspace);
	assert_string_equal(lily_store_notes(rig->store), "");
	must(lily_store_describe(rig->store, &document, &rig->error));
	assert_string_equal(rig_text(document, "path"), rig->path);
	assert_string_equal(rig_text(document, "workspace"), rig->workspace);
	assert_int_equal(rig_number(document, "version"), 5);
	assert_int_equal(rig_number(document, "runs"), 0);
	assert_true(rig_number(document, "bytes.database") > 0);
	lily_document_free(document);
}

static void
counts_what_is_in_it(void **state)
{
	struct rig *rig = *state;
	const struct lily_artifact_options options = {.name = "a"};
	char *large = malloc(100001);
	struct lily_document *document = NULL;
	char id[LILY_RUN_ID_SIZE];

	assert_non_null(large);
	memset(large, 'x', 100000);
	large[100000] = '\0';
	rig_create_run(rig, id);
	must(lily_artifact_put_text(
		rig->store, &options, large, 100000, &document, &rig->error));
	lily_document_free(document);
	must(lily_store_describe(rig->store, &document, &rig->error));
	assert_int_equal(rig_number(document, "runs"), 1);
	assert_int_equal(rig_number(document, "artifacts"), 1);
	assert_int_equal(rig_number(document, "objects"), 1);
	assert_int_equal(rig_number(document, "events"), 2);
	assert_int_equal(rig_number(document, "bytes.objects"), 100000);
	assert_true(rig_number(document, "bytes.runs") > 0);
	lily_document_free(document);
	free(large);
}

static void
reading_needs_a_store(void **state)
{
	struct rig *rig = *state;
	struct lily_store_options options = {
		.workspace = rig->workspace,
		.store = "/nonexistent/lily/store",
		.flags = LILY_STORE_READ_ONLY,
	};
	struct lily_store *store = NULL;

	must_fail(lily_store_open(&options, &store, &rig->error), LILY_ERROR_NOT_FOUND,
		"/nonexistent/lily/store");
	options.workspace = "/nonexistent/workspace";
	options.store = rig->path;
	must_fail(lily_store_open(&options, &store, &rig->error), LILY_ERROR_NOT_FOUND,
		"/nonexistent/workspace");
	assert_null(store);
}

static void
reading_changes_nothing(void **state)
{
	struct rig *rig = *state;
	const struct lily_artifact_options options = {.name = "a"};
	struct lily_document *document = NULL;
	char id[LILY_RUN_ID_SIZE];

	rig_create_run(rig, id);
	rig_reopen(rig, LILY_STORE_READ_ONLY);
	must(lily_run_list(rig->store, 0, 0, &document, &rig->error));
	assert_string_equal(rig_text(document, "runs.0.run_id"), id);
	lily_document_free(document);
	document = NULL;
	must_fail(lily_run_create(rig->store, NULL, NULL, id, &rig->error), LILY_ERROR_DENIED,
		"reading only");
	must_fail(lily_artifact_put_text(rig->store, &options, "a", 1, &document, &rig->error),
		LILY_ERROR_DENIED, "reading only");
	must_fail(lily_run_finish(rig->store, id, "succeeded", &rig->error), LILY_ERROR_DENIED,
		"reading only");
	must_fail(lily_store_mark(rig->store, &rig->error), LILY_ERROR_DENIED, "reading only");
	assert_null(document);
}

static void
finds_the_workspace_by_its_mark(void **state)
{
	struct rig *rig = *state;
	char below[160];
	struct lily_store_options options = {.workspace = below, .store = rig->path};
	struct lily_store *store = NULL;

	(void)snprintf(below, sizeof(below), "%s/a", rig->workspace);
	assert_int_equal(mkdir(below, 0755), 0);
	must(lily_store_mark(rig->store, &rig->error));
	must(lily_store_mark(rig->store, &rig->error));
	must(lily_store_open(&options, &store, &rig->error));
	assert_string_equal(lily_store_workspace(store), rig->workspace);
	lily_store_close(store);
	options.flags = LILY_STORE_EXACT;
	must(lily_store_open(&options, &store, &rig->error));
	assert_string_equal(lily_store_workspace(store), below);
	lily_store_close(store);
}

static void
warns_of_a_store_within_reach(void **state)
{
	struct rig *rig = *state;
	char inside[160];
	char beside[160];
	struct lily_store_options options = {
		.workspace = rig->workspace, .flags = LILY_STORE_EXACT};
	struct lily_store *store = NULL;

	(void)snprintf(inside, sizeof(inside), "%s/state", rig->workspace);
	(void)snprintf(beside, sizeof(beside), "%s-state", rig->workspace);
	options.store = inside;
	must(lily_store_open(&options, &store, &rig->error));
	assert_non_null(strstr(lily_store_notes(store), "inside the workspace"));
	lily_store_close(store);
	/* A name that only begins like the workspace's is not inside. */
	options.store = beside;
	must(lily_store_open(&options, &store, &rig->error));
	assert_string_equal(lily_store_notes(store), "");
	lily_store_close(store);
}

static void
two_at_once_see_each_other(void **state)
{
	struct rig *rig = *state;
	const struct lily_store_options options = {
		.workspace = rig->workspace, .store = rig->path, .flags = LILY_STORE_EXACT};
	struct lily_store *other = NULL;
	struct lily_document *document = NULL;
	char id[LILY_RUN_ID_SIZE];

	must(lily_store_open(&options, &other, &rig->error));
	rig_create_run(rig, id);
	must(lily_run_describe(other, id, NULL, 0, &document, &rig->error));
	assert_string_equal(rig_text(document, "status"), "created");
	lily_document_free(document);
	must(lily_run_finish(other, id, "failed", &rig->error));
	must(lily_run_describe(rig->store, id, NULL, 0, &document, &rig->error));
	assert_string_equal(rig_text(document, "status"), "failed");
	lily_document_free(document);
	lily_store_close(other);
}

static void
a_sound_store_has_no_findings(void **state)
{
	struct rig *rig = *state;
	struct lily_document *document = NULL;
	char id[LILY_RUN_ID_SIZE];

	rig_create_run(rig, id);
	must(lily_run_finish(rig->store, id, "succeeded", &rig->error));
	must(lily_store_check(rig->store, LILY_CHECK_BYTES, &document, &rig->error));
	assert_int_equal(lily_value_boolean(rig_at(lily_document_root(document), "ok"), -1), 1);
	assert_int_equal(rig_number(document, "runs"), 1);
	assert_int_equal(lily_value_count(rig_at(lily_document_root(document), "findings")), 0);
	lily_document_free(document);
}

static const struct lily_value *
find_check(const struct lily_document *document, const char *name)
{
	const struct lily_value *checks =
		lily_value_get(lily_document_root(document), "checks");

	for (size_t i = 0; i < lily_value_count(checks); i++) {
		const struct lily_value *check = lily_value_at(checks, i);

		if (strcmp(lily_value_text(lily_value_get(check, "name"), NULL), name) == 0)
			return check;
	}
	return NULL;
}

static void
doctor_looks_at_lane_and_store(void **state)
{
	struct rig *rig = *state;
	struct lily_document *document = NULL;

	must(lily_doctor(rig->store, NULL, &document, &rig->error));
	assert_string_equal(rig_text(document, "version"), lily_version());
	assert_string_equal(rig_text(document, "lane.path"), LILY_TEST_LANE);
	assert_string_equal(rig_text(document, "lane.problem"), "");
	assert_string_equal(
		lily_value_text(lily_value_get(find_check(document, "lane"), "status"), NULL),
		"ok");
	assert_string_equal(
		lily_value_text(lily_value_get(find_check(document, "store"), "status"), NULL),
		"ok");
	assert_string_equal(rig_text(document, "store.path"), rig->path);
	lily_document_free(document);
}

static void
doctor_names_a_missing_lane(void **state)
{
	struct rig *rig = *state;
	struct lily_document *document = NULL;

	must(lily_doctor(NULL, "/nonexistent/lily-lane", &document, &rig->error));
	assert_non_null(strstr(rig_text(document, "lane.problem"), "/nonexistent/lily-lane"));
	assert_string_equal(rig_text(document, "lane.mode"), "");
	assert_string_equal(
		lily_value_text(lily_value_get(find_check(document, "lane"), "status"), NULL),
		"failed");
	assert_string_not_equal(
		lily_value_text(lily_value_get(find_check(document, "lane"), "advice"), NULL),
		"");
	assert_int_equal(
		lily_value_kind(rig_at(lily_document_root(document), "store")), LILY_KIND_NULL);
	lily_document_free(document);
}

int
main(void)
{
#define with_rig(test) cmocka_unit_test_setup_teardown(test, rig_open, rig_close)
	const struct CMUnitTest tests[] = {
		with_rig(opens_what_it_made),
		with_rig(counts_what_is_in_it),
		with_rig(reading_needs_a_store),
		with_rig(reading_changes_nothing),
		with_rig(finds_the_workspace_by_its_mark),
		with_rig(warns_of_a_store_within_reach),
		with_rig(two_at_once_see_each_other),
		with_rig(a_sound_store_has_no_findings),
		with_rig(doctor_looks_at_lane_and_store),
		with_rig(doctor_names_a_missing_lane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
