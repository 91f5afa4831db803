#include "fixture.h"
#include "json/yaml.h"

#include <stdio.h>

static void
says_under(const struct collection_options *options, const char *schema, const char *instance,
	const char *described)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	AUTO_BUF struct buf b = BUF_INIT(10000);

	f.collection = collection_new(options);
	fixture_open(&f, schema);
	assert_int_equal(fixture_check(&f, instance), 0);
	report_describe(f.report, &f.instance, &b);
	if (!strstr(buf_cstr(&b), described))
		fail_msg("%s %s:\n%s", schema, instance, buf_cstr(&b));
}

static void
says(const char *schema, const char *instance, const char *described)
{
	says_under(NULL, schema, instance, described);
}

static void
messages_say_what_was_found_and_what_was_expected(void **state)
{
	(void)state;
	says("{\"type\": \"string\"}", "[1]",
		"instance.json:1:1: must be a string, not an array");
	says("{\"type\": [\"integer\", \"null\"]}", "1.5",
		"must be null or a whole number, not 1.5");
	says("{\"minimum\": 3}", "2", "must be at least 3, not 2");
	says("{\"exclusiveMaximum\": 3}", "3", "must be less than 3, not 3");
	says("{\"multipleOf\": 0.5}", "0.7", "must be a multiple of 0.5, not 0.7");
	says("{\"minLength\": 3}", "\"a\xC3\xA9\"", "must have at least 3 characters, has 2");
	says("{\"maxItems\": 1}", "[1, 2]", "must have at most 1 item, has 2");
	says("{\"minProperties\": 1}", "{}", "must have at least 1 property, has 0");
	says("{\"pattern\": \"^a$\"}", "\"b\"", "\"b\" does not match the pattern \"^a$\"");
	says("{\"uniqueItems\": true}", "[1, 2, 1.0]",
		"items must differ; number 1 and number 3 are equal");
	says("{\"const\": \"x\"}", "\"y\"", "must be \"x\", not \"y\"");
	says("{\"contains\": {\"type\": \"null\"}}", "[1]",
		"no item fits \"contains\"; at least 1 must");
	says("{\"contains\": {}, \"maxContains\": 1}", "[1, 2]",
		"2 items fit \"contains\"; at most 1 may");
	says("{\"not\": {}}", "1", "must not be what \"not\" describes");
}

static void
slips_are_guessed(void **state)
{
	(void)state;
	says("{\"enum\": [\"fetch\", \"build\", \"deploy\"]}", "\"biuld\"",
		"must be one of \"fetch\", \"build\", \"deploy\", not \"biuld\"; did you mean "
		"\"build\"?");
	says("{\"properties\": {\"needs\": {}, \"name\": {}}, \"additionalProperties\": false}",
		"{\"name\": 1,\n \"need\": []}",
		"instance.json:2:2: /need: \"need\" is not allowed here; did you mean "
		"\"needs\"?");
	says("{\"required\": [\"colour\"]}", "{\"color\": 1}",
		"\"colour\" is missing; is \"color\" meant to be it?");
	says("{\"enum\": [\"MIT\", \"Apache-2.0\"]}", "\"mit\"",
		"not \"mit\"; did you mean \"MIT\"?");
}

/* Those that are evaluated by whatever schema in place. */
static void
a_name_that_is_not_evaluated_is_guessed_as_well(void **state)
{
	static const char *const schema =
		"{\"$ref\": \"#/$defs/a\", \"allOf\": [{\"properties\": {\"retries\": {}}}],"
		" \"if\": {\"required\": [\"x\"]}, \"else\": {\"properties\": {\"branch\": "
		"{}}},"
		" \"dependentSchemas\": {\"y\": {\"properties\": {\"needs\": {}}}},"
		" \"unevaluatedProperties\": false,"
		" \"$defs\": {\"a\": {\"properties\": {\"timeout\": {}}},"
		" \"b\": {\"properties\": {\"memory\": {}}}}}";

	(void)state;
	says(schema, "{\"timeuot\": 1}", "not allowed here; did you mean \"timeout\"?");
	says(schema, "{\"retires\": 1}", "did you mean \"retries\"?");
	says(schema, "{\"brunch\": 1}", "did you mean \"branch\"?");
	says(schema, "{\"need\": 1}", "did you mean \"needs\"?");
	says(schema, "{\"memori\": 1}", "\"memori\" is not allowed here\n");
}

