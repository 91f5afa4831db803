/* Documents: JSON that is read, looked at and written. */
#include "rig.h"

static struct lily_document *
parse(const char *json)
{
	struct lily_document *document = NULL;
	struct lily_error error = {0};

	if (lily_document_parse("test", json, strlen(json), &document, &error) < 0)
		fail_msg("%s: %s", json, error.message);
	return document;
}

static void
answers_by_kind(void **state)
{
	static const struct {
		const char *json;
		enum lily_kind kind;
		size_t count;
		const char *text;
		int64_t integer; /* -7: not a whole number in range */
		int boolean;     /* -7: not a boolean */
	} cases[] = {
		{"null", LILY_KIND_NULL, 0, "", -7, -7},
		{"true", LILY_KIND_BOOLEAN, 0, "", -7, 1},
		{"false", LILY_KIND_BOOLEAN, 0, "", -7, 0},
		{"12", LILY_KIND_NUMBER, 0, "12", 12, -7},
		{"-3", LILY_KIND_NUMBER, 0, "-3", -3, -7},
		{"1e2", LILY_KIND_NUMBER, 0, "1e2", 100, -7},
		{"3.10", LILY_KIND_NUMBER, 0, "3.10", -7, -7},
		{"9223372036854775807", LILY_KIND_NUMBER, 0, "9223372036854775807", INT64_MAX,
			-7},
		{"9223372036854775808", LILY_KIND_NUMBER, 0, "9223372036854775808", -7, -7},
		{"\"a\\u00e9\"", LILY_KIND_STRING, 0, "a\xc3\xa9", -7, -7},
		{"\"\"", LILY_KIND_STRING, 0, "", -7, -7},
		{"[]", LILY_KIND_ARRAY, 0, "", -7, -7},
		{"[1,2]", LILY_KIND_ARRAY, 2, "", -7, -7},
		{"{\"a\":1}", LILY_KIND_OBJECT, 1, "", -7, -7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lily_document *document = parse(cases[i].json);
		const struct lily_value *root = lily_document_root(document);
		size_t size = 99;
		const char *text = lily_value_text(root, &size);

		assert_int_equal(lily_value_kind(root), cases[i].kind);
		assert_int_equal(lily_value_count(root), cases[i].count);
		assert_int_equal(size, strlen(cases[i].text));
		assert_memory_equal(text, cases[i].text, size);
		assert_int_equal(lily_value_integer(root, -7), cases[i].integer);
		assert_int_equal(lily_value_boolean(root, -7), cases[i].boolean);
		lily_document_free(document);
	}
}

static void
looks_into_containers(void **state)
{
	struct lily_document *document =
		parse("{\"list\":[10,{\"x\":\"y\"}],\"\":null,\"last\":true}");
	const struct lily_value *root = lily_document_root(document);
	size_t size = 0;

	(void)state;
	assert_int_equal(lily_value_integer(rig_at(root, "list.0"), 0), 10);
	assert_string_equal(lily_value_key(root, 2, &size), "last\":true}");
	assert_int_equal(size, 4);
	assert_int_equal(lily_value_boolean(lily_value_at(root, 2), 0), 1);
	assert_non_null(lily_value_get(root, ""));
	assert_null(lily_value_get(root, "absent"));
	assert_null(lily_value_get(rig_at(root, "list"), "x"));
	assert_null(lily_value_at(root, 3));
	assert_null(lily_value_key(root, 3, NULL));
	assert_null(lily_value_key(rig_at(root, "list"), 0, NULL));
	lily_document_free(document);
}

static void
answers_for_nothing_as_for_null(void **state)
{
	size_t size = 9;
	char *json = lily_value_to_json(NULL, LILY_JSON_COMPACT);

	(void)state;
	assert_int_equal(lily_value_kind(NULL), LILY_KIND_NULL);
	assert_int_equal(lily_value_count(NULL), 0);
	assert_null(lily_value_at(NULL, 0));
	assert_null(lily_value_get(NULL, "a"));
	assert_null(lily_value_key(NULL, 0, NULL));
	assert_string_equal(lily_value_text(NULL, &size), "");
	assert_int_equal(size, 0);
	assert_int_equal(lily_value_integer(NULL, 5), 5);
	assert_int_equal(lily_value_boolean(NULL, 5), 5);
	assert_string_equal(json, "null");
	lily_free(json);
	lily_document_free(NULL);
	assert_null(lily_document_root(NULL));
}

static void
writes_what_was_read(void **state)
{
	static const char json[] = "{\"b\":[1.50,\"\\n\"],\"a\":{}}";
	struct lily_document *document = parse(json);
	char *compact = lily_value_to_json(lily_document_root(document), LILY_JSON_COMPACT);
	char *indented = lily_value_to_json(lily_document_root(document), LILY_JSON_INDENTED);
	struct lily_document *again = parse(indented);
	char *second = lily_value_to_json(lily_document_root(again), LILY_JSON_COMPACT);

	(void)state;
	assert_string_equal(compact, json);
	assert_string_equal(second, json);
	assert_non_null(strstr(indented, "\n  \"b\": ["));
	lily_free(compact);
	lily_free(indented);
	lily_free(second);
	lily_document_free(document);
	lily_document_free(again);
}

static void
refuses_what_is_no_json(void **state)
{
	static const char *const bad[] = {
		"", "{", "[1,]", "{\"a\":1,\"a\":2}", "'a'", "\"\xff\"", "1 2", "nul"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct lily_document *document = NULL;
		struct lily_error error = {0};

		assert_int_equal(lily_document_parse("some.json", bad[i], strlen(bad[i]),
					 &document, &error),
			LILY_ERROR_INVALID);
		assert_null(document);
		assert_int_equal(error.code, LILY_ERROR_INVALID);
		assert_non_null(strstr(error.message, "some.json"));
		/* Whoever does not want to know why passes NULL. */
		assert_int_equal(
			lily_document_parse("x", bad[i], strlen(bad[i]), &document, NULL),
			LILY_ERROR_INVALID);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_by_kind),
		cmocka_unit_test(looks_into_containers),
		cmocka_unit_test(answers_for_nothing_as_for_null),
		cmocka_unit_test(writes_what_was_read),
		cmocka_unit_test(refuses_what_is_no_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
