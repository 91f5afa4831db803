/* Artifacts: put, named, read, traced and verified. */
#include "rig.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Two texts whose SHA-256 begin with the same eight digits. */
#define TWIN_A "text 859"
#define TWIN_B "text 4460"
#define TWIN_A_HEX "b30a892c24df59cfbc07edac4ac8e43eaaf3008eb01d05777733bcdd4dce3230"
#define TWIN_B_HEX "b30a892c84914b99eeab4334d2eb4c46a9cd63e2789074eda823e608686c63e7"

static struct lily_document *
put_text(struct rig *rig, const char *name, const char *text)
{
	const struct lily_artifact_options options = {.name = name};
	struct lily_document *document = NULL;

	must(lily_artifact_put_text(
		rig->store, &options, text, strlen(text), &document, &rig->error));
	return document;
}

static void
put_away(struct rig *rig, const char *name, const char *text)
{
	lily_document_free(put_text(rig, name, text));
}

static void
expect_bytes(struct rig *rig, const char *address, const char *wanted)
{
	char *bytes = NULL;
	size_t size = 0;

	must(lily_artifact_get(rig->store, address, 0, &bytes, &size, &rig->error));
	assert_int_equal(size, strlen(wanted));
	assert_string_equal(bytes, wanted);
	lily_free(bytes);
}

static void
a_reference_says_all(void **state)
{
	struct rig *rig = *state;
	const struct lily_artifact_options options = {
		.name = "answer", .producer = "alice", .producer_kind = "human"};
	static const char json[] = "{\"a\": [1.50]}";
	struct lily_document *document = NULL;
	struct lily_document *again = NULL;
	char id[LILY_RUN_ID_SIZE];
	char address[64];
	char *one;
	char *two;

	rig_create_run(rig, id);
	must(lily_artifact_put_json(
		rig->store, &options, json, strlen(json), &document, &rig->error));
	(void)snprintf(address, sizeof(address), "%s:1", id);
	assert_string_equal(rig_text(document, "artifact_id"), address);
	assert_string_equal(rig_text(document, "run_id"), id);
	assert_string_equal(rig_text(document, "storage_kind"), "json");
	assert_string_equal(rig_text(document, "name"), "answer");
	assert_string_equal(rig_text(document, "producer_id"), "alice");
	assert_string_equal(rig_text(document, "producer_kind"), "human");
	assert_string_equal(rig_text(document, "role"), "put");
	assert_int_equal(rig_number(document, "size"), strlen(json));
	assert_int_equal(strlen(rig_text(document, "sha256")), 64);
	assert_int_equal(strlen(rig_text(document, "created_at")), 27);
	must(lily_artifact_describe(rig->store, address, &again, &rig->error));
	one = lily_value_to_json(lily_document_root(document), LILY_JSON_COMPACT);
	two = lily_value_to_json(lily_document_root(again), LILY_JSON_COMPACT);
	assert_string_equal(one, two);
	/* Stored as given, not as lily would write it. */
	expect_bytes(rig, address, json);
	lily_free(one);
	lily_free(two);
	lily_document_free(document);
	lily_document_free(again);
}

