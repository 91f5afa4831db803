#include "fixture.h"

#include "json/number.h"

#include <stdio.h>

#define TEXT_MAX ((size_t)1 << 20)

/* A list of n parts, each of them the format with its number, within two texts. */
static void
add_list(struct buf *b, const char *before, const char *format, int n, const char *after)
{
	buf_add_cstr(b, before);
	for (const char *comma = ""; n-- > 0; comma = ",") {
		const char *mark = strchr(format, '@');

		buf_add_cstr(b, comma);
		for (const char *p = format; *p; p++)
			if (p == mark)
				buf_printf(b, "%d", n);
			else
				buf_add_char(b, *p);
	}
	buf_add_cstr(b, after);
}

struct list {
	const char *before;
	const char *part;
	int n;
	const char *after;
};

/* What one value costs is worth many steps, none of which is a schema within a schema. */
static void
steps_are_taken_for_what_is_compared_and_passed(void **state)
{
	static const struct {
		struct list schema;
		struct list instance;
	} rows[] = {
		/* Members and items that are passed, time and again. */
		{{"{\"allOf\":[",
			 "{\"contains\":{\"maximum\":-@},\"minContains\":0,\"maxContains\":3}",
			 1000, "]}"},
			{"[", "9", 5000, "]"}},
		{{"{\"allOf\":[", "{\"propertyNames\":{\"maxLength\":9@}}", 1000, "]}"},
			{"{", "\"@\":1", 5000, "}"}},
		/* Numbers that are no doubles, and texts. */
		{{"{\"items\":{\"not\":{\"enum\":[", "9@e400", 2000, "]}}}"},
			{"[", "8@e400", 2000, "]"}},
		/* Values that differ in their last part. */
		{{"{\"items\":{\"not\":{\"enum\":[",
			 "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,@]", 2000, "]}}}"},
			{"[", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,-@]", 2000, "]"}},
		/* Names that are looked for one by one. */
		{{"{\"dependentRequired\":{", "\"n@\":[\"a\"]", 5000, "}}"},
			{"{", "\"m@\":1", 5000, "}"}},
		/* Fractions, which have many forms. */
		{{"{\"items\":{\"not\":{\"enum\":[", "@.5", 700, "]}}}"},
			{"[", "-@.25", 700, "]"}},
		/* Numbers divided by such as are no word. */
		{{"{\"items\":{\"allOf\":[",
			 "{\"not\":{\"multipleOf\":1234567890123456789012345678@1}}", 50,
			 "]}}"},
			{"[", "1111111111111111111111111111111111111@", 100, "]"}},
		/* Patterns: of names, and of what needs an engine. */
		{{"{\"patternProperties\":{", "\"z.*y@\":{}", 500, "}}"},
			{"{", "\"m@\":1", 2000, "}"}},
		{{"{\"items\":{\"allOf\":[", "{\"not\":{\"pattern\":\"(?=x)y@\"}}", 100, "]}}"},
			{"[", "\"n@\"", 2000, "]"}},
		/* Many small questions of one value. */
		{{"{\"items\":{\"allOf\":[", "{\"not\":{\"const\":9@}}", 4000, "]}}"},
			{"[", "1", 2000, "]"}},
	};
	const struct checker_limits limits = {1000000, 1000, 1000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct list *schema = &rows[i].schema;
		const struct list *instance = &rows[i].instance;
		AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
		AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);
		int found;

		f.checker = checker_new(&limits);
		add_list(&text, schema->before, schema->part, schema->n, schema->after);
		fixture_open(&f, buf_cstr(&text));
		buf_clear(&text);
		add_list(&text, instance->before, instance->part, instance->n, instance->after);
		found = fixture_check(&f, buf_cstr(&text));
		if (found != ERR_LIMIT)
			fail_msg("%s…: %d", schema->before, found);
		/* Once is not too much. */
		buf_clear(&text);
		add_list(&text, instance->before, instance->part, 1, instance->after);
		assert_int_not_equal(fixture_check(&f, buf_cstr(&text)), ERR_LIMIT);
	}
}

