#include "contract/references.h"

#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BASE "https://x.test/a/s.json"

struct setting {
	struct arena arena;
	struct references *references;
};

#define AUTO_SETTING __attribute__((cleanup(setting_done)))

static void
setting_done(struct setting *s)
{
	references_free(s->references);
	arena_done(&s->arena);
}

static void
add(struct setting *s, const char *uri, const char *text)
{
	struct source *source = ARENA_NEW(&s->arena, struct source);
	const struct value *root;
	struct err err = ERR_INIT;

	*source = (struct source){.name = "s.json", .text = str_of(text)};
	if (json_parse(&s->arena, source, 0, NULL, &root, &err) ||
		references_add(s->references, str_of(uri), root, source, DRAFT_2020_12, &err))
		fail_msg("%s", err.message);
}

static void
expect(struct setting *s, const char *written, const char *uri)
{
	struct reference reference;

	if (!references_next(s->references, &reference))
		fail_msg("%s is not found", written);
	if (!str_is(reference.written, written) || !str_is(reference.uri, uri))
		fail_msg("%.*s, %.*s", STR_ARG(reference.written), STR_ARG(reference.uri));
}

static void
what_is_not_there_is_named_once(void **state)
{
	AUTO_SETTING struct setting s = {.arena = ARENA_INIT, .references = references_new()};
	struct reference reference;

	(void)state;
	add(&s, BASE,
		"{\"$ref\":\"b.json#/x\",\"$defs\":{\"in\":{\"$ref\":\"#/$defs/two\"},\"two\":{"
		"\"$id\":\"../c/\",\"items\":{\"$dynamicRef\":\"d.json\"}},"
		"\"data\":{\"const\":{\"$ref\":\"no.json\"}}}}");
	expect(&s, "b.json#/x", "https://x.test/a/b.json");
	/* "x" is no schema until somebody points to it. */
	add(&s, "https://x.test/a/b.json",
		"{\"x\":{\"$ref\":\"e.json\"},\"y\":{\"$ref\":\"f.json\"},\"not\":{\"$ref\":"
		"\"s.json\"}}");
	expect(&s, "d.json", "https://x.test/c/d.json");
	expect(&s, "e.json", "https://x.test/a/e.json");
	assert_false(references_next(s.references, &reference));
	assert_false(references_next(s.references, &reference));
}

static void
pointers_make_schemas_of_other_parts(void **state)
{
	AUTO_SETTING struct setting s = {.arena = ARENA_INIT, .references = references_new()};
	struct reference reference;

	(void)state;
	add(&s, BASE,
		"{\"components\":{\"A\":{\"$ref\":\"b.json\"},\"B\":{\"$ref\":\"c.json\"}},"
		"\"$ref\":\"#/components/A\"}");
	expect(&s, "b.json", "https://x.test/a/b.json");
	assert_false(references_next(s.references, &reference));
}

static void
drafts_are_always_there(void **state)
{
	AUTO_SETTING struct setting s = {.arena = ARENA_INIT, .references = references_new()};
	struct reference reference;

	(void)state;
	add(&s, BASE,
		"{\"allOf\":[{\"$ref\":\"http://json-schema.org/draft-07/schema#\"},"
		"{\"$ref\":\"urn:lily:schema:tree.v1\"}]}");
	assert_false(references_next(s.references, &reference));
}

static void
all_of_a_document_is_referred_to(void **state)
{
	AUTO_SETTING struct setting s = {.arena = ARENA_INIT, .references = references_new()};
	AUTO_BUF struct buf b = BUF_INIT(4096);

	(void)state;
	add(&s, BASE, "{\"$defs\":{\"a\":{\"not\":true}}}");
	add(&s, "https://x.test/other", "{\"items\":{}}");
	json_write(references_to_all(s.references, STR(BASE), &s.arena), &b);
	assert_string_equal(buf_cstr(&b),
		"{\"allOf\":[{\"$ref\":\"" BASE "#\"},{\"$ref\":\"" BASE
		"#/$defs/a\"},{\"$ref\":\"" BASE "#/$defs/a/not\"}]}");
	buf_clear(&b);
	json_write(references_to_all(s.references, STR("https://x.test/none"), &s.arena), &b);
	assert_string_equal(buf_cstr(&b), "{}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_there_is_named_once),
		cmocka_unit_test(pointers_make_schemas_of_other_parts),
		cmocka_unit_test(drafts_are_always_there),
		cmocka_unit_test(all_of_a_document_is_referred_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