static void
refuses_what_breaks_the_rules(void **state)
{
	struct rig *rig = *state;
	const struct lily_artifact_options good = {.name = "a"};
	const struct lily_artifact_options bad_name = {.name = "a b"};
	const struct lily_artifact_options no_name = {0};
	const struct lily_artifact_options bad_kind = {.name = "a", .producer_kind = "robot"};
	const struct lily_artifact_options bad_producer = {.name = "a", .producer = "a\nb"};
	const struct lily_artifact_options no_run = {.name = "a", .run = "0123abcd"};
	struct lily_document *document = NULL;
	char id[LILY_RUN_ID_SIZE];

#define put(options, text)      \
	lily_artifact_put_text( \
		rig->store, (options), (text), strlen(text), &document, &rig->error)
	must_fail(put(&good, "x"), LILY_ERROR_NOT_FOUND, "no run yet");
	rig_create_run(rig, id);
	must_fail(put(&bad_name, "x"), LILY_ERROR_INVALID, "\"a b\"");
	must_fail(put(&no_name, "x"), LILY_ERROR_INVALID, "no name");
	must_fail(put(&bad_kind, "x"), LILY_ERROR_INVALID, "robot");
	must_fail(put(&bad_producer, "x"), LILY_ERROR_INVALID, "printable");
	must_fail(put(&no_run, "x"), LILY_ERROR_NOT_FOUND, "0123abcd");
	must_fail(put(&good, "\xff"), LILY_ERROR_INVALID, "UTF-8");
#undef put
	must_fail(lily_artifact_put_json(
			  rig->store, &good, "{\"a\":1,\"a\":2}", 13, &document, &rig->error),
		LILY_ERROR_INVALID, "\"a\"");
	must_fail(lily_artifact_put_file(
			  rig->store, &good, "/nonexistent/file", &document, &rig->error),
		LILY_ERROR_NOT_FOUND, "/nonexistent/file");
	must_fail(
		lily_artifact_put_file(rig->store, &good, "/dev/null", &document, &rig->error),
		LILY_ERROR_INVALID, "/dev/null");
	must(lily_run_finish(rig->store, id, "succeeded", &rig->error));
	must_fail(lily_artifact_put_text(rig->store, &good, "x", 1, &document, &rig->error),
		LILY_ERROR_INVALID, "has ended");
	assert_null(document);
	/* Nothing of all this left a trace. */
	must(lily_artifact_list(rig->store, NULL, &document, &rig->error));
	assert_int_equal(lily_value_count(lily_document_root(document)), 0);
	lily_document_free(document);
}

static void
files_and_directories_come_back(void **state)
{
	struct rig *rig = *state;
	const struct lily_artifact_options options = {0};
	struct lily_document *document = NULL;
	char id[LILY_RUN_ID_SIZE];
	char path[256];
	char back[300];
	char link[16] = "";
	char *bytes = NULL;
	struct stat status;
	int fd = -1;

	rig_create_run(rig, id);
	(void)snprintf(path, sizeof(path), "%s/tree", rig->workspace);
	assert_int_equal(mkdir(path, 0755), 0);
	rig_write(rig, "tree/one", "1");
	assert_int_equal(chmod(rig_write(rig, "tree/run", "#!/bin/sh\n"), 0755), 0);
	(void)snprintf(back, sizeof(back), "%s/tree/link", rig->workspace);
	assert_int_equal(symlink("one", back), 0);
	must(lily_artifact_put_dir(rig->store, &options, path, &document, &rig->error));
	assert_string_equal(rig_text(document, "storage_kind"), "dir");
	assert_string_equal(rig_text(document, "name"), "tree");
	lily_document_free(document);
	(void)snprintf(back, sizeof(back), "%s/back", rig->workspace);
	must(lily_artifact_restore(rig->store, "@last:1", back, &rig->error));
	assert_int_not_equal(
		lily_artifact_restore(rig->store, "@last:1", back, &rig->error), 0);
	(void)snprintf(back, sizeof(back), "%s/back/run", rig->workspace);
	assert_int_equal(stat(back, &status), 0);
	assert_true(status.st_mode & S_IXUSR);
	(void)snprintf(back, sizeof(back), "%s/back/link", rig->workspace);
	assert_int_equal(readlink(back, link, sizeof(link) - 1), 3);
	assert_string_equal(link, "one");
	must_fail(lily_artifact_path(rig->store, "@last:1", &bytes, &rig->error),
		LILY_ERROR_INVALID, "directory");

	must(lily_artifact_put_file(rig->store, &options, rig_write(rig, "f.bin", "\x01\xff"),
		&document, &rig->error));
	assert_string_equal(rig_text(document, "name"), "f.bin");
	lily_document_free(document);
	must(lily_artifact_open(rig->store, "@last:2", &fd, &rig->error));
	assert_int_equal(read(fd, back, sizeof(back)), 2);
	assert_memory_equal(back, "\x01\xff", 2);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(close(fd), 0);
	must(lily_artifact_path(rig->store, "@last:2", &bytes, &rig->error));
	assert_int_equal(stat(bytes, &status), 0);
	assert_int_equal(status.st_mode & 0222, 0);
	assert_int_equal(status.st_size, 2);
	lily_free(bytes);
}