/* A name or a regular expression takes more than passing it: some 100 ns a byte. */
static void
formats_take_the_steps_that_they_are_worth(void **state)
{
	static const struct {
		const char *format;
		const char *text;
		uint64_t steps; /* too few */
	} rows[] = {
		{"regex", "\"(a|[b-z0-9]){2,3}@\"", 1000 * 16 * 8},
		{"idn-hostname", "\"\xC3\xA4.\xC3\xB6.\xC3\xBC.example.com@\"", 1000 * 16 * 8},
		{"uri", "\"https://example.com/@\"", 1000 * 8},
	};
	const struct collection_options options = {COLLECTION_ASSERT_FORMAT};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct checker_limits limits = {rows[i].steps, 1000, 1000};
		AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
		AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);

		f.checker = checker_new(&limits);
		f.collection = collection_new(&options);
		buf_printf(&text, "{\"items\":{\"format\":\"%s\"}}", rows[i].format);
		fixture_open(&f, buf_cstr(&text));
		buf_clear(&text);
		add_list(&text, "[", rows[i].text, 1000, "]");
		if (fixture_check(&f, buf_cstr(&text)) != ERR_LIMIT)
			fail_msg("%s", rows[i].format);
	}
}

/* [[0,0,…],[0,0,…],…] */
static void
add_square(struct buf *b, int n)
{
	AUTO_BUF struct buf row = BUF_INIT(TEXT_MAX);

	add_list(&row, "[", "0", n, "]");
	add_list(b, "[", buf_cstr(&row), n, "]");
}

/* A large value that takes few steps a part is no value that is asked too much of. */
static void
a_large_value_has_more_steps(void **state)
{
	static const struct {
		uint32_t a_part;
		int size;
		int found;
	} rows[] = {{0, 10, 1}, {0, 100, ERR_LIMIT}, {2, 100, 1}, {2, 300, 1}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct checker_limits limits = {
			1000, 1000, 1000, .steps_a_part = rows[i].a_part};
		AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
		AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);

		f.checker = checker_new(&limits);
		fixture_open(&f, "{\"items\": {\"items\": {\"maximum\": 1}}}");
		add_square(&text, rows[i].size);
		if (fixture_check(&f, buf_cstr(&text)) != rows[i].found)
			fail_msg("%u %d", rows[i].a_part, rows[i].size);
	}
}

/* What is asked of each pair of items is too much for any of them. */
static void
steps_of_a_large_value_have_an_end(void **state)
{
	const struct checker_limits limits = {1000, 1000, 1000, .steps_a_part = 20};
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);

	(void)state;
	f.checker = checker_new(&limits);
	add_list(&text, "{\"allOf\":[", "{\"contains\":{\"maximum\":-@},\"minContains\":0}", 50,
		"]}");
	fixture_open(&f, buf_cstr(&text));
	buf_clear(&text);
	add_list(&text, "[", "9", 5000, "]");
	assert_int_equal(fixture_check(&f, buf_cstr(&text)), ERR_LIMIT);
}

/* Whether it is valid was found out; explaining it asks each item of each level once more. */
static void
an_explanation_that_takes_too_long_is_cut(void **state)
{
	const struct checker_limits limits = {20000, 1000, 1000};
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);
	struct finding finding;
	size_t cursor = 0;

	(void)state;
	f.checker = checker_new(&limits);
	add_list(&text, "{\"prefixItems\":[{\"type\":\"string\"}],\"allOf\":[",
		"{\"contains\":{\"maximum\":-@},\"minContains\":0}", 50, "]}");
	fixture_open(&f, buf_cstr(&text));
	buf_clear(&text);
	add_list(&text, "[", "9", 5000, "]");
	assert_int_equal(fixture_check(&f, buf_cstr(&text)), 0);
	assert_true(report_is_cut(f.report));
	assert_true(report_next(f.report, &cursor, &finding));
}

/* What was not looked at is no finding: the alternative that holds comes last. */
static void
an_explanation_that_is_cut_says_nothing_wrong(void **state)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;

	(void)state;
	fixture_open(&f,
		"{\"properties\":{\"a\":{\"anyOf\":["
		"{\"items\":{\"type\":\"null\"}},"
		"{\"items\":{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"integer\"}]}},"
		"true]}},\"required\":[\"b\"],\"unevaluatedProperties\":false}");
	for (uint64_t steps = 20; steps < 4000; steps += 7) {
		const struct checker_limits limits = {steps, 1000, 1000};
		struct finding finding;
		size_t cursor = 0;

		checker_free(f.checker);
		f.checker = checker_new(&limits);
		if (fixture_check(&f, "{\"a\":[9,9,9,9,9,9,9,9,9,9,9,9,9]}") < 0)
			continue;
		while (report_next(f.report, &cursor, &finding))
			if (!str_ends(finding.keyword_location, STR("required")) &&
				finding.keyword_location.n)
				fail_msg("%d steps: %.*s: %.*s", (int)steps,
					STR_ARG(finding.keyword_location),
					STR_ARG(finding.message));
	}
}

