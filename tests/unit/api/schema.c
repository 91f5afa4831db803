/* Schemas and instances: what a program can ask, and the places that it is told. */
#include "rig.h"

#include <sys/stat.h>

#define DIALECT "\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","

static struct lily_document *
next_instance(struct rig *rig, struct lily_instances *file)
{
	struct lily_document *instance = NULL;

	must(lily_instances_next(file, &instance, &rig->error));
	return instance;
}

static struct lily_document *
instance_of(struct rig *rig, const char *name, const char *text)
{
	struct lily_instances *file;
	struct lily_document *instance;

	must(lily_instances_open_text(
		name, text, strlen(text), LILY_SYNTAX_BY_NAME, &file, &rig->error));
	instance = next_instance(rig, file);
	assert_non_null(instance);
	lily_instances_close(file);
	return instance;
}

static void
add(struct rig *rig, struct lily_schemas *schemas, const char *uri, const char *text)
{
	must(lily_schemas_add(schemas, uri, NULL, text, strlen(text), &rig->error));
}

/* Whether JSON text is valid by the schema, by both ways of asking. */
static int
verdict_of(struct rig *rig, const struct lily_schema *schema, const char *text)
{
	struct lily_document *instance = instance_of(rig, "x.json", text);
	struct lily_report *report = lily_report_new();
	int valid = lily_schema_is_valid(schema, lily_document_root(instance), &rig->error);

	assert_int_equal(lily_schema_check(schema, instance, report, &rig->error), valid);
	assert_int_equal(lily_report_count(report) == 0, valid);
	lily_report_free(report);
	lily_document_free(instance);
	return valid;
}

static void
schemas_are_found_by_uri_id_and_pointer(void **state)
{
	struct rig *rig = *state;
	struct lily_schemas *schemas = lily_schemas_new(NULL);
	const struct lily_schema *schema;
	const struct lily_schema *again;

	add(rig, schemas, "https://x.test/a",
		"{" DIALECT "\"$id\":\"https://y.test/b\",\"type\":\"integer\","
		"\"$defs\":{\"s\":{\"$anchor\":\"text\",\"type\":\"string\"}}}");
	must(lily_schemas_get(schemas, "https://x.test/a", &schema, &rig->error));
	must(lily_schemas_get(schemas, "https://y.test/b", &again, &rig->error));
	assert_ptr_equal(schema, again);
	assert_string_equal(lily_schema_draft(schema), "2020-12");
	assert_int_equal(verdict_of(rig, schema, "1"), 1);
	assert_int_equal(verdict_of(rig, schema, "\"a\""), 0);
	must(lily_schemas_get(schemas, "https://y.test/b#/$defs/s", &schema, &rig->error));
	assert_int_equal(verdict_of(rig, schema, "\"a\""), 1);
	must(lily_schemas_get(schemas, "https://y.test/b#text", &again, &rig->error));
	assert_ptr_equal(schema, again);
	must_fail(lily_schemas_get(schemas, "https://y.test/c", &schema, &rig->error),
		LILY_ERROR_NOT_FOUND, "https://y.test/c");
	must_fail(lily_schemas_get(schemas, "no_such.v1", &schema, &rig->error),
		LILY_ERROR_NOT_FOUND, "no_such.v1");
	lily_schemas_free(schemas);
}

static void
what_is_no_schema_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} adding[] = {
		{"{", "s.json:1:2"},
		{"[1]", "array"},
		{"{\"$schema\":\"https://x.test/unknown\"}", "s.json:1:12"},
		{"{\"a\":1,\"a\":2}", "duplicate"},
	};
	static const struct {
		const char *text;
		const char *message;
	} compiling[] = {
		{"{\"type\":5}", "s.json:1:9"},
		{"{\"pattern\":\"(\"}", "s.json:1:12"},
		{"{\n \"$ref\":\"https://x.test/missing\"}", "s.json:2:9"},
		{"{\"$ref\":\"#/nowhere\"}", "#/nowhere"},
	};
	struct rig *rig = *state;
	const struct lily_schema *schema;

	for (size_t i = 0; i < sizeof(adding) / sizeof(adding[0]); i++) {
		struct lily_schemas *schemas = lily_schemas_new(NULL);

		must_fail(lily_schemas_add(schemas, "https://x.test/s", "s.json",
				  adding[i].text, strlen(adding[i].text), &rig->error),
			LILY_ERROR_INVALID, adding[i].message);
		lily_schemas_free(schemas);
	}
	for (size_t i = 0; i < sizeof(compiling) / sizeof(compiling[0]); i++) {
		struct lily_schemas *schemas = lily_schemas_new(NULL);

		must(lily_schemas_add(schemas, "https://x.test/s", "s.json", compiling[i].text,
			strlen(compiling[i].text), &rig->error));
		must_fail(lily_schemas_get(schemas, "https://x.test/s", &schema, &rig->error),
			LILY_ERROR_INVALID, compiling[i].message);
		lily_schemas_free(schemas);
	}
}