static void
addresses_name_one_thing(void **state)
{
	struct rig *rig = *state;
	struct lily_document *document = NULL;
	char id[LILY_RUN_ID_SIZE];
	char address[80];
	static const struct {
		const char *address;
		int code;
		const char *message;
	} refused[] = {
		{"", LILY_ERROR_INVALID, "empty"},
		{"nothing", LILY_ERROR_INVALID, "neither a colon nor a dot"},
		{"@last:9", LILY_ERROR_NOT_FOUND, "artifact 9"},
		{"sha256:b30a892c", LILY_ERROR_INVALID, "several artifacts"},
		{"sha256:b30a8", LILY_ERROR_INVALID, "6 to 64"},
		{"sha256:xyzxyz", LILY_ERROR_INVALID, "6 to 64"},
		{"sha256:000000", LILY_ERROR_NOT_FOUND, "sha256:000000"},
		{"build.out", LILY_ERROR_NOT_FOUND, "build.out"},
		{"00000000/build.out", LILY_ERROR_NOT_FOUND, "build.out"},
	};

	rig_create_run(rig, id);
	put_away(rig, "a", TWIN_A);
	put_away(rig, "b", TWIN_B);
	(void)snprintf(address, sizeof(address), "%s:2", id);
	expect_bytes(rig, address, TWIN_B);
	(void)snprintf(address, sizeof(address), "%.13s:1", id);
	expect_bytes(rig, address, TWIN_A);
	expect_bytes(rig, "@last:2", TWIN_B);
	expect_bytes(rig, "sha256:" TWIN_A_HEX, TWIN_A);
	expect_bytes(rig, "sha256:b30a892c2", TWIN_A);
	expect_bytes(rig, "sha256:B30A892C8", TWIN_B);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		must_fail(lily_artifact_describe(
				  rig->store, refused[i].address, &document, &rig->error),
			refused[i].code, refused[i].message);
	assert_null(document);
	/* The same bytes again are another artifact, but the newest is named by them. */
	rig_create_run(rig, id);
	put_away(rig, "again", TWIN_A);
	must(lily_artifact_describe(rig->store, "sha256:b30a892c2", &document, &rig->error));
	assert_string_equal(rig_text(document, "name"), "again");
	lily_document_free(document);
}

static void
a_limit_is_kept(void **state)
{
	struct rig *rig = *state;
	char id[LILY_RUN_ID_SIZE];
	char *bytes = NULL;
	size_t size = 0;

	rig_create_run(rig, id);
	put_away(rig, "a", "12345");
	put_away(rig, "empty", "");
	must_fail(lily_artifact_get(rig->store, "@last:1", 4, &bytes, &size, &rig->error),
		LILY_ERROR_LIMIT, "5 bytes");
	assert_null(bytes);
	must(lily_artifact_get(rig->store, "@last:1", 5, &bytes, &size, &rig->error));
	assert_string_equal(bytes, "12345");
	lily_free(bytes);
	expect_bytes(rig, "@last:2", "");
}

