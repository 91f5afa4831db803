/* Sets of schemas: their document, their URIs and back, and how references resolve between them. */
#include "contract/schema_set.h"

#include "contract/references.h"
#include "contract/registry.h"
#include "contract/uri.h"
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
paths_come_back(void **state)
{
	static const char *const paths[] = {"a.json", "a/b.json", "../a.json",
		"../../a/b c%.json", "../../../../../../../../../../../../../../../../x.json",
		"\xc3\xa4.json", "up3/x.json"};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str path;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct str uri = schema_set_uri(STR("p/x.v1"), str_of(paths[i]), &arena);

		assert_true(schema_set_path(STR("p/x.v1"), uri, &arena, &path));
		if (!str_is(path, paths[i]))
			fail_msg("%s became %.*s", paths[i], STR_ARG(path));
		assert_false(schema_set_path(STR("x.v1"), uri, &arena, &path));
	}
	assert_false(schema_set_path(STR("x.v1"), STR("lily:///sets/x.v1/"), &arena, &path) &&
		path.n == 0);
}

static const struct {
	const char *from, *written, *to;
} references[] = {
	{"a.json", "b.json", "b.json"},
	{"a.json", "./c/b.json#/x", "c/b.json"},
	{"c/a.json", "../b.json", "b.json"},
	{"c/a.json", "../../b.json", "../b.json"},
	{"../a.json", "c/b.json", "../c/b.json"},
};

static void
references_resolve_as_paths_do(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(references); i++) {
		struct str base =
			schema_set_uri(STR("x.v1"), str_of(references[i].from), &arena);
		struct str fragment;
		struct str uri = uri_without_fragment(
			uri_resolve(&arena, base, str_of(references[i].written)), &fragment);
		struct str path;

		assert_true(schema_set_path(STR("x.v1"), uri, &arena, &path));
		if (!str_is(path, references[i].to))
			fail_msg("%s from %s: %.*s", references[i].written, references[i].from,
				STR_ARG(path));
	}
}

