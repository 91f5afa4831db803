/* Reading and checking of rules: tests/data/route/checks.txt, and the canonical form. */
#include "rig.h"

#include "../table.h"

static void
expect_finding(const struct findings *findings, const struct source *source, struct str answer)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);
	AUTO_BUF struct buf head = BUF_INIT(100);
	struct str message;
	struct str level;
	struct str column = str_cut(answer, ' ', &level);

	level = str_cut(level, ' ', &message);
	rig_describe(findings, source, &b);
	buf_printf(&head, "%.*s rules:1:%.*s: ", STR_ARG(level), STR_ARG(column));
	if (!str_starts(buf_str(&b), buf_str(&head)) || !memmem(b.p, b.n, message.p, message.n))
		fail_msg("%.*s\nwanted %.*s\ngot %s", STR_ARG(source->text), STR_ARG(answer),
			buf_cstr(&b));
	if (findings->n != 1)
		fail_msg("%.*s: more than one\n%s", STR_ARG(source->text), buf_cstr(&b));
}

static void
check_line(struct str question, struct str answer)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct source source = {.name = "rules", .text = question};
	struct route_steps steps = rig_steps();
	struct findings findings;
	struct rules rules;

	findings_init(&findings, &arena);
	rules_read(&findings, &arena, rig_value(&arena, &source), &steps, &rules);
	if (str_is(answer, "ok"))
		rig_expect_good(&findings, &source);
	else
		expect_finding(&findings, &source, answer);
	if (str_is(answer, "ok"))
		assert_int_equal(findings.warnings, 0);
	findings_done(&findings);
	route_steps_done(&steps);
}

static void
test_checks(void **state)
{
	(void)state;
	assert_in_range(table_each("route/checks.txt", check_line), 100, 1000);
}

static void
test_too_many_rules(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 20);
	struct source source = {.name = "rules"};
	struct findings findings;
	struct rules rules;

	(void)state;
	buf_add_char(&text, '[');
	for (int i = 0; i <= RULES_MAX; i++)
		buf_printf(&text, "%s{id: r%d, when: {exit: 3}, then: skip, times: 1}",
			i ? ", " : "", i);
	buf_add_char(&text, ']');
	source.text = buf_str(&text);
	findings_init(&findings, &arena);
	rules_read(&findings, &arena, rig_value(&arena, &source), NULL, &rules);
	assert_int_equal(findings.errors, 1);
	assert_int_equal(rules.n, 0);
	findings_done(&findings);
}

static void
canonical(const struct rules *rules, struct arena *arena, struct buf *b)
{
	struct err err = ERR_INIT;

	if (json_canonical(rules_write(rules, arena), JSON_NUMBERS_EXACT, b, &err) < 0)
		fail_msg("%s", err.message);
}

/* What is written one way only: the order of lists, single words, what follows from the gate. */
static void
test_canonical(void **state)
{
	static const char written[] =
		"[{id: r, then: {abort: true}, when: {exit: [75, 2, 2], status: [failed, "
		"adopted, "
		"succeeded], error: exit}, x-mine: 1},"
		"{id: s, when: {gate: b.tests, gate_status: [error, failed], metric: {n: "
		"{below: "
		"1}, m: {above: 1e1}}}, then: {goto: a, feedback: false}, times: "
		"2},"
		"{id: t, when: {step: [c, b, c], violation: true, label_missing: [y, x], "
		"visits: "
		"{below: 3, step: b}, exhausted: [wall, cost]}, then: {escalate: look}}]";
	static const char wanted[] =
		"[{\"id\":\"r\",\"then\":{\"abort\":true},\"when\":{\"error\":[\"exit\"],"
		"\"exit\":"
		"[2,75],\"status\":[\"succeeded\",\"failed\"]}},"
		"{\"id\":\"s\",\"then\":{\"goto\":\"a\"},\"times\":2,"
		"\"when\":{\"gate\":\"b.tests\",\"gate_status\":[\"failed\"],\"metric\":{\"m\":"
		"{"
		"\"above\":10},\"n\":{\"below\":1}},\"step\":[\"b\"]}},"
		"{\"id\":\"t\",\"then\":{\"escalate\":\"look\"},\"when\":{\"exhausted\":["
		"\"wall\","
		"\"cost\"],\"label_missing\":[\"x\",\"y\"],\"step\":[\"b\",\"c\"],"
		"\"violation\":["
		"\"write\",\"read\",\"deny\",\"protect\",\"tools\",\"net\",\"env\",\"devices\","
		"\"sockets\",\"max_diff\",\"limits\",\"others\"],\"visits\":{\"below\":3,"
		"\"step\":"
		"\"b\"}}}]";
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf once = BUF_INIT((size_t)1 << 16);
	AUTO_BUF struct buf twice = BUF_INIT((size_t)1 << 16);
	struct rules rules;

	(void)state;
	rules = rig_rules(&arena, STR(written));
	canonical(&rules, &arena, &once);
	assert_string_equal(buf_cstr(&once), wanted);
	rules = rig_rules(&arena, buf_str(&once));
	canonical(&rules, &arena, &twice);
	assert_string_equal(buf_cstr(&twice), wanted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_too_many_rules),
		cmocka_unit_test(test_canonical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