static void
a_uri_names_one_document(void **state)
{
	struct rig *rig = *state;
	struct lily_schemas *schemas = lily_schemas_new(NULL);

	add(rig, schemas, "https://x.test/a", "{}");
	must_fail(lily_schemas_add(schemas, "https://x.test/a", NULL, "true", 4, &rig->error),
		LILY_ERROR_INVALID, "already names");
	must_fail(lily_schemas_add(schemas, "https://x.test/b", NULL,
			  "{\"$id\":\"https://x.test/a\"}", 26, &rig->error),
		LILY_ERROR_INVALID, "already names");
	lily_schemas_free(schemas);
}

static void
drafts_and_formats_are_as_asked(void **state)
{
	static const char text[] = "{\"items\":[{\"type\":\"integer\"}],\"format\":\"date\"}";
	struct rig *rig = *state;
	struct lily_schemas_options options = {.draft = LILY_DRAFT_7};
	struct lily_schemas *schemas = lily_schemas_new(&options);
	const struct lily_schema *schema;

	add(rig, schemas, "https://x.test/a", text);
	must(lily_schemas_get(schemas, "https://x.test/a", &schema, &rig->error));
	assert_string_equal(lily_schema_draft(schema), "draft-07");
	assert_int_equal(verdict_of(rig, schema, "[1,\"a\"]"), 1);
	assert_int_equal(verdict_of(rig, schema, "[\"a\"]"), 0);
	assert_int_equal(verdict_of(rig, schema, "\"2026-02-30\""), 0);
	lily_schemas_free(schemas);

	options.flags = LILY_SCHEMAS_NO_FORMAT;
	schemas = lily_schemas_new(&options);
	add(rig, schemas, "https://x.test/a", text);
	must(lily_schemas_get(schemas, "https://x.test/a", &schema, &rig->error));
	assert_int_equal(verdict_of(rig, schema, "\"2026-02-30\""), 1);
	lily_schemas_free(schemas);
}

/* --- files --- */

static void
make_folder(const struct rig *rig, const char *name)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", rig->workspace, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void
relative_references_read_files(void **state)
{
	struct rig *rig = *state;
	struct lily_schemas *schemas = lily_schemas_new(NULL);
	const struct lily_schemas_options closed = {.flags = LILY_SCHEMAS_NO_FILES};
	const struct lily_schema *schema;
	const char *path;

	make_folder(rig, "parts");
	(void)rig_write(rig, "parts/a b.json",
		"{\"type\":\"object\",\"properties\":{\"up\":{\"$ref\":\"../top.json\"},"
		"\"n\":{\"$ref\":\"numbers.yaml#/parts/small\"}}}");
	(void)rig_write(rig, "parts/deeper.json", "{\"type\":\"integer\",\"maximum\":9}");
	(void)rig_write(rig, "parts/numbers.yaml", "parts:\n  small: { $ref: deeper.json }\n");
	path = rig_write(
		rig, "top.json", "{\"items\":{\"$ref\":\"parts/a%20b.json\"},\"minItems\":1}");
	must(lily_schemas_open(schemas, path, &schema, &rig->error));
	assert_int_equal(verdict_of(rig, schema, "[{\"n\":9,\"up\":[{\"n\":1}]}]"), 1);
	assert_int_equal(verdict_of(rig, schema, "[{\"n\":10}]"), 0);
	assert_int_equal(verdict_of(rig, schema, "[{\"up\":[]}]"), 0);
	assert_int_equal(verdict_of(rig, schema, "[1]"), 0);
	lily_schemas_free(schemas);

	schemas = lily_schemas_new(&closed);
	must_fail(lily_schemas_open(schemas, path, &schema, &rig->error), LILY_ERROR_INVALID,
		"cannot be resolved");
	lily_schemas_free(schemas);
}

