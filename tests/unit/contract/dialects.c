#include "contract/dialects.h"

#include "base/memory.h"
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define D2020 "https://json-schema.org/draft/2020-12/schema"
#define D07 "http://json-schema.org/draft-07/schema#"
#define D04 "http://json-schema.org/draft-04/schema#"

/* The parts of a text, one a line: the meta-schema, the pointer, the value. */
static void
check_split(const char *text, const char *expected)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT(SIZE_MAX);
	struct source source = {"s.json", str_of(text)};
	struct dialect_part *parts;
	const struct value *root;
	struct err err = ERR_INIT;
	size_t n;

	if (json_parse(&arena, &source, 0, NULL, &root, &err))
		fail_msg("%s", err.message);
	dialects_split(root, DRAFT_2020_12, &arena, &parts, &n);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&b, "%.*s %.*s ", STR_ARG(parts[i].meta), STR_ARG(parts[i].pointer));
		json_write(parts[i].root, &b);
		buf_add_cstr(&b, "\n");
	}
	assert_string_equal(buf_cstr(&b), expected);
}

static void
most_documents_are_one_part(void **state)
{
	(void)state;
	check_split("{\"items\":{}}", D2020 "  {\"items\":{}}\n");
	check_split("true", D2020 "  true\n");
	check_split("{\"$schema\":\"" D07 "\"}", D07 "  {\"$schema\":\"" D07 "\"}\n");
	/* The same draft inside is the outer's to judge, with or without its empty fragment. */
	check_split("{\"$schema\":\"" D07 "\",\"not\":{\"$id\":\"b\",\"$schema\":"
		    "\"http://json-schema.org/draft-07/schema\"}}",
		D07 "  {\"$schema\":\"" D07 "\",\"not\":{\"$id\":\"b\",\"$schema\":"
		    "\"http://json-schema.org/draft-07/schema\"}}\n");
	/* What cannot be read as schemas, and what only looks like one. */
	check_split("{\"$schema\":\"x:unknown\"}", "x:unknown  {\"$schema\":\"x:unknown\"}\n");
	check_split("{\"const\":{\"$id\":\"b\",\"$schema\":\"" D07 "\"}}",
		D2020 "  {\"const\":{\"$id\":\"b\",\"$schema\":\"" D07 "\"}}\n");
}

static void
embedded_resources_are_parts(void **state)
{
	(void)state;
	check_split("{\"$defs\":{\"a\":{\"$id\":\"a\",\"$schema\":\"" D07
		    "\",\"items\":[true]},"
		    "\"b\":{}},\"allOf\":[{},{\"$id\":\"c\",\"$schema\":\"" D07 "\"}]}",
		D2020 "  {\"$defs\":{\"a\":{},\"b\":{}},\"allOf\":[{},{}]}\n" D07
		      " /$defs/a {\"$id\":\"a\",\"$schema\":\"" D07 "\",\"items\":[true]}\n" D07
		      " /allOf/1 {\"$id\":\"c\",\"$schema\":\"" D07 "\"}\n");
}

static void
parts_are_in_parts(void **state)
{
	(void)state;
	check_split("{\"not\":{\"$id\":\"a\",\"$schema\":\"" D07 "\",\"definitions\":{\"x/y\":"
		    "{\"$id\":\"b\",\"$schema\":\"" D2020 "\",\"minLength\":-1}}}}",
		D2020 "  {\"not\":{}}\n" D07 " /not {\"$id\":\"a\",\"$schema\":\"" D07
		      "\",\"definitions\":{\"x/y\":{}}}\n" D2020
		      " /not/definitions/x~1y {\"$id\":\"b\",\"$schema\":\"" D2020
		      "\",\"minLength\":-1}\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(most_documents_are_one_part),
		cmocka_unit_test(embedded_resources_are_parts),
		cmocka_unit_test(parts_are_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
