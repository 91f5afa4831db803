/* Schemas by id: which ids there are, the same one twice, references, and what is wrong with one. */
#include "contract/registry.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	const char *id;
	bool valid;
} ids[] = {
	{"review.v1", true},
	{"a.b.v12", true},
	{"pack/review.v1", true},
	{"_x.v4294967295", true},
	{"", false},
	{"review", false},
	{"review.v", false},
	{"review.v0", false},
	{"review.v01", false},
	{"review.v1x", false},
	{"review.1", false},
	{".v1", false},
	{"v1", false},
	{"re view.v1", false},
	{"a/b/c.v1", false},
	{"/review.v1", false},
	{"pack/", false},
	{"-x.v1", false},
	{"review.v4294967296", false},
};

static void
test_ids(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (registry_is_id(str_of(ids[i].id)) != ids[i].valid)
			fail_msg("%s", ids[i].id);
}

static void
must_add(struct registry *registry, const char *id, const char *place, const char *text)
{
	struct err err = ERR_INIT;

	if (registry_add(registry, str_of(id), place, str_of(text), &err) < 0)
		fail_msg("%s: %s", id, err.message);
}

static void
check_refused(struct registry *registry, const char *id, const char *place, const char *text,
	const char *message)
{
	struct err err = ERR_INIT;
	int r = registry_add(registry, str_of(id), place, str_of(text), &err);

	if (r == 0)
		r = registry_verify(registry, str_of(id), &err);
	assert_int_equal(r, ERR_INVALID);
	if (!strstr(err.message, message))
		fail_msg("%s\nhas no: %s", err.message, message);
}

static bool
is_valid(struct registry *registry, const char *name, struct value v)
{
	struct checker *checker = checker_new(NULL);
	const struct schema *schema;
	struct err err = ERR_INIT;
	int r = registry_get(registry, str_of(name), &schema, &err);

	if (r == 0)
		r = schema_is_valid(schema, checker, &v, &err);
	checker_free(checker);
	if (r < 0)
		fail_msg("%s: %s", name, err.message);
	return r;
}

static void
test_equal_bytes_are_one_schema(void **state)
{
	struct registry *registry = registry_new(REGISTRY_OF_KERNEL);
	struct err err = ERR_INIT;

	(void)state;
	must_add(registry, "a.v1", "one.json", "{\"type\":\"string\"}");
	must_add(registry, "a.v1", "two.json", "{\"type\":\"string\"}");
	assert_int_equal(registry_add(registry, STR("a.v1"), "three.json",
				 STR("{\"type\":\"null\"}"), &err),
		ERR_INVALID);
	assert_non_null(strstr(err.message, "one.json and three.json"));
	assert_string_equal(registry_find(registry, STR("a.v1"))->place, "one.json");
	assert_true(is_valid(registry, "a.v1", value_string(STR("x"))));
	assert_false(is_valid(registry, "a.v1", value_null()));
	registry_free(registry);
}

/* They are computed when lily is built, from the files and not from the table. */
static void
test_digests_of_the_kernels_own(void **state)
{
	struct registry *registry = registry_new(REGISTRY_OF_KERNEL);
	const struct registry_entry *entry;
	size_t n = 0;

	(void)state;
	while ((entry = registry_at(registry, n))) {
		struct digest digest;

		digest_of(entry->bytes.p, entry->bytes.n, &digest);
		assert_true(digest_equal(&digest, &entry->digest));
		n++;
	}
	assert_true(n > 10);
	registry_free(registry);
}

static void
test_schemas_refer_to_each_other(void **state)
{
	struct registry *registry = registry_new(REGISTRY_OF_KERNEL);

	(void)state;
	must_add(registry, "by-id.v1", "a.json", "{\"$ref\":\"base.v1\"}");
	must_add(registry, "by-uri.v1", "b.yaml", "$ref: https://example.com/base\n");
	must_add(registry, "base.v1", "c.json",
		"{\"$id\":\"https://example.com/base\",\"type\":\"string\"}");
	assert_true(is_valid(registry, "by-id.v1", value_string(STR("x"))));
	assert_false(is_valid(registry, "by-id.v1", value_null()));
	assert_false(is_valid(registry, "by-uri.v1", value_null()));
	assert_false(is_valid(registry, "https://example.com/base", value_null()));
	assert_false(is_valid(registry, REGISTRY_BASE "base.v1", value_null()));
	registry_free(registry);
}

static void
test_wrong_schemas(void **state)
{
	struct registry *registry = registry_new(REGISTRY_OF_KERNEL);
	const struct schema *schema;
	struct err err = ERR_INIT;

	(void)state;
	check_refused(registry, "a", "a.json", "{}", "\"a\" is no id of a schema");
	check_refused(registry, "a.v1", "a.json", "{\n \"type\": }", "a.json:2:10:");
	check_refused(registry, "b.v1", "b.yaml", "type: [\n", "b.yaml:2:1:");
	check_refused(registry, "c.v1", "c.json", "[]", "c.json:1:1: a schema is an object");
	check_refused(registry, "d.v1", "d.json", "{\n \"type\": \"strin\"}", "d.json:2:10:");
	/* Where nothing refers to it, only the meta-schema sees it. */
	check_refused(registry, "e.v1", "e.json", "{\"$defs\":{\"x\":{\"minLength\":-1}}}",
		"e.json:1:28:");
	check_refused(
		registry, "f.v1", "f.json", "{\"$ref\":\"elsewhere.json\"}", "f.json:1:9:");
	assert_int_equal(registry_get(registry, STR("d.v2"), &schema, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.message, "there is no schema \"d.v2\"; did you mean"));
	registry_free(registry);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_equal_bytes_are_one_schema),
		cmocka_unit_test(test_digests_of_the_kernels_own),
		cmocka_unit_test(test_schemas_refer_to_each_other),
		cmocka_unit_test(test_wrong_schemas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