static void
only_relative_references_read_files(void **state)
{
	struct rig *rig = *state;
	struct lily_schemas *schemas = lily_schemas_new(NULL);
	const struct lily_schema *schema;
	char text[300];

	(void)snprintf(text, sizeof(text), "{\"$ref\":\"file://%s\"}",
		rig_write(rig, "other.json", "true"));
	must_fail(lily_schemas_open(
			  schemas, rig_write(rig, "a.json", text), &schema, &rig->error),
		LILY_ERROR_INVALID, "cannot be resolved");
	(void)snprintf(
		text, sizeof(text), "{\"$ref\":\"%s\"}", rig_write(rig, "other.json", "true"));
	must_fail(lily_schemas_open(
			  schemas, rig_write(rig, "a2.json", text), &schema, &rig->error),
		LILY_ERROR_INVALID, "cannot be resolved");
	(void)rig_write(rig, "secret.txt", "true");
	must_fail(lily_schemas_open(schemas,
			  rig_write(rig, "a3.json", "{\"$ref\":\"secret.txt\"}"), &schema,
			  &rig->error),
		LILY_ERROR_INVALID, "cannot be resolved");
	(void)snprintf(
		text, sizeof(text), "{\"$id\":\"https://x.test/a\",\"$ref\":\"other.json\"}");
	must_fail(lily_schemas_open(
			  schemas, rig_write(rig, "b.json", text), &schema, &rig->error),
		LILY_ERROR_INVALID, "https://x.test/other.json");
	must_fail(lily_schemas_open(schemas,
			  rig_write(rig, "c.json", "{\"$ref\":\"missing.json\"}"), &schema,
			  &rig->error),
		LILY_ERROR_INVALID, "missing.json");
	(void)rig_write(rig, "broken.json", "{\n\"type\":");
	must_fail(lily_schemas_open(schemas,
			  rig_write(rig, "d.json", "{\"$ref\":\"broken.json\"}"), &schema,
			  &rig->error),
		LILY_ERROR_INVALID, "broken.json:2:8");
	must_fail(lily_schemas_open(schemas, "/nowhere/at/all.json", &schema, &rig->error),
		LILY_ERROR_NOT_FOUND, "/nowhere/at/all.json");
	lily_schemas_free(schemas);
}

static void
folders_give_what_may_be_schemas(void **state)
{
	struct rig *rig = *state;
	struct lily_schemas *schemas = lily_schemas_new(NULL);
	const struct lily_schema *schema;
	char path[160];

	make_folder(rig, "lib");
	make_folder(rig, "lib/deep");
	(void)rig_write(
		rig, "lib/a.json", "{\"$id\":\"https://x.test/a\",\"$ref\":\"deep/b\"}");
	(void)rig_write(rig, "lib/deep/b.yml", "$id: https://x.test/deep/b\nconst: 7\n");
	(void)rig_write(rig, "lib/list.json", "[1,2]");
	(void)rig_write(rig, "lib/broken.json", "{");
	(void)rig_write(rig, "lib/data.json", "{\"$schema\":\"https://x.test/editor\"}");
	(void)rig_write(rig, "lib/notes.txt", "no schema");
	(void)snprintf(path, sizeof(path), "%s/lib", rig->workspace);
	must(lily_schemas_add_folder(schemas, path, &rig->error));
	must(lily_schemas_get(schemas, "https://x.test/a", &schema, &rig->error));
	assert_int_equal(verdict_of(rig, schema, "7"), 1);
	assert_int_equal(verdict_of(rig, schema, "8"), 0);
	must_fail(lily_schemas_add_folder(schemas, "/nowhere/at/all", &rig->error),
		LILY_ERROR_NOT_FOUND, "/nowhere/at/all");
	lily_schemas_free(schemas);
}

/* --- findings --- */

