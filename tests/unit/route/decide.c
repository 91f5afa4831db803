/* Decisions: the truth tables of tests/data/route, and what must hold for all of them. */
#include "rig.h"

#include "../table.h"

static void
describe(const struct rules *rules, const struct route_decision *decision, struct buf *b)
{
	buf_add_cstr(b, route_actions.names[decision->action]);
	if (decision->rule != RULE_NONE)
		buf_printf(b, " %.*s", STR_ARG(rules->items[decision->rule].id));
}

static void
read_question(struct arena *arena, struct str question, struct rules *ret_rules,
	struct route_facts *ret_facts)
{
	struct str rules;
	struct str facts;

	table_cut(question, STR(" ; "), &rules, &facts);
	*ret_rules = rig_rules(arena, rules);
	*ret_facts = rig_facts(arena, facts);
}

static void
expect(struct arena *arena, const struct rules *rules, const struct route_facts *facts,
	struct str question, struct str answer)
{
	AUTO_BUF struct buf b = BUF_INIT(1000);
	struct route_decision decision;

	route_decide(rules, facts, arena, &decision);
	describe(rules, &decision, &b);
	if (!str_equal(buf_str(&b), answer))
		fail_msg("%.*s\nwanted %.*s\ngot %s", STR_ARG(question), STR_ARG(answer),
			buf_cstr(&b));
}

static void
check_decision(struct str question, struct str answer)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct rules rules;
	struct route_facts facts;

	read_question(&arena, question, &rules, &facts);
	expect(&arena, &rules, &facts, question, answer);
}

static const char *const tables[] = {"route/conditions.txt", "route/defaults.txt",
	"route/precedence.txt", "route/bounds.txt"};

static size_t
each_question(void (*ask)(struct str question, struct str answer))
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		n += table_each(tables[i], ask);
	return n;
}

static void
test_tables(void **state)
{
	(void)state;
	assert_in_range(each_question(check_decision), 200, 10000);
}

/* --- the record --- */

/* The same rules decide the same from what was recorded. */
static void
check_record(struct str question, struct str answer)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 16);
	struct route_decision decision;
	struct route_facts facts;
	struct rules rules;
	const struct value *record;

	read_question(&arena, question, &rules, &facts);
	route_decide(&rules, &facts, &arena, &decision);
	record = route_record(&rules, &facts, &decision, &arena);
	json_write(value_get(record, STR("facts")), &b);
	facts = rig_facts(&arena, buf_str(&b));
	expect(&arena, &rules, &facts, question, answer);
}

static void
test_records_decide_the_same(void **state)
{
	(void)state;
	(void)each_question(check_record);
}

static void
test_record(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 16);
	struct route_decision decision;
	struct route_facts facts;
	struct rules rules;

	(void)state;
	rules = rig_rules(&arena,
		STR("[{id: n, when: {gate: b.v1.lint, gate_status: failed}, then: abort},"
		    "{id: r, when: {step: b, gate: b.tests}, then: {goto: b, "
		    "feedback: true}, times: 2}, {id: z, when: {status: failed}, then: "
		    "abort}]"));
	facts = rig_facts(&arena,
		STR("{step: b, status: failed, error: gate, visits: {a: 1, b: 2}, applied: {r: "
		    "1, "
		    "z: 1}, gates: {b.tests: {status: failed}, a.x: {status: passed}}}"));
	route_decide(&rules, &facts, &arena, &decision);
	assert_int_equal(decision.n_asked, 2);
	assert_int_equal(decision.obstacles[0], OBSTACLE_NO_GATE);
	json_write(route_record(&rules, &facts, &decision, &arena), &b);
	assert_string_equal(buf_cstr(&b),
		"{\"step\":\"b\",\"rule\":\"r\",\"action\":\"goto\",\"to\":\"b\",\"feedback\":"
		"true,"
		"\"facts\":{\"step\":\"b\",\"status\":\"failed\","
		"\"attempts\":1,\"error\":\"gate\",\"repeatable\":true,\"retries\":true,"
		"\"tolerated\":false,\"tries\":1,\"visits\":{\"b\":2},\"gates\":{\"b.tests\":{"
		"\"status\":\"failed\"}},\"applied\":{\"r\":1}}}");
}

/* --- what is unrelated --- */

static uint32_t
draw(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525U + 1013904223U;
	return (*seed >> 8) % n;
}

/* The counts in another order, with some of steps and rules that are no matter. */
static void
shuffle_counts(
	struct arena *arena, uint32_t *seed, const struct route_count **counts, uint32_t *n)
{
	static const struct route_count strangers[] = {
		{NAME("d"), 7}, {NAME("stranger"), 3}, {NAME("g/x"), 9}};
	uint32_t all = *n + ARRAY_SIZE(strangers);
	struct route_count *shuffled = ARENA_ARRAY(arena, all, struct route_count);