static void
quotes_too_many_or_too_few_are_told(void **state)
{
	(void)state;
	says("{\"type\": \"integer\"}", "\"8080\"",
		"must be a whole number, not a string; write 8080 without quotes\n");
	says("{\"type\": [\"boolean\", \"null\"]}", "\"true\"",
		"not a string; write true without quotes\n");
	says("{\"type\": \"integer\"}", "\"80.5\"", "not a string\n");
	says("{\"type\": \"boolean\"}", "\"1\"", "not a string\n");
	says("{\"type\": \"number\"}", "\"\"", "not a string\n");
	says("{\"type\": \"string\"}", "1.10", "must be a string, not 1.10; write \"1.10\"\n");
	says("{\"type\": \"string\"}", "null", "must be a string, not null\n");
	says("{\"enum\": [\"3.9\", \"3.10\"]}", "3.10",
		"must be one of \"3.9\", \"3.10\", not 3.10; write \"3.10\"\n");
	says("{\"enum\": [1, 2]}", "\"2\"", "not \"2\"; write 2 without quotes\n");
	says("{\"const\": true}", "\"true\"", "not \"true\"; write true without quotes\n");
	says("{\"enum\": [1, 2]}", "\"3\"", "not \"3\"\n");
}

static void
says_of_yaml(const char *schema, const char *instance, const char *described)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	AUTO_BUF struct buf b = BUF_INIT(10000);
	struct source source = {"instance.yaml", str_of(instance)};
	const struct value *v;
	struct err err = ERR_INIT;

	fixture_open(&f, schema);
	assert_int_equal(yaml_parse(&f.arena, &source, NULL, &v, &err), 0);
	assert_int_equal(schema_check(f.schema, f.checker, v, 0, f.report, &err), 0);
	report_describe(f.report, &source, &b);
	if (!strstr(buf_cstr(&b), described))
		fail_msg("%s %s:\n%s", schema, instance, buf_cstr(&b));
}

static void
booleans_of_old_yaml_are_told(void **state)
{
	static const char *const schema = "{\"items\": {\"type\": \"boolean\"}}";

	(void)state;
	says_of_yaml(schema, "[ Yes ]", "must be a boolean, not a string; write true\n");
	says_of_yaml(schema, "[ off ]", "not a string; write false\n");
	says_of_yaml(schema, "[ \"off\" ]", "must be a boolean, not a string\n");
	says_of_yaml(schema, "[ office ]", "must be a boolean, not a string\n");
	says_of_yaml("{\"type\": \"number\"}", "off", "must be a number, not a string\n");
}

static void
a_format_is_shown_by_an_example(void **state)
{
	const struct collection_options options = {.flags = COLLECTION_ASSERT_FORMAT};

	(void)state;
	says_under(&options, "{\"format\": \"uri\"}", "\"example.com\"",
		"\"example.com\" is no valid uri (https://example.com/page is one)\n");
	says_under(&options, "{\"format\": \"date-time\"}", "\"2026-01-31\"",
		" (2026-01-31T08:30:00Z is one)\n");
}

static void
places_are_named(void **state)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	struct finding finding;
	size_t cursor = 0;

	(void)state;
	fixture_open(&f,
		"{\"$defs\": {\"a/b\": {\"items\": {\"type\": \"null\"}}},\n"
		" \"properties\": {\"x~y\": {\"$ref\": \"#/$defs/a~1b\"}}}");
	assert_int_equal(fixture_check(&f, "{\"x~y\": [null, 1, null, 2]}"), 0);
	assert_true(report_next(f.report, &cursor, &finding));
	assert_true(str_is(finding.instance_location, "/x~0y/1"));
	assert_true(str_is(finding.keyword_location, "/properties/x~0y/$ref/items/type"));
	assert_int_equal(finding.value->offset, 15);
	assert_int_equal(
		source_position(finding.schema_source, finding.schema->offset).column, 38);
	assert_true(report_next(f.report, &cursor, &finding));
	assert_true(str_is(finding.instance_location, "/x~0y/3"));
	assert_false(report_next(f.report, &cursor, &finding));
}