static void
findings_say_where_in_both_texts(void **state)
{
	static const char text[] =
		"{\"properties\":\n{\"n\":{\"minimum\": 0}},\"additionalProperties\":false}";
	struct rig *rig = *state;
	struct lily_schemas *schemas = lily_schemas_new(NULL);
	struct lily_report *report = lily_report_new();
	struct lily_document *instance =
		instance_of(rig, "order.json", "{\n  \"n\": -1,\n  \"é\": 2\n}\n");
	const struct lily_schema *schema;
	struct lily_finding finding;

	must(lily_schemas_add(
		schemas, "https://x.test/a", "a.json", text, sizeof(text) - 1, &rig->error));
	must(lily_schemas_get(schemas, "https://x.test/a", &schema, &rig->error));
	assert_int_equal(lily_schema_check(schema, instance, report, &rig->error), 0);
	assert_int_equal(lily_report_count(report), 2);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(lily_report_next(report, &finding), 1);
		assert_string_equal(finding.message, "must be at least 0, not -1");
		assert_string_equal(finding.instance_location, "/n");
		assert_string_equal(finding.keyword_location, "/properties/n/minimum");
		assert_string_equal(finding.schema_name, "a.json");
		assert_int_equal(finding.line, 2);
		assert_int_equal(finding.column, 8);
		assert_int_equal(finding.schema_line, 2);
		assert_int_equal(finding.schema_column, 18);
		assert_string_equal(finding.text,
			"order.json:2:8: /n: must be at least 0, not -1\n  |   \"n\": -1,\n"
			"  |        ^\n  = a.json:2:18: /properties/n/minimum");
		assert_int_equal(lily_report_next(report, &finding), 1);
		assert_string_equal(finding.instance_location, "/é");
		assert_int_equal(finding.line, 3);
		assert_int_equal(lily_report_next(report, &finding), 0);
	}
	lily_document_free(instance);
	lily_report_free(report);
	lily_schemas_free(schemas);
}

static void
keys_with_a_nul_are_told_whole(void **state)
{
	struct rig *rig = *state;
	struct lily_schemas *schemas = lily_schemas_new(NULL);
	struct lily_report *report = lily_report_new();
	struct lily_document *instance =
		instance_of(rig, "nul.json", "{\"a\\u0000b\": 1, \"c\\u0000d\": 2}");
	const struct lily_schema *schema;
	struct lily_finding finding;

	add(rig, schemas, "https://x.test/a",
		"{\"properties\":{\"a\\u0000b\":{\"minimum\": 2}},"
		"\"additionalProperties\":false}");
	must(lily_schemas_get(schemas, "https://x.test/a", &schema, &rig->error));
	assert_int_equal(lily_schema_check(schema, instance, report, &rig->error), 0);
	assert_int_equal(lily_report_next(report, &finding), 1);
	assert_int_equal(finding.instance_location_size, 4);
	assert_memory_equal(finding.instance_location, "/a\0b", 5);
	assert_int_equal(finding.keyword_location_size, sizeof("/properties/a\0b/minimum") - 1);
	assert_memory_equal(finding.keyword_location, "/properties/a\0b/minimum",
		finding.keyword_location_size + 1);
	assert_int_equal(finding.message_size, strlen(finding.message));
	assert_non_null(strstr(finding.text, "nul.json:1:14: /a␀b: must be at least 2"));
	assert_true(finding.text_size > strlen("nul.json:1:14: /a␀b: must be at least 2"));
	assert_int_equal(lily_report_next(report, &finding), 1);
	assert_non_null(
		memmem(finding.message, finding.message_size, "\"c\0d\" is not allowed", 20));
	lily_document_free(instance);
	lily_report_free(report);
	lily_schemas_free(schemas);
}