static void
inputs_are_traced_across_runs(void **state)
{
	struct rig *rig = *state;
	static const char *const made_from[] = {"@last:1", "sha256:" TWIN_A_HEX};
	const struct lily_artifact_options options = {
		.name = "made", .inputs = made_from, .n_inputs = 2};
	const char *missing[] = {"@last:77"};
	const struct lily_artifact_options wrong = {
		.name = "made", .inputs = missing, .n_inputs = 1};
	struct lily_document *document = NULL;
	char first[LILY_RUN_ID_SIZE];
	char second[LILY_RUN_ID_SIZE];
	char expected[64];

	rig_create_run(rig, first);
	put_away(rig, "other", TWIN_A);
	rig_create_run(rig, second);
	put_away(rig, "own", "own");
	must(lily_artifact_put_text(rig->store, &options, "x", 1, &document, &rig->error));
	assert_int_equal(lily_value_count(rig_at(lily_document_root(document), "inputs")), 2);
	(void)snprintf(expected, sizeof(expected), "%s:1", second);
	assert_string_equal(rig_text(document, "inputs.0"), expected);
	(void)snprintf(expected, sizeof(expected), "%s:1", first);
	assert_string_equal(rig_text(document, "inputs.1"), expected);
	lily_document_free(document);
	document = NULL;
	must_fail(lily_artifact_put_text(rig->store, &wrong, "x", 1, &document, &rig->error),
		LILY_ERROR_NOT_FOUND, "artifact 77");
	must(lily_artifact_list(rig->store, NULL, &document, &rig->error));
	/* Newest run first. */
	assert_string_equal(rig_text(document, "0.name"), "own");
	assert_string_equal(rig_text(document, "1.inputs.1"), expected);
	assert_string_equal(rig_text(document, "2.name"), "other");
	lily_document_free(document);
}

static void
lists_what_the_filter_lets_through(void **state)
{
	struct rig *rig = *state;
	char first[LILY_RUN_ID_SIZE];
	char second[LILY_RUN_ID_SIZE];

	rig_create_run(rig, first);
	put_away(rig, "a", "1");
	put_away(rig, "b", "2");
	rig_create_run(rig, second);
	put_away(rig, "a", "3");
	{
		const struct {
			struct lily_artifact_filter filter;
			size_t count;
		} cases[] = {
			{{0}, 3},
			{{.run = first}, 2},
			{{.run = second}, 1},
			{{.name = "a"}, 2},
			{{.run = first, .name = "b"}, 1},
			{{.step = "none"}, 0},
			{{.limit = 2}, 2},
			{{.offset = 2}, 1},
			{{.offset = 9}, 0},
		};

		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct lily_document *document = NULL;

			must(lily_artifact_list(
				rig->store, &cases[i].filter, &document, &rig->error));
			assert_int_equal(
				lily_value_count(lily_document_root(document)), cases[i].count);
			lily_document_free(document);
		}
	}
}

/* The path of an object's file. */
static void
object_path(struct rig *rig, const char *hex, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/objects/%.2s/%s", rig->path, hex, hex + 2);
}

static void
damage_is_found_and_never_handed_out(void **state)
{
	struct rig *rig = *state;
	enum { SIZE = 50000 };
	char *text = malloc(SIZE + 1);
	struct lily_document *document = NULL;
	char id[LILY_RUN_ID_SIZE];
	char path[300];
	char *bytes = NULL;
	size_t size;
	int fd;

	assert_non_null(text);
	memset(text, 'a', SIZE);
	text[SIZE] = '\0';
	rig_create_run(rig, id);
	put_away(rig, "small", "small");
	put_away(rig, "large", text);
	put_away(rig, "twin", text);
	must(lily_artifact_verify(rig->store, id, NULL, &document, &rig->error));
	assert_int_equal(rig_number(document, "checked"), 3);
	/* Equal bytes are read once. */
	assert_int_equal(rig_number(document, "bytes"), SIZE + 5);
	assert_int_equal(lily_value_count(rig_at(lily_document_root(document), "damaged")), 0);
	lily_document_free(document);

	must(lily_artifact_describe(rig->store, "@last:2", &document, &rig->error));
	object_path(rig, rig_text(document, "sha256"), path, sizeof(path));
	lily_document_free(document);
	assert_int_equal(chmod(path, 0600), 0);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "b", 1, SIZE / 2), 1);
	assert_int_equal(close(fd), 0);

	must_fail(lily_artifact_get(rig->store, "@last:2", 0, &bytes, &size, &rig->error),
		LILY_ERROR_CORRUPT, "bytes that were stored");
	must_fail(lily_artifact_open(rig->store, "@last:2", &fd, &rig->error),
		LILY_ERROR_CORRUPT, "bytes that were stored");
	must_fail(lily_artifact_path(rig->store, "@last:2", &bytes, &rig->error),
		LILY_ERROR_CORRUPT, "bytes that were stored");
	must(lily_artifact_verify(rig->store, NULL, NULL, &document, &rig->error));
	assert_int_equal(rig_number(document, "checked"), 3);
	assert_int_equal(lily_value_count(rig_at(lily_document_root(document), "damaged")), 2);
	assert_string_equal(rig_text(document, "damaged.0.name"), "large");
	assert_string_equal(rig_text(document, "damaged.1.name"), "twin");
	lily_document_free(document);
	must(lily_artifact_verify(rig->store, NULL, "@last:1", &document, &rig->error));
	assert_int_equal(lily_value_count(rig_at(lily_document_root(document), "damaged")), 0);
	lily_document_free(document);

	assert_int_equal(unlink(path), 0);
	must(lily_artifact_verify(rig->store, NULL, "@last:3", &document, &rig->error));
	assert_non_null(strstr(rig_text(document, "damaged.0.problem"), "lost its file"));
	lily_document_free(document);
	free(text);
}