static void
the_nearest_alternative_is_shown(void **state)
{
	static const char *const schema =
		"{\"oneOf\": ["
		"{\"properties\": {\"kind\": {\"const\": \"file\"}, \"path\": {\"type\": "
		"\"string\"}},"
		" \"required\": [\"kind\", \"path\"]},"
		"{\"properties\": {\"kind\": {\"const\": \"url\"}, \"url\": {\"type\": "
		"\"string\"}, "
		"\"size\": {\"type\": \"integer\"}}, \"required\": [\"kind\", \"url\"]},"
		"{\"type\": \"string\"}]}";
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	AUTO_BUF struct buf b = BUF_INIT(10000);

	(void)state;
	fixture_open(&f, schema);
	assert_int_equal(
		fixture_check(&f, "{\"kind\": \"url\", \"url\": 5, \"size\": \"big\"}"), 0);
	report_describe(f.report, &f.instance, &b);
	assert_non_null(
		strstr(buf_cstr(&b), "fits none of the 3 alternatives; oneOf/1 comes nearest"));
	assert_non_null(strstr(buf_cstr(&b), "/url: must be a string, not 5"));
	assert_non_null(strstr(buf_cstr(&b), "/size: must be a whole number, not a string"));
	assert_null(strstr(buf_cstr(&b), "path"));
	says("{\"anyOf\": [{\"type\": \"string\"}, {\"type\": [\"number\", \"null\"]}]}", "[]",
		"must be null or a number or a string, not an array");
	says("{\"oneOf\": [true, {\"minimum\": 1}]}", "2", "it fits 2");
}

static void
each_kind_that_alternatives_allow_is_named_once(void **state)
{
	AUTO_BUF struct buf b = BUF_INIT(100000);

	(void)state;
	says("{\"anyOf\": [{\"type\": \"string\"}, {\"type\": [\"string\", \"integer\"]}, "
	     "{\"type\": \"integer\"}]}",
		"[]", ": must be a whole number or a string, not an array\n");
	buf_add_cstr(&b, "{\"anyOf\": [{\"type\": \"null\"}");
	for (size_t i = 0; i < 600; i++)
		buf_add_cstr(&b, ", {\"type\": \"integer\"}");
	buf_add_cstr(&b, "]}");
	says(buf_cstr(&b), "[]", ": must be null or a whole number, not an array\n");
}

static void
says_nothing_of(const char *schema, const char *instance, const char *what)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	AUTO_BUF struct buf b = BUF_INIT(10000);

	fixture_open(&f, schema);
	assert_int_equal(fixture_check(&f, instance), 0);
	report_describe(f.report, &f.instance, &b);
	if (strstr(buf_cstr(&b), what))
		fail_msg("%s %s:\n%s", schema, instance, buf_cstr(&b));
}

static void
how_a_branch_fails_is_no_error_where_another_one_holds(void **state)
{
	(void)state;
	says_nothing_of("{\"required\": [\"x\"], \"oneOf\": [{\"required\": [\"id\"]}, "
			"{\"required\": [\"app-id\"]}]}",
		"{\"id\": 1}", "app-id");
	says_nothing_of("{\"minItems\": 2, \"allOf\": [{\"anyOf\": [{\"maxItems\": 0}, "
			"{\"anyOf\": [{\"items\": {\"type\": \"null\"}}, {}]}]}]}",
		"[1]", "anyOf");
}

