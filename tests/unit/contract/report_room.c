/* Reports that have more to say than they have room for. */
#include "fixture.h"

#include <stdlib.h>

/* Steps, depth, units. */
static const struct checker_limits few_units = {100000, 100, 20};

static void
open_with(struct fixture *f, const struct checker_limits *limits, const char *schema)
{
	f->checker = checker_new(limits);
	fixture_open(f, schema);
}

/* "[1, 1, …, END]", in the arena. */
static const char *
ones(struct fixture *f, size_t n, const char *end)
{
	AUTO_BUF struct buf b = BUF_INIT(1U << 20);

	buf_add_char(&b, '[');
	for (size_t i = 0; i < n; i++)
		buf_add_cstr(&b, "1, ");
	buf_add_cstr(&b, end);
	buf_add_char(&b, ']');
	return arena_cstr(&f->arena, buf_str(&b));
}

static struct finding
first_finding(const struct fixture *f)
{
	struct finding finding;
	size_t cursor = 0;

	if (!report_next(f->report, &cursor, &finding))
		fail_msg("an invalid value has no finding");
	return finding;
}

static size_t
count_findings(const struct fixture *f)
{
	struct finding finding;
	size_t cursor = 0;
	size_t n = 0;

	while (report_next(f->report, &cursor, &finding))
		n++;
	return n;
}

/* With annotations wanted; 1, 0, or the code of a limit. */
static int
check(struct fixture *f, const char *instance)
{
	const struct source *source;
	const struct value *v = fixture_parse(f, "instance.json", instance, &source);
	struct err err = ERR_INIT;

	return schema_check(f->schema, f->checker, v, REPORT_ANNOTATIONS, f->report, &err);
}

static void
annotations_of_valid_items_take_no_room_from_a_finding(void **state)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	struct finding finding;

	(void)state;
	open_with(&f, &few_units, "{\"items\": {\"title\": \"n\", \"type\": \"integer\"}}");
	assert_int_equal(check(&f, ones(&f, 50, "\"x\"")), 0);
	finding = first_finding(&f);
	assert_true(str_is(finding.instance_location, "/50"));
	assert_false(report_is_cut(f.report));
	/* Where nothing is wrong they are cut, and that is said. */
	assert_int_equal(check(&f, ones(&f, 50, "1")), 1);
	assert_true(report_is_cut(f.report));
}

static void
the_first_findings_are_kept_where_texts_are_too_long(void **state)
{
	enum { KEY = 100000, ITEMS = 1000 };
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	AUTO_BUF struct buf b = BUF_INIT(1U << 20);
	struct finding finding;

	(void)state;
	fixture_open(&f, "{\"additionalProperties\": {\"items\": {\"type\": \"null\"}}}");
	buf_add_cstr(&b, "{\"");
	for (size_t i = 0; i < KEY; i++)
		buf_add_char(&b, 'k');
	buf_printf(&b, "\": %s}", ones(&f, ITEMS, "2"));
	assert_int_equal(fixture_check(&f, buf_cstr(&b)), 0);
	finding = first_finding(&f);
	assert_true(report_is_cut(f.report));
	assert_true(str_is(finding.message, "must be null, not 1"));
	assert_int_equal(finding.instance_location.n, 1 + KEY + 2);
	assert_true(str_ends(finding.instance_location, STR("k/0")));
	assert_true(str_is(finding.keyword_location, "/additionalProperties/items/type"));
	assert_true(count_findings(&f) > ITEMS / 4);
}

static void
alternatives_that_fill_a_report_say_that_none_fits(void **state)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;

	(void)state;
	open_with(&f, &few_units,
		"{\"oneOf\": [{\"items\": {\"type\": \"null\"}}, "
		"{\"items\": {\"type\": \"string\"}}]}");
	assert_int_equal(fixture_check(&f, ones(&f, 50, "1")), 0);
	assert_true(str_is(first_finding(&f).message, "fits none of the 2 alternatives"));
	assert_true(report_is_cut(f.report));
}

static void
contains_does_not_empty_a_full_report(void **state)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;

	(void)state;
	open_with(&f, &few_units,
		"{\"items\": {\"type\": \"null\"}, \"contains\": {\"type\": \"string\"}}");
	assert_int_equal(fixture_check(&f, ones(&f, 50, "1")), 0);
	assert_true(str_is(first_finding(&f).instance_location, "/0"));
	assert_true(count_findings(&f) > 4);
	assert_true(report_is_cut(f.report));
}

static void
a_full_report_still_tells_alternatives_that_fit_from_those_that_do_not(void **state)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	struct finding finding;
	size_t cursor = 0;

	(void)state;
	open_with(&f, &few_units,
		"{\"items\": {\"anyOf\": [{\"type\": \"null\"}, {\"type\": \"integer\"}]}}");
	assert_int_equal(fixture_check(&f, "[\"\", \"\", \"\", 1, 1, 1, 1, 1, 1, 1, 1]"), 0);
	while (report_next(f.report, &cursor, &finding))
		assert_true(str_is(
			finding.message, "must be null or a whole number, not a string"));
}

static void
what_is_dropped_makes_room_again(void **state)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;

	(void)state;
	open_with(&f, &few_units,
		"{\"anyOf\": [{\"items\": {\"type\": \"null\"}}, true], \"maxItems\": 3}");
	assert_int_equal(fixture_check(&f, ones(&f, 50, "1")), 0);
	assert_true(str_is(first_finding(&f).message, "must have at most 3 items, has 51"));
	assert_int_equal(count_findings(&f), 1);
	assert_false(report_is_cut(f.report));
}

static void
a_report_without_any_room_says_that_the_value_is_not_valid(void **state)
{
	static const struct checker_limits one_unit = {1000, 100, 1};
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;

	(void)state;
	open_with(&f, &one_unit, "{\"type\": \"null\"}");
	assert_int_equal(fixture_check(&f, "1"), 0);
	assert_true(str_is(
		first_finding(&f).message, "is not valid, and a report cannot hold why"));
	assert_false(report_is_valid(f.report));
	assert_true(report_is_cut(f.report));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(annotations_of_valid_items_take_no_room_from_a_finding),
		cmocka_unit_test(the_first_findings_are_kept_where_texts_are_too_long),
		cmocka_unit_test(alternatives_that_fill_a_report_say_that_none_fits),
		cmocka_unit_test(contains_does_not_empty_a_full_report),
		cmocka_unit_test(
			a_full_report_still_tells_alternatives_that_fit_from_those_that_do_not),
		cmocka_unit_test(what_is_dropped_makes_room_again),
		cmocka_unit_test(a_report_without_any_room_says_that_the_value_is_not_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