static void
damage_inside_a_directory_is_found(void **state)
{
	struct rig *rig = *state;
	enum { SIZE = 40000 };
	const struct lily_artifact_options options = {.name = "tree"};
	char *text = malloc(SIZE + 1);
	struct lily_document *document = NULL;
	struct lily_document *reference = NULL;
	char id[LILY_RUN_ID_SIZE];
	char path[300];
	char *tree = NULL;
	size_t size;

	assert_non_null(text);
	memset(text, 'q', SIZE);
	text[SIZE] = '\0';
	rig_create_run(rig, id);
	(void)snprintf(path, sizeof(path), "%s/d", rig->workspace);
	assert_int_equal(mkdir(path, 0755), 0);
	rig_write(rig, "d/deep", text);
	must(lily_artifact_put_dir(rig->store, &options, path, &reference, &rig->error));
	lily_document_free(reference);
	must(lily_artifact_get(rig->store, "@last:1", 0, &tree, &size, &rig->error));
	must(lily_document_parse("tree", tree, size, &reference, &rig->error));
	lily_free(tree);
	{
		const char *hex = lily_value_text(
			rig_at(lily_document_root(reference), "entries.0.sha256"), NULL);
		char digest[65];

		(void)snprintf(digest, sizeof(digest), "%.64s", hex);
		object_path(rig, digest, path, sizeof(path));
	}
	lily_document_free(reference);
	assert_int_equal(unlink(path), 0);
	must(lily_artifact_verify(rig->store, id, NULL, &document, &rig->error));
	assert_non_null(strstr(rig_text(document, "damaged.0.problem"), "deep: "));
	lily_document_free(document);
	free(text);
}

static void
a_driven_run_takes_no_artifacts(void **state)
{
	struct rig *rig = *state;
	const struct lily_artifact_options options = {.name = "a"};
	struct lily_document *document = NULL;
	struct lily_run *run =
		rig_start(rig, "lily: 1\nsteps: { s: { exec: [ sleep, '60' ] } }\n");

	must_fail(lily_artifact_put_text(rig->store, &options, "x", 1, &document, &rig->error),
		LILY_ERROR_DENIED, lily_run_id(run));
	lily_run_close(run);
	/* Interrupted: nobody drives it, so that something can be added before it goes on. */
	must(lily_artifact_put_text(rig->store, &options, "x", 1, &document, &rig->error));
	lily_document_free(document);
}

int
main(void)
{
#define with_rig(test) cmocka_unit_test_setup_teardown(test, rig_open, rig_close)
	const struct CMUnitTest tests[] = {
		with_rig(a_reference_says_all),
		with_rig(refuses_what_breaks_the_rules),
		with_rig(files_and_directories_come_back),
		with_rig(addresses_name_one_thing),
		with_rig(a_limit_is_kept),
		with_rig(inputs_are_traced_across_runs),
		with_rig(lists_what_the_filter_lets_through),
		with_rig(damage_is_found_and_never_handed_out),
		with_rig(damage_inside_a_directory_is_found),
		with_rig(a_driven_run_takes_no_artifacts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
