/* Facts: what they mean where they are silent, and how mistakes in them are told. */
#include "rig.h"

static const struct {
	const char *text;
	const char *wanted; /* part of the only finding */
} bad[] = {
	{"3", "facts:1:1: facts are a map such as"},
	{"{}", "\"step\" is missing"},
	{"{step: a}", "facts:1:1: \"status\" is missing"},
	{"{step: 3, status: failed}", "facts:1:8: \"step\" must be a step, or null"},
	{"{step: a, status: faild}", "facts:1:19: status: the text \"faild\" is not a status"},
	{"{step: a, status: failed, erorr: exit}", "did you mean \"error\"?"},
	{"{step: a, status: failed, error: exot}", "did you mean \"exit\"?"},
	{"{step: a, status: succeeded, error: exit}", "\"error\" is there where \"status\" is"},
	{"{step: a, status: skipped, exit: 3}", "\"exit\" is there where \"status\" is failed"},
	{"{step: a, status: failed, exit: 256}", "exit: must be a whole number from 0 to 255"},
	{"{step: a, status: failed, tries: 0}", "tries: must be a whole number from 1"},
	{"{step: a, status: failed, attempts: 2.5}", "not the number 2.5"},
	{"{step: a, status: failed, retries: 1}", "\"retries\" must be true or false"},
	{"{step: a, status: failed, violations: [wirte]}", "did you mean \"write\"?"},
	{"{step: a, status: failed, exhausted: [walk]}", "did you mean \"wall\"?"},
	{"{step: a, status: failed, labels_missing: [3]}",
		"must hold labels, not the number 3"},
	{"{step: a, status: failed, visits: {a: -1}}", "visits: must be a whole number from 0"},
	{"{step: a, status: failed, applied: {r: x}}", "applied: must be a whole number"},
	{"{step: a, status: failed, gates: {a.b: passed}}", "gate \"a.b\": must be a map such"},
	{"{step: a, status: failed, gates: {a.b: {}}}", "gate \"a.b\": \"status\" is missing"},
	{"{step: a, status: failed, gates: {a.b: {status: pased}}}",
		"did you mean \"passed\"?"},
	{"{step: a, status: failed, gates: {a.b: {status: passed, metrics: {m: x}}}}",
		"metric \"m\" must be a number"},
};

static void
test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 16);
		struct source source = {.name = "facts", .text = str_of(bad[i].text)};
		struct findings findings;
		struct route_facts facts;

		findings_init(&findings, &arena);
		route_facts_read(&findings, &arena, rig_value(&arena, &source), &facts);
		rig_describe(&findings, &source, &b);
		if (!strstr(buf_cstr(&b), bad[i].wanted))
			fail_msg("%s: %s", bad[i].text, buf_cstr(&b));
		findings_done(&findings);
	}
}

static void
test_silence(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct route_facts facts = rig_facts(&arena, STR("{step: a, status: failed}"));

	(void)state;
	assert_int_equal(facts.tries, 1);
	assert_int_equal(facts.attempts, 1);
	assert_true(facts.retries);
	assert_true(facts.repeatable);
	assert_false(facts.tolerated);
	assert_false(facts.has_error);
	assert_false(facts.has_exit);
	assert_int_equal(route_facts_visits(&facts, STR_EMPTY), 1);
	assert_int_equal(route_facts_visits(&facts, STR("a")), 1);
	assert_int_equal(route_facts_visits(&facts, STR("b")), 0);
	assert_int_equal(route_facts_applied(&facts, STR("r")), 0);
	assert_null(route_facts_gate(&facts, STR("a.b")));
	assert_true(route_is_exhausted(&facts));
}

/* What is written is read as the same. */
static void
test_writing(void **state)
{
	static const char text[] =
		"{\"step\":\"a\",\"status\":\"failed\",\"attempts\":3,\"error\":\"exit\","
		"\"exit\":7,"
		"\"repeatable\":false,\"retries\":false,\"tolerated\":true,\"tries\":2,"
		"\"exhausted\":[\"wall\",\"cost\"],\"violations\":[\"write\"],\"labels_"
		"missing\":["
		"\"x\"],\"visits\":{\"a\":2,\"b\":1},\"gates\":{\"a.g\":{\"metrics\":{\"m\":1."
		"50},"
		"\"status\":\"error\"}},\"applied\":{\"r\":4}}";
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 16);
	struct route_facts facts = rig_facts(&arena, STR(text));
	struct value v = route_facts_write(&facts, &arena);

	(void)state;
	json_write(&v, &b);
	assert_string_equal(buf_cstr(&b), text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