/* Findings far apart in one line, and in many, are at the places that a plain count gives. */
static void
places_in_long_texts_are_exact(void **state)
{
	enum { ITEMS = 600 };
	struct rig *rig = *state;
	struct lily_schemas *schemas = lily_schemas_new(NULL);
	struct lily_report *report = lily_report_new();
	const struct lily_schema *schema;

	add(rig, schemas, "https://x.test/a", "{\"items\":{\"type\":\"string\"}}");
	must(lily_schemas_get(schemas, "https://x.test/a", &schema, &rig->error));
	for (unsigned lines = 0; lines < 3; lines++) {
		char *text = calloc(ITEMS, 64);
		struct lily_document *instance;
		struct lily_finding finding;
		unsigned line = 1;
		unsigned column = 1;
		size_t at = 1;

		assert_non_null(text);
		text[0] = '[';
		for (unsigned i = 0; i < ITEMS; i++)
			at += (size_t)snprintf(text + at, 64, "%s\"%.*s\",%u%s", i ? "," : "",
				(int)(i % 7) * 5, "é€é€é€é€é€é€é€", i % 10,
				lines && i % (lines * 20) == 0 ? "\r\n" : "");
		text[at] = ']';
		instance = instance_of(rig, "long.json", text);
		assert_int_equal(lily_schema_check(schema, instance, report, &rig->error), 0);
		assert_int_equal(lily_report_count(report), ITEMS);
		for (const char *p = text; *p; p++) {
			if (*p >= '0' && *p <= '9') {
				assert_int_equal(lily_report_next(report, &finding), 1);
				assert_int_equal(finding.line, line);
				assert_int_equal(finding.column, column);
				assert_non_null(strstr(finding.text, "\n  | "));
			}
			column += ((unsigned char)*p & 0xC0) != 0x80;
			if (*p == '\n') {
				line++;
				column = 1;
			}
		}
		assert_int_equal(lily_report_next(report, &finding), 0);
		lily_document_free(instance);
		free(text);
	}
	lily_report_free(report);
	lily_schemas_free(schemas);
}

static void
outputs_are_those_of_the_specification(void **state)
{
	struct rig *rig = *state;
	struct lily_schemas *schemas = lily_schemas_new(NULL);
	struct lily_report *report = lily_report_new();
	struct lily_document *instance = instance_of(rig, "x.json", "{\"n\": \"a\"}");
	const struct lily_schema *schema;
	struct lily_document *output;

	add(rig, schemas, "https://x.test/a",
		"{\"properties\":{\"n\":{\"type\":\"integer\"}}}");
	must(lily_schemas_get(schemas, "https://x.test/a", &schema, &rig->error));
	assert_int_equal(lily_schema_check(schema, instance, report, &rig->error), 0);
	lily_document_free(instance);

	instance = instance_of(rig, "x.json", "{\"n\": \"a\"}");
	assert_int_equal(lily_schema_check(schema, instance, report, &rig->error), 0);
	must(lily_report_output(report, LILY_OUTPUT_FLAG, &output, &rig->error));
	assert_int_equal(
		lily_value_boolean(lily_value_get(lily_document_root(output), "valid"), -1), 0);
	assert_int_equal(lily_value_count(lily_document_root(output)), 1);
	lily_document_free(output);
	must(lily_report_output(report, LILY_OUTPUT_BASIC, &output, &rig->error));
	lily_document_free(instance);
	lily_report_free(report);
	lily_schemas_free(schemas);
	/* The document stands by itself. */
	assert_string_equal(rig_text(output, "errors.0.instanceLocation"), "/n");
	assert_string_equal(rig_text(output, "errors.0.keywordLocation"), "/properties/n/type");
	assert_string_equal(rig_text(output, "errors.0.absoluteKeywordLocation"),
		"https://x.test/a#/properties/n/type");
	assert_int_equal(rig_number(output, "errors.0.line"), 1);
	assert_int_equal(rig_number(output, "errors.0.column"), 7);
	lily_document_free(output);
}

static void
values_of_the_callers_making_have_no_place(void **state)
{
	struct rig *rig = *state;
	struct lily_report *report = lily_report_new();
	struct lily_schemas *schemas = lily_schemas_new(NULL);
	const struct lily_schema *schema;
	struct lily_document *list;
	struct lily_finding finding;

	must(lily_schemas_list(&list, &rig->error));
	add(rig, schemas, "https://x.test/a", "{\"maxItems\":1}");
	must(lily_schemas_get(schemas, "https://x.test/a", &schema, &rig->error));
	assert_int_equal(lily_schema_check(schema, list, report, &rig->error), 0);
	assert_int_equal(lily_report_next(report, &finding), 1);
	assert_int_equal(finding.line, 0);
	assert_int_equal(finding.column, 0);
	assert_non_null(strstr(finding.text, "/maxItems"));
	lily_document_free(list);
	lily_report_free(report);
	lily_schemas_free(schemas);
}

