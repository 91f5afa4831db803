/* Typed artifacts: envelopes put and got, and what steps made under a schema. */
#include "rig.h"

#define SCHEMA                                                                       \
	"{\"type\":\"object\",\"required\":[\"n\"],\"properties\":{\"n\":{\"type\":" \
	"\"integer\"}}}"

static int
put(struct rig *rig, const char *schema_id, const char *schema_file, const char *payload,
	struct lily_document **ret_document)
{
	const struct lily_artifact_options options = {
		.name = "count", .producer = "model", .producer_kind = "llm"};

	return lily_artifact_put_envelope(rig->store, &options, schema_id, schema_file, payload,
		strlen(payload), ret_document, &rig->error);
}

static void
an_envelope_comes_back(void **state)
{
	struct rig *rig = *state;
	const char *file = rig_write(rig, "count.json", SCHEMA);
	struct lily_document *document = NULL;
	char id[LILY_RUN_ID_SIZE];
	char address[64];

	rig_create_run(rig, id);
	must(put(rig, "count.v1", file, "{\"n\": 3, \"more\": [1.50]}", &document));
	assert_string_equal(rig_text(document, "artifact_type"), "count.v1");
	assert_string_equal(rig_text(document, "storage_kind"), "json");
	assert_string_equal(rig_text(document, "role"), "put");
	lily_document_free(document);
	(void)snprintf(address, sizeof(address), "%s:1", id);
	must(lily_artifact_get_envelope(rig->store, address, &document, &rig->error));
	assert_string_equal(rig_text(document, "meta.schema_id"), "count.v1");
	assert_string_equal(rig_text(document, "meta.producer_id"), "model");
	assert_string_equal(rig_text(document, "meta.producer_kind"), "llm");
	assert_string_equal(rig_text(document, "meta.canon"), "rfc8785");
	/* printf '{"more":[1.5],"n":3}' | sha256sum */
	assert_string_equal(rig_text(document, "meta.payload_sha256"),
		"4c7c9572357faae0b7b9038537f594e67e3ff3d9ce27babef64a2b5899b95556");
	assert_int_equal(rig_number(document, "payload.n"), 3);
	lily_document_free(document);
	must(lily_artifact_get_validated(
		rig->store, address, "count.v1", &document, &rig->error));
	assert_int_equal(rig_number(document, "n"), 3);
	lily_document_free(document);
	must_fail(lily_artifact_get_validated(
			  rig->store, address, "count.v2", &document, &rig->error),
		LILY_ERROR_INVALID, "is of type count.v1, not count.v2");
	/* Now the store knows the id. */
	must(put(rig, "count.v1", NULL, "{\"n\": 4}", &document));
	lily_document_free(document);
}

static void
what_is_not_valid_is_not_put(void **state)
{
	struct rig *rig = *state;
	struct lily_document *document = NULL;
	const char *file = rig_write(rig, "count.json", SCHEMA);
	char id[LILY_RUN_ID_SIZE];

	rig_create_run(rig, id);
	must_fail(put(rig, "count.v1", NULL, "{\"n\": 1}", &document), LILY_ERROR_NOT_FOUND,
		"there is no schema \"count.v1\"");
	must_fail(put(rig, "count", file, "{\"n\": 1}", &document), LILY_ERROR_INVALID,
		"is no id of a schema");
	must_fail(put(rig, "count.v1", file, "{\"n\": 1.5}", &document), LILY_ERROR_INVALID,
		"count:1:7: must be a whole number");
	must_fail(put(rig, "count.v1", file, "{\"n\": }", &document), LILY_ERROR_INVALID,
		"count:1:7:");
	must_fail(put(rig, "count.v1", file, "{\"n\": 9007199254740993}", &document),
		LILY_ERROR_INVALID, "write it as text");
	must(put(rig, "count.v1", file, "{\"n\": 9007199254740992}", &document));
	lily_document_free(document);
	file = rig_write(rig, "other.json", "{}");
	must_fail(put(rig, "count.v1", file, "{\"n\": 1}", &document), LILY_ERROR_INVALID,
		"is there twice, with other bytes");
	file = rig_write(rig, "bad.json", "{\"type\": \"integr\"}");
	must_fail(
		put(rig, "bad.v1", file, "1", &document), LILY_ERROR_INVALID, "bad.json:1:10:");
	must_fail(lily_artifact_get_validated(
			  rig->store, "@last:2", NULL, &document, &rig->error),
		LILY_ERROR_NOT_FOUND, "artifact 2");
}

static void
what_steps_made_is_validated(void **state)
{
	struct rig *rig = *state;
	struct lily_document *document = NULL;

	(void)rig_write(rig, "count.json", SCHEMA);
	(void)rig_write(rig, "base.json", "{\"$ref\": \"count.v1\"}");
	assert_string_equal(
		rig_run(rig,
			"lily: 1\n"
			"schemas: { count.v1: count.json, base.v1: base.json }\n"
			"steps:\n"
			"  a: { run: 'echo \"n: 3\" >c.yaml', out: { o: { path: c.yaml, "
			"schema: base.v1 "
			"} } }\n"
			"  b: { run: 'echo {} >$LILY_OUT/o', out: { o: { type: json } } }\n"
			"  c: { run: 'echo \"{\\\"n\\\":1}\" >$LILY_OUT/o', out: { o: { type: "
			"jsonl, "
			"schema: base.v1 } } }\n"),
		"succeeded");
	must(lily_artifact_get_validated(rig->store, "a.o", NULL, &document, &rig->error));
	assert_int_equal(rig_number(document, "n"), 3);
	lily_document_free(document);
	must_fail(lily_artifact_get_validated(rig->store, "b.o", NULL, &document, &rig->error),
		LILY_ERROR_INVALID, "has no type");
	must_fail(lily_artifact_get_validated(rig->store, "c.o", NULL, &document, &rig->error),
		LILY_ERROR_INVALID, "JSON Lines");
	must_fail(lily_artifact_get_envelope(rig->store, "a.o", &document, &rig->error),
		LILY_ERROR_INVALID, "is no envelope");
}

int
main(void)
{
#define with_rig(test) cmocka_unit_test_setup_teardown(test, rig_open, rig_close)
	const struct CMUnitTest tests[] = {
		with_rig(an_envelope_comes_back),
		with_rig(what_is_not_valid_is_not_put),
		with_rig(what_steps_made_is_validated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
