/* The schema that editors complete and check workflow files by has every key that is read, and no other. */
#include "graph/keys.h"
#include "base/file.h"
#include "json/json.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SCHEMA SOURCE_ROOT "/schemas/workflow.json"
#define SCHEMA_MAX ((size_t)4 << 20)

struct row {
	const struct key_table *table;
	const char *properties; /* where the schema has them, by JSON Pointer */
};

static const struct row rows[] = {
	{&workflow_keys, "/properties"},
	{&defaults_keys, "/properties/defaults/properties"},
	{&budget_keys, "/properties/budget/properties"},
	{&concurrency_keys, "/properties/concurrency/properties"},
	{&step_keys, "/definitions/step/properties"},
	{&foreach_keys, "/definitions/foreach/anyOf/2/properties"},
	{&in_keys, "/definitions/artifact/anyOf/1/properties"},
	{&out_keys, "/definitions/out/additionalProperties/anyOf/1/properties"},
	{&input_keys, "/definitions/input_of_workflow/properties"},
	{&retry_keys, "/definitions/retry/properties"},
	{&cache_keys, "/definitions/cache/anyOf/1/properties"},
	{&schema_keys, "/definitions/schema_entry/anyOf/1/properties"},
	{&validator_keys, "/definitions/validator/properties"},
	{&secret_keys, "/definitions/secret/properties"},
	{&human_keys, "/definitions/human/properties"},
	{&approve_keys, "/definitions/approve/properties"},
};

static bool
has_key(const struct key_table *table, struct str name)
{
	for (size_t i = 0; i < table->n; i++)
		if (str_is(name, table->keys[i].name))
			return true;
	return false;
}

static void
compare(const struct value *schema, const struct row *row)
{
	const struct value *properties = json_pointer_get(schema, str_of(row->properties));

	if (!properties || properties->kind != VALUE_OBJECT)
		fail_msg("%s: not there", row->properties);
	for (size_t i = 0; i < row->table->n; i++)
		if (!value_get(properties, str_of(row->table->keys[i].name)))
			fail_msg("%s: \"%s\" is read and not described", row->properties,
				row->table->keys[i].name);
	for (uint32_t i = 0; i < properties->n; i++) {
		struct str name = value_text(&properties->members[i].key);

		if (!has_key(row->table, name))
			fail_msg("%s: \"%.*s\" is described and not read", row->properties,
				STR_ARG(name));
	}
}

static void
the_schema_for_editors_has_the_keys_that_are_read(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(SCHEMA_MAX);
	struct source source = {.name = SCHEMA};
	struct err err = ERR_INIT;
	const struct value *schema;

	(void)state;
	if (file_read(AT_FDCWD, SCHEMA, &text, &err) < 0)
		fail_msg("%s", err.message);
	source.text = buf_str(&text);
	if (json_parse(&arena, &source, JSON_UNIQUE_KEYS, NULL, &schema, &err) < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		compare(schema, &rows[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_schema_for_editors_has_the_keys_that_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