/* --- instances --- */

static void
json_lines_are_read_one_by_one(void **state)
{
	static const char text[] = "{\"a\":1}\n\n  \r\n{\"a\":\nnull\r\n\"x\"";
	struct rig *rig = *state;
	struct lily_instances *file;
	struct lily_document *first;
	struct lily_document *instance;

	must(lily_instances_open_text(
		"x.jsonl", text, sizeof(text) - 1, LILY_SYNTAX_BY_NAME, &file, &rig->error));
	first = next_instance(rig, file);
	assert_int_equal(lily_instances_line(file), 1);
	must_fail(lily_instances_next(file, &instance, &rig->error), LILY_ERROR_INVALID,
		"x.jsonl:4:");
	instance = next_instance(rig, file);
	assert_int_equal(lily_instances_line(file), 5);
	assert_int_equal(lily_value_kind(lily_document_root(instance)), LILY_KIND_NULL);
	lily_document_free(instance);
	instance = next_instance(rig, file);
	assert_int_equal(lily_instances_line(file), 6);
	lily_document_free(instance);
	assert_int_equal(lily_instances_next(file, &instance, &rig->error), 0);
	assert_int_equal(lily_instances_next(file, &instance, &rig->error), 0);
	lily_instances_close(file);
	assert_int_equal(lily_value_integer(rig_at(lily_document_root(first), "a"), 0), 1);
	lily_document_free(first);
}

static void
names_say_the_syntax(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		enum lily_syntax syntax;
		int values; /* -1: refused */
	} rows[] = {
		{"a.json", "[1,2]", LILY_SYNTAX_BY_NAME, 1},
		{"a.json", "1\n2", LILY_SYNTAX_BY_NAME, -1},
		{"a.ndjson", "1\n2", LILY_SYNTAX_BY_NAME, 2},
		{"a.yml", "a: [1]", LILY_SYNTAX_BY_NAME, 1},
		{"a.yaml", "a: 1\n---\nb: 1", LILY_SYNTAX_BY_NAME, -1},
		{"a.txt", "a: 1", LILY_SYNTAX_BY_NAME, -1},
		{"a.txt", "a: 1", LILY_SYNTAX_YAML, 1},
		{"a.json", "1\n2\n3", LILY_SYNTAX_JSON_LINES, 3},
		{"a.jsonl", "[1,\n2]", LILY_SYNTAX_JSON, 1},
		{"a.json", "", LILY_SYNTAX_BY_NAME, -1},
		{"a.jsonl", "", LILY_SYNTAX_BY_NAME, 0},
		{"a.json", "\xff", LILY_SYNTAX_BY_NAME, -1},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lily_instances *file;
		struct lily_document *instance;
		int n = 0;
		int r;

		must(lily_instances_open_text(rows[i].name, rows[i].text, strlen(rows[i].text),
			rows[i].syntax, &file, &rig->error));
		while ((r = lily_instances_next(file, &instance, &rig->error)) > 0) {
			lily_document_free(instance);
			n++;
		}
		assert_int_equal(r < 0 ? -1 : n, rows[i].values);
		lily_instances_close(file);
	}
}

/* --- schemas as values, and lily's own --- */