	for (uint32_t i = 0; i < all; i++) {
		uint32_t at = draw(seed, i + 1);

		shuffled[i] = shuffled[at];
		shuffled[at] = i < *n ? (*counts)[i] : strangers[i - *n];
	}
	*counts = shuffled;
	*n = all;
}

static void
shuffle_gates(struct arena *arena, uint32_t *seed, struct route_facts *facts)
{
	static const struct route_gate strangers[] = {
		{.name = NAME("d.tests"), .verdict = ROUTE_GATE_ERROR},
		{.name = NAME("b.other"), .verdict = ROUTE_GATE_FAILED}};
	uint32_t all = facts->n_gates + ARRAY_SIZE(strangers);
	struct route_gate *shuffled = ARENA_ARRAY(arena, all, struct route_gate);

	for (uint32_t i = 0; i < all; i++) {
		uint32_t at = draw(seed, i + 1);

		shuffled[i] = shuffled[at];
		shuffled[at] =
			i < facts->n_gates ? facts->gates[i] : strangers[i - facts->n_gates];
	}
	facts->gates = shuffled;
	facts->n_gates = all;
}

static void
check_shuffled(struct str question, struct str answer)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct route_facts given;
	struct rules rules;
	uint32_t seed = 1;

	read_question(&arena, question, &rules, &given);
	for (int i = 0; i < 50; i++) {
		struct route_facts facts = given;

		shuffle_counts(&arena, &seed, &facts.visits, &facts.n_visits);
		shuffle_counts(&arena, &seed, &facts.applied, &facts.n_applied);
		shuffle_gates(&arena, &seed, &facts);
		expect(&arena, &rules, &facts, question, answer);
	}
}

static void
test_unrelated_facts_change_nothing(void **state)
{
	(void)state;
	(void)each_question(check_shuffled);
}

/* Whatever the facts say of steps that do not come before: a rule that could ask for it is refused, so
 * each order in which a and d end gives c the same decision. */
static void
test_the_order_of_unrelated_ends(void **state)
{
	static const char *const rules_text =
		"[{id: one, when: {step: c, gate: b.tests, gate_status: failed}, then: abort},"
		"{id: two, when: {step: [c, d], status: failed, visits: {below: 2}}, then: "
		"skip, "
		"times: 1}, {id: three, when: {status: failed}, then: continue}]";
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct rules rules = rig_rules(&arena, str_of(rules_text));
	struct route_facts before = rig_facts(&arena,
		STR("{step: c, status: failed, visits: {a: 1, b: 1, c: 1}, gates: {b.tests: "
		    "{status: passed}}}"));
	struct route_facts after = rig_facts(&arena,
		STR("{step: c, status: failed, visits: {d: 4, c: 1, b: 1, a: 1}, gates: {d.x: "
		    "{status: failed}, b.tests: {status: passed}}, applied: {}}"));

	(void)state;
	expect(&arena, &rules, &before, STR("before"), STR("skip two"));
	expect(&arena, &rules, &after, STR("after"), STR("skip two"));
}

/* --- explanations --- */

static void
check_explanation(struct str question, struct str answer)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct route_decision decision;
	struct route_facts facts;
	struct rules rules;

	read_question(&arena, question, &rules, &facts);
	route_decide(&rules, &facts, &arena, &decision);
	for (uint32_t i = 0; i < decision.n_asked; i++) {
		AUTO_BUF struct buf b = BUF_INIT(10000);

		route_explain(&rules.items[i], &facts, decision.obstacles[i], &b);
		if (!b.n || str_find(buf_str(&b), '\n') >= 0 ||
			str_is(buf_str(&b), "it holds") != (i == decision.rule))
			fail_msg("%.*s => %.*s: %s", STR_ARG(question), STR_ARG(answer),
				buf_cstr(&b));
	}
}

static void
check_said(struct str question, struct str answer)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT(10000);
	struct route_decision decision;
	struct route_facts facts;
	struct rules rules;

	read_question(&arena, question, &rules, &facts);
	route_decide(&rules, &facts, &arena, &decision);
	route_explain(&rules.items[0], &facts, decision.obstacles[0], &b);
	if (!str_equal(buf_str(&b), answer))
		fail_msg("%.*s: %s", STR_ARG(question), buf_cstr(&b));
}

static void
test_explanations(void **state)
{
	(void)state;
	(void)each_question(check_explanation);
	assert_in_range(table_each("route/explanations.txt", check_said), 15, 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_records_decide_the_same),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_unrelated_facts_change_nothing),
		cmocka_unit_test(test_the_order_of_unrelated_ends),
		cmocka_unit_test(test_explanations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