static void
each_bound_that_is_broken_is_told(void **state)
{
	static const char *const length = "{\"minLength\": 5, \"maxLength\": 2}";
	static const char *const count = "{\"minItems\": 5, \"maxItems\": 2}";

	(void)state;
	says(length, "\"abc\"", "must have at least 5 characters, has 3");
	says(length, "\"abc\"", "must have at most 2 characters, has 3");
	says(count, "[1, 2, 3]", "must have at least 5 items, has 3");
	says(count, "[1, 2, 3]", "must have at most 2 items, has 3");
	says_nothing_of(length, "\"a\"", "at most");
}

static void
the_word_that_tells_alternatives_apart_is_named(void **state)
{
	static const char *const schema =
		"{\"oneOf\": ["
		"{\"$ref\": \"#/$defs/circle\"},"
		"{\"properties\": {\"kind\": {\"enum\": [\"rect\", \"square\"]}, \"b\": "
		"{\"const\": 1}}},"
		"{\"type\": \"null\"}],"
		"\"$defs\": {\"circle\": {\"required\": [\"radius\"], "
		"\"properties\": {\"kind\": {\"const\": \"circle\"}}}}}";

	(void)state;
	says(schema, "{\"kind\": \"triangle\"}",
		"instance.json:1:10: \"kind\" must be one of \"circle\", \"rect\", \"square\", "
		"not "
		"\"triangle\"\n");
	says(schema, "{\"b\": 2, \"kind\": \"cirlce\"}",
		"not \"cirlce\"; did you mean \"circle\"?");
	/* One that has the word is the one that is meant. */
	says(schema, "{\"kind\": \"circle\"}", "\"radius\" is missing");
	says(schema, "[]", "fits");
	/* Where one has no such word, nothing tells them apart. */
	says("{\"anyOf\": [{\"properties\": {\"a\": {\"const\": 1}}}, {\"required\": "
	     "[\"b\"]}]}",
		"{\"a\": 2}", "fits none of the 2 alternatives");
}

/* Of alternatives within alternatives, only the nearest of each counts. */
static void
a_branch_is_not_far_for_having_branches(void **state)
{
	says("{\"oneOf\": [{\"required\": [\"steps\"], \"properties\": {\"steps\": {\"items\": "
	     "{\"anyOf\": [{\"required\": [\"run\"]}, {\"required\": [\"uses\"]}, "
	     "{\"required\": [\"with\"]}, {\"required\": [\"if\"]}]}}}}, "
	     "{\"required\": [\"uses\"], \"properties\": {\"uses\": {}}, "
	     "\"additionalProperties\": false}]}",
		"{\"steps\": [{}], \"name\": 1}", "/steps/0: \"run\" is missing");
	(void)state;
}

static const struct value *
output(struct fixture *f, enum report_format format)
{
	return report_output(f->report, format, NULL, &f->arena);
}

static void
is_output(struct fixture *f, enum report_format format, const char *expected)
{
	const struct source *source;
	const struct value *wanted = fixture_parse(f, "expected", expected, &source);
	AUTO_BUF struct buf b = BUF_INIT(10000);

	json_write(output(f, format), &b);
	if (!value_equal(output(f, format), wanted))
		fail_msg("%s", buf_cstr(&b));
}

#define ABSOLUTE "https://lily.example/schema.json#"