static void
schemas_are_checked_whole(void **state)
{
	static const struct {
		const char *text;
		int shallow, deep; /* 1, 0 or an error */
	} rows[] = {
		{"{\"type\":\"object\"}", 1, 1},
		{"{\"type\":\"objekt\"}", 0, 0},
		{"[]", 0, 0},
		{"{\"$defs\":{\"a\":{\"minLength\":-1}}}", 0, 0},
		{"{\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"}}}", 1, LILY_ERROR_INVALID},
		{"{\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{}}}", 1, 1},
		{"{\"$defs\":{\"a\":{\"$ref\":\"nowhere.json\"}}}", 1, LILY_ERROR_INVALID},
		{"{\"$defs\":{\"a\":{\"pattern\":\"a(\"}}}", 0, 0},
		{"{\"$schema\":\"https://x.test/none\"}", LILY_ERROR_INVALID,
			LILY_ERROR_INVALID},
		{"{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"const\":1}", 1, 1},
		{"{\"$schema\":\"http://json-schema.org/draft-04/schema#\","
		 "\"exclusiveMinimum\":1}",
			0, 0},
		{"{", LILY_ERROR_INVALID, LILY_ERROR_INVALID},
	};
	struct rig *rig = *state;
	struct lily_report *report = lily_report_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lily_schemas *schemas = lily_schemas_new(NULL);
		const char *path = rig_write(rig, "s.json", rows[i].text);

		assert_int_equal(lily_schemas_check_file(schemas, path, LILY_SCHEMA_SHALLOW,
					 report, &rig->error),
			rows[i].shallow);
		assert_int_equal(lily_schemas_check_file(
					 schemas, path, LILY_SCHEMA_DEEP, report, &rig->error),
			rows[i].deep);
		lily_schemas_free(schemas);
	}
	lily_report_free(report);
}

static void
lilys_own_schemas_are_schemas(void **state)
{
	struct rig *rig = *state;
	struct lily_schemas *schemas = lily_schemas_new(NULL);
	struct lily_report *report = lily_report_new();
	struct lily_document *list;
	size_t n;

	must(lily_schemas_list(&list, &rig->error));
	n = lily_value_count(lily_document_root(list));
	assert_true(n > 40);
	for (size_t i = 0; i < n; i++) {
		const struct lily_value *row = lily_value_at(lily_document_root(list), i);
		const char *id = lily_value_text(lily_value_get(row, "id"), NULL);
		const char *uri = lily_value_text(lily_value_get(row, "uri"), NULL);
		const struct lily_schema *schema;
		const char *text;
		const char *same;

		assert_int_not_equal(*lily_value_text(lily_value_get(row, "title"), NULL), 0);
		must(lily_schemas_text(id, &text, &rig->error));
		must(lily_schemas_text(uri, &same, &rig->error));
		assert_ptr_equal(text, same);
		must(lily_schemas_get(schemas, id, &schema, &rig->error));
		must(lily_schema_check_itself(schema, report, &rig->error));
		assert_int_equal(lily_report_count(report), 0);
	}
	must_fail(lily_schemas_text("nope", &(const char *){NULL}, &rig->error),
		LILY_ERROR_NOT_FOUND, "nope");
	lily_document_free(list);
	lily_report_free(report);
	lily_schemas_free(schemas);
}

#define META "https://far.test/meta"

/* What the resolver has, and what it was asked for. */
struct library {
	char asked[2000];
	int answer; /* of what it has not */
};

static int
look_up(void *context, const char *uri, const char **ret_text, size_t *ret_size)
{
	static const char *const documents[][2] = {
		{"https://far.test/order",
			"{\"properties\": {\"items\": {\"items\": {\"$ref\": "
			"\"item#part\"}}}}"},
		{"https://far.test/item",
			"{\"$defs\": {\"p\": {\"$anchor\": \"part\", \"$ref\": "
			"\"size.yaml\"}}}"},
		{"https://far.test/size.yaml",
			"$schema: " META "\ntype: integer\nminimum: 3\n"},
		{META,
			"{" DIALECT "\"$id\": \"" META "\", \"$vocabulary\": {"
			"\"https://json-schema.org/draft/2020-12/vocab/core\": true, "
			"\"https://json-schema.org/draft/2020-12/vocab/validation\": true}}"},
		{"https://far.test/cut", "{\"type\": "},
	};
	struct library *library = context;
	size_t used = strlen(library->asked);

	(void)snprintf(library->asked + used, sizeof(library->asked) - used, "%s ", uri);
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++)
		if (strcmp(documents[i][0], uri) == 0) {
			*ret_text = documents[i][1];
			*ret_size = strlen(documents[i][1]);
			return 1;
		}
	return library->answer;
}