static void
a_document_has_its_files_in_order(void **state)
{
	struct schema_file files[] = {
		{STR("r.json"), STR("true")}, {STR("a.yaml"), STR("a: \"b\"\n")}};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT(1000);
	struct schema_file *read;
	struct err err = ERR_INIT;
	struct str root;
	size_t n;

	(void)state;
	schema_set_write(STR("r.json"), files, 2, &b);
	assert_true(schema_set_is(buf_str(&b)));
	assert_string_equal(buf_cstr(&b),
		"{\"schema_set\":1,\"root\":\"r.json\",\"files\":"
		"{\"a.yaml\":\"a: \\\"b\\\"\\n\",\"r.json\":\"true\"}}\n");
	assert_int_equal(schema_set_read(buf_str(&b), &arena, &root, &read, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_true(str_is(root, "r.json"));
	assert_true(str_is(read[0].text, "a: \"b\"\n"));
	assert_int_equal(schema_set_read(STR("{\"schema_set\":1,\"root\":\"x\",\"files\":{}}"),
				 &arena, &root, &read, &n, &err),
		ERR_CORRUPT);
	assert_false(schema_set_is(STR("{\"schema_set\": 1}")));
}

/* What is in a registry as a set, and as a schema of its own, refer to each other. */
static void
ids_and_files_meet(void **state)
{
	struct schema_file files[] = {{STR("r.json"), STR("{\"$ref\":\"d/s.json\"}")},
		{STR("d/s.json"), STR("{\"$ref\":\"plain.v1#/$defs/x\"}")}};
	struct registry *registry = registry_new(REGISTRY_OF_KERNEL);
	AUTO_BUF struct buf b = BUF_INIT(1000);
	const struct schema *schema;
	struct err err = ERR_INIT;

	(void)state;
	schema_set_write(STR("r.json"), files, 2, &b);
	assert_int_equal(
		registry_add(registry, STR("set.v1"), "f/r.json", buf_str(&b), &err), 0);
	assert_int_equal(registry_add(registry, STR("plain.v1"), "p.json",
				 STR("{\"$defs\":{\"x\":{\"$ref\":\"set.v1\"}}}"), &err),
		0);
	if (registry_verify(registry, STR("set.v1"), &err) < 0)
		fail_msg("%s", err.message);
	if (registry_get(registry, STR("plain.v1"), &schema, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(registry_find(registry, STR("set.v1"))->n_files, 2);
	registry_free(registry);
}

static const struct {
	const char *schema;
	const char *loop; /* NULL: none */
} loops[] = {
	{"{\"$ref\":\"#\"}", "#"},
	{"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#\"}}}", "#/$defs/a"},
	{"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},"
	 "\"b\":{\"$ref\":\"#/$defs/a\"}}}",
		"#/$defs/b"},
	/* By what looks at the same value. */
	{"{\"allOf\":[{\"$ref\":\"#\"}]}", "#"},
	{"{\"not\":{\"$ref\":\"#\"}}", "#"},
	{"{\"anyOf\":[{\"type\":\"null\"},{\"oneOf\":[{\"$ref\":\"#/anyOf/1\"}]}]}",
		"#/anyOf/1"},
	{"{\"if\":{\"$ref\":\"#\"},\"then\":true}", "#"},
	{"{\"$dynamicAnchor\":\"x\",\"allOf\":[{\"$dynamicRef\":\"#x\"}]}", "#x"},
	{"{\"$defs\":{\"a\":{\"allOf\":[{\"$ref\":\"#/$defs/b\"}]},"
	 "\"b\":{\"not\":{\"$ref\":\"#/$defs/a\"}}}}",
		"#/$defs/b"},
	{"{\"$schema\":\"https://json-schema.org/draft/2019-09/schema\","
	 "\"oneOf\":[{\"$recursiveRef\":\"#\"}]}",
		"#"},
	/* Each value's parts are others. */
	{"{\"properties\":{\"x\":{\"$ref\":\"#\"}}}", NULL},
	{"{\"anyOf\":[{\"type\":\"null\"},{\"items\":{\"$ref\":\"#\"}}]}", NULL},
	{"{\"$dynamicAnchor\":\"x\",\"additionalProperties\":{\"$dynamicRef\":\"#x\"}}", NULL},
	/* What is looked at twice is no loop. */
	{"{\"allOf\":[{\"$ref\":\"#/$defs/a\"},{\"$ref\":\"#/$defs/"
	 "a\"}],\"$defs\":{\"a\":true}}",
		NULL},
	/* A draft that has no such word, and one in which only the reference counts. */
	{"{\"$schema\":\"http://json-schema.org/draft-04/schema#\",\"if\":{\"$ref\":\"#\"}}",
		NULL},
	{"{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"properties\":{\"x\":{"
	 "\"$ref\":\"#/definitions/a\",\"allOf\":[{\"$ref\":\"#/properties/x\"}]}},"
	 "\"definitions\":{\"a\":true}}",
		NULL},
	{"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"type\":\"string\"}}}", NULL},
	{"{\"const\":{\"$ref\":\"#/const\"}}", NULL},
};

static void
loops_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(loops); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		const struct source source = {"s", str_of(loops[i].schema)};
		struct references *all = references_new();
		struct reference found;
		const struct value *root;
		struct err err = ERR_INIT;

		assert_int_equal(json_parse(&arena, &source, 0, NULL, &root, &err), 0);
		assert_int_equal(
			references_add(all, STR("urn:x"), root, &source, DRAFT_2020_12, &err),
			0);
		if (references_find_loop(all, STR_EMPTY, &found) != (loops[i].loop != NULL))
			fail_msg("%s", loops[i].schema);
		if (loops[i].loop && !str_is(found.written, loops[i].loop))
			fail_msg("%s: %.*s", loops[i].schema, STR_ARG(found.written));
		references_free(all);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_come_back),
		cmocka_unit_test(references_resolve_as_paths_do),
		cmocka_unit_test(a_document_has_its_files_in_order),
		cmocka_unit_test(ids_and_files_meet),
		cmocka_unit_test(loops_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