static void
outputs_are_those_of_the_specification(void **state)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;

	(void)state;
	fixture_open(&f, "{\"properties\": {\"a\": {\"type\": \"null\", \"minimum\": 5}}}");
	assert_int_equal(fixture_check(&f, "{\"a\": 1}"), 0);
	is_output(&f, REPORT_FLAG, "{\"valid\": false}");
	is_output(&f, REPORT_BASIC,
		"{\"valid\": false, \"keywordLocation\": \"\", \"absoluteKeywordLocation\": "
		"\"" ABSOLUTE "\", \"instanceLocation\": \"\", \"errors\": ["
		"{\"valid\": false, \"keywordLocation\": \"/properties/a/type\", "
		"\"absoluteKeywordLocation\": \"" ABSOLUTE "/properties/a/type\", "
		"\"instanceLocation\": \"/a\", \"error\": \"must be null, not 1\"},"
		"{\"valid\": false, \"keywordLocation\": \"/properties/a/minimum\", "
		"\"absoluteKeywordLocation\": \"" ABSOLUTE "/properties/a/minimum\", "
		"\"instanceLocation\": \"/a\", \"error\": \"must be at least 5, not 1\"}]}");
	is_output(&f, REPORT_DETAILED,
		"{\"valid\": false, \"keywordLocation\": \"/properties/a\", "
		"\"absoluteKeywordLocation\": \"" ABSOLUTE "/properties/a\", "
		"\"instanceLocation\": \"/a\", \"errors\": ["
		"{\"valid\": false, \"keywordLocation\": \"/properties/a/type\", "
		"\"absoluteKeywordLocation\": \"" ABSOLUTE "/properties/a/type\", "
		"\"instanceLocation\": \"/a\", \"error\": \"must be null, not 1\"},"
		"{\"valid\": false, \"keywordLocation\": \"/properties/a/minimum\", "
		"\"absoluteKeywordLocation\": \"" ABSOLUTE "/properties/a/minimum\", "
		"\"instanceLocation\": \"/a\", \"error\": \"must be at least 5, not 1\"}]}");
	assert_int_equal(fixture_check(&f, "{}"), 1);
	is_output(&f, REPORT_FLAG, "{\"valid\": true}");
}

static void
annotations_of_what_failed_are_dropped(void **state)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	const struct source *source;
	const struct value *v;
	const struct value *list;
	struct err err = ERR_INIT;

	(void)state;
	fixture_open(&f,
		"{\"title\": \"root\", \"anyOf\": [{\"title\": \"no\", \"type\": \"null\"}, "
		"{\"title\": \"yes\"}], \"not\": {\"title\": \"never\", \"type\": \"null\"}}");
	v = fixture_parse(&f, "instance.json", "1", &source);
	assert_int_equal(
		schema_check(f.schema, f.checker, v, REPORT_ANNOTATIONS, f.report, &err), 1);
	list = value_get(output(&f, REPORT_BASIC), STR("annotations"));
	assert_int_equal(list->n, 2);
	assert_true(str_is(value_text(value_get(&list->items[0], STR("annotation"))), "root"));
	assert_true(str_is(value_text(value_get(&list->items[1], STR("annotation"))), "yes"));
}

static void
a_report_that_is_cut_says_so(void **state)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	AUTO_BUF struct buf b = BUF_INIT(10000);
	const struct checker_limits limits = {1000, 100, 20};

	(void)state;
	f.checker = checker_new(&limits);
	fixture_open(&f, "{\"items\": {\"type\": \"null\"}}");
	assert_int_equal(
		fixture_check(&f, "[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"),
		0);
	assert_true(report_is_cut(f.report));
	report_describe(f.report, &f.instance, &b);
	assert_non_null(strstr(buf_cstr(&b), "and more"));
	assert_int_equal(fixture_check(&f, "[1]"), 0);
	assert_false(report_is_cut(f.report));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_say_what_was_found_and_what_was_expected),
		cmocka_unit_test(slips_are_guessed),
		cmocka_unit_test(a_name_that_is_not_evaluated_is_guessed_as_well),
		cmocka_unit_test(quotes_too_many_or_too_few_are_told),
		cmocka_unit_test(booleans_of_old_yaml_are_told),
		cmocka_unit_test(a_format_is_shown_by_an_example),
		cmocka_unit_test(places_are_named),
		cmocka_unit_test(the_nearest_alternative_is_shown),
		cmocka_unit_test(each_kind_that_alternatives_allow_is_named_once),
		cmocka_unit_test(how_a_branch_fails_is_no_error_where_another_one_holds),
		cmocka_unit_test(each_bound_that_is_broken_is_told),
		cmocka_unit_test(the_word_that_tells_alternatives_apart_is_named),
		cmocka_unit_test(a_branch_is_not_far_for_having_branches),
		cmocka_unit_test(outputs_are_those_of_the_specification),
		cmocka_unit_test(annotations_of_what_failed_are_dropped),
		cmocka_unit_test(a_report_that_is_cut_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