static void
documents_are_asked_of_the_resolver_once(void **state)
{
	struct rig *rig = *state;
	struct library library = {.answer = 0};
	struct lily_schemas *schemas = lily_schemas_new(&(struct lily_schemas_options){
		.flags = LILY_SCHEMAS_NO_FILES, .resolver = look_up, .context = &library});
	const struct lily_schema *schema;

	add(rig, schemas, "https://near.test/a",
		"{\"properties\": {\"o\": {\"$ref\": \"https://far.test/order\"}, "
		"\"p\": {\"$ref\": \"https://far.test/order#/properties\"}}}");
	must(lily_schemas_get(schemas, "https://near.test/a", &schema, &rig->error));
	assert_string_equal(library.asked,
		"https://far.test/order https://far.test/item https://far.test/size.yaml " META
		" ");
	assert_int_equal(verdict_of(rig, schema, "{\"o\": {\"items\": [3]}}"), 1);
	assert_int_equal(verdict_of(rig, schema, "{\"o\": {\"items\": [2]}}"), 0);
	must(lily_schemas_get(schemas, "https://far.test/item#part", &schema, &rig->error));
	assert_int_equal(verdict_of(rig, schema, "2"), 0);
	assert_null(strstr(library.asked, META " https"));
	lily_schemas_free(schemas);
}

static void
what_is_asked_for_need_not_have_been_added(void **state)
{
	struct rig *rig = *state;
	struct library library = {.answer = 0};
	struct lily_schemas *schemas = lily_schemas_new(
		&(struct lily_schemas_options){.resolver = look_up, .context = &library});
	const struct lily_schema *schema;

	must(lily_schemas_get(schemas, "https://far.test/order", &schema, &rig->error));
	assert_int_equal(verdict_of(rig, schema, "{\"items\": [2]}"), 0);
	must(lily_schemas_get(schemas, "run_event.v1", &schema, &rig->error));
	assert_null(strstr(library.asked, "run_event"));
	must_fail(lily_schemas_get(schemas, "https://far.test/none", &schema, &rig->error),
		LILY_ERROR_NOT_FOUND, "https://far.test/none");
	must_fail(lily_schemas_get(schemas, "https://far.test/none", &schema, &rig->error),
		LILY_ERROR_NOT_FOUND, "https://far.test/none");
	assert_null(strstr(strstr(library.asked, "none") + 4, "none"));
	lily_schemas_free(schemas);
}

static void
a_resolver_that_fails_is_heard(void **state)
{
	struct rig *rig = *state;
	struct library library = {.answer = LILY_ERROR_DENIED};
	struct lily_schemas *schemas = lily_schemas_new(
		&(struct lily_schemas_options){.resolver = look_up, .context = &library});
	const struct lily_schema *schema;

	add(rig, schemas, "https://near.test/a", "{\"$ref\": \"https://far.test/secret\"}");
	must_fail(lily_schemas_get(schemas, "https://near.test/a", &schema, &rig->error),
		LILY_ERROR_DENIED, "https://far.test/secret: the resolver cannot give it");
	must_fail(lily_schemas_get(schemas, "https://far.test/cut", &schema, &rig->error),
		LILY_ERROR_INVALID, "https://far.test/cut:1:");
	lily_schemas_free(schemas);
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, rig_open, rig_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(schemas_are_found_by_uri_id_and_pointer),
		RIGGED(documents_are_asked_of_the_resolver_once),
		RIGGED(what_is_asked_for_need_not_have_been_added),
		RIGGED(a_resolver_that_fails_is_heard),
		RIGGED(what_is_no_schema_is_refused_with_its_place),
		RIGGED(a_uri_names_one_document),
		RIGGED(drafts_and_formats_are_as_asked),
		RIGGED(relative_references_read_files),
		RIGGED(only_relative_references_read_files),
		RIGGED(folders_give_what_may_be_schemas),
		RIGGED(findings_say_where_in_both_texts),
		RIGGED(keys_with_a_nul_are_told_whole),
		RIGGED(places_in_long_texts_are_exact),
		RIGGED(outputs_are_those_of_the_specification),
		RIGGED(values_of_the_callers_making_have_no_place),
		RIGGED(json_lines_are_read_one_by_one),
		RIGGED(names_say_the_syntax),
		RIGGED(schemas_are_checked_whole),
		RIGGED(lilys_own_schemas_are_schemas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