/* Their nearest doubles are all the same, or infinite. */
static void
unique_numbers_of_many_digits_take_few_steps(void **state)
{
	static const char *const numbers[] = {
		"1234567890123456789012345678900@", "9@e400", "0.1234567890123456789012345@7"};
	const struct checker_limits limits = {50000, 1000, 1000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
		AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);

		f.checker = checker_new(&limits);
		fixture_open(&f, "{\"uniqueItems\": true}");
		add_list(&text, "[", numbers[i], 3000, "]");
		assert_int_equal(fixture_check(&f, buf_cstr(&text)), 1);
		text.n--;
		buf_add_cstr(&text, ", 1.0, 10e-1]");
		assert_int_equal(fixture_check(&f, buf_cstr(&text)), 0);
	}
}

static void
equal_numbers_have_equal_hashes(void **state)
{
	static const char *const equal[][4] = {
		{"0", "-0", "0.000", "0e9"},
		{"1", "1.0", "10e-1", "0.01e2"},
		{"-1e400", "-10e399", "-0.1e401", "-1.00e+400"},
		{"1234567890123456789012345", "1234567890123456789012345.0",
			"1.234567890123456789012345e24", "12345678901234567890123450e-1"},
		{"1e72057594037927936", "10e72057594037927935", "0.1e72057594037927937",
			"1.0e72057594037927936"},
		{"1e-99999999999999999999", "10e-100000000000000000000",
			"0.1e-99999999999999999998", "1.0e-99999999999999999999"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(equal); i++) {
		uint64_t hash = number_hash(str_of(equal[i][0]));

		for (size_t k = 1; k < 4; k++) {
			assert_int_equal(
				number_compare(str_of(equal[i][0]), str_of(equal[i][k])), 0);
			if (number_hash(str_of(equal[i][k])) != hash)
				fail_msg("%s %s", equal[i][0], equal[i][k]);
		}
		for (size_t k = 0; k < i; k++)
			assert_true(number_hash(str_of(equal[k][0])) != hash);
	}
}

/* Looking for each name among all others, for each name that is too much, takes minutes. */
static void
many_unknown_names_have_their_hints_at_once(void **state)
{
	static const char *const keywords[] = {
		"\"additionalProperties\"", "\"unevaluatedProperties\""};
	const char *message = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
		AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
		AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);
		struct finding finding;
		size_t cursor = 0;

		add_list(&text, "{\"properties\":{", "\"colour@\":{}", 200, "},");
		buf_add_cstr(&text, keywords[i]);
		buf_add_cstr(&text, ":false}");
		fixture_open(&f, buf_cstr(&text));
		buf_clear(&text);
		add_list(&text, "{\"color0\":1,", "\"_@\":1", 20000, "}");
		assert_int_equal(fixture_check(&f, buf_cstr(&text)), 0);
		assert_true(report_next(f.report, &cursor, &finding));
		message = "\"color0\" is not allowed here; did you mean \"colour0\"?";
		assert_int_equal(finding.message.n, strlen(message));
		assert_memory_equal(finding.message.p, message, finding.message.n);
	}
}

/* It is no mistake in the schema. */
static void
too_many_entries_in_one_schema_are_a_limit(void **state)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);
	struct err err = ERR_INIT;

	(void)state;
	add_list(&text, "{\"dependentRequired\":{", "\"n@\":[\"a\"]", 20000, "}}");
	assert_int_equal(fixture_try(&f, buf_cstr(&text), DRAFT_2020_12, &err), ERR_LIMIT);
	if (!strstr(err.message, "schema.json:1:1: a schema of 20000 rules, more than 8192") ||
		!strstr(err.message, "dependentRequired"))
		fail_msg("%s", err.message);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_taken_for_what_is_compared_and_passed),
		cmocka_unit_test(formats_take_the_steps_that_they_are_worth),
		cmocka_unit_test(a_large_value_has_more_steps),
		cmocka_unit_test(steps_of_a_large_value_have_an_end),
		cmocka_unit_test(an_explanation_that_takes_too_long_is_cut),
		cmocka_unit_test(an_explanation_that_is_cut_says_nothing_wrong),
		cmocka_unit_test(unique_numbers_of_many_digits_take_few_steps),
		cmocka_unit_test(equal_numbers_have_equal_hashes),
		cmocka_unit_test(too_many_entries_in_one_schema_are_a_limit),
		cmocka_unit_test(many_unknown_names_have_their_hints_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
