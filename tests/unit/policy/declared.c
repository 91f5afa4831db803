/* Reading: tests/data/policy/findings.txt. */
#include "rig.h"

#include "../table.h"

/* The answer is "COLUMN MESSAGE"; the column is * where the message tells enough. */
static void
expect_finding(const struct findings *findings, const struct source *source, struct str answer)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);
	AUTO_BUF struct buf head = BUF_INIT(100);
	struct str message;
	struct str column = str_cut(answer, ' ', &message);

	rig_describe(findings, source, &b);
	buf_printf(&head, "policies:1:%.*s", STR_ARG(column));
	if (str_is(column, "*"))
		head.n--;
	else
		buf_add_char(&head, ':');
	if (!str_starts(buf_str(&b), buf_str(&head)) ||
		!memmem(buf_cstr(&b), b.n, message.p, message.n))
		fail_msg("%.*s\nwanted %.*s\ngot %s", STR_ARG(source->text), STR_ARG(answer),
			buf_cstr(&b));
}

static void
check_line(struct str question, struct str answer)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);
	struct source source = {.name = "policies", .text = question};
	struct declared_policies policies;
	struct findings findings;

	findings_init(&findings, &arena);
	declared_policies_read(
		&findings, &arena, &source, rig_value(&arena, &source), &policies);
	findings_finish(&findings);
	if (str_is(answer, "ok")) {
		rig_describe(&findings, &source, &b);
		if (findings.n)
			fail_msg("%.*s: %s", STR_ARG(question), buf_cstr(&b));
	} else {
		expect_finding(&findings, &source, answer);
		if (findings.n != 1)
			fail_msg("%.*s: more than one", STR_ARG(question));
	}
	findings_done(&findings);
}

static void
test_findings(void **state)
{
	(void)state;
	assert_in_range(table_each("policy/findings.txt", check_line), 70, 1000);
}

static void
test_what_comes_later_is_told_apart(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct source source = {.name = "policies", .text = STR("{a: {tools: ['@gcc']}}")};
	struct declared_policies policies;
	struct findings findings;

	(void)state;
	findings_init(&findings, &arena);
	declared_policies_read(
		&findings, &arena, &source, rig_value(&arena, &source), &policies);
	assert_int_equal(findings.errors, 1);
	assert_int_equal(findings.later, 1);
	assert_int_equal(policies.n, 0);
	findings_done(&findings);
}

static void
test_values(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct declared_policies policies = rig_policies(&arena, "file",
		STR("a: { write: [ x, y ], net: [ { host: 'h:5', listen: '127.0.0.2:6' } ],\n"
		    "  limits: { cpu: 90s, memory: 2Gi, strict: true },\n"
		    "  max_diff: { lines: 0 }, enforce: best_effort, trace: exec }"));
	const struct declared_policy *a = &policies.items[0];

	(void)state;
	assert_int_equal(policies.n, 1);
	assert_int_equal(a->words[POLICY_WRITE].n, 2);
	assert_true(str_is(a->words[POLICY_WRITE].items[1].text, "y"));
	assert_int_equal(declared_place(a, a->words[POLICY_WRITE].items[1].offset).column, 18);
	assert_int_equal(a->net, POLICY_NET_HOSTS);
	assert_int_equal(a->n_hosts, 1);
	assert_true(str_is(a->hosts[0].host.host, "h"));
	assert_int_equal(a->hosts[0].host.port, 5);
	assert_true(str_is(a->hosts[0].host.listen, "127.0.0.2:6"));
	assert_int_equal(a->limits.cpu_us, 90000000);
	assert_int_equal(a->limits.memory, UINT64_C(2) << 30);
	assert_int_equal(a->limits.disk, 0);
	assert_true(a->limits.is_strict);
	assert_int_equal(a->max_diff.lines, 0);
	assert_true(a->max_diff.files == UINT64_MAX);
	assert_true(a->is_best_effort);
	assert_true(a->traces_exec);
	assert_int_equal(declared_place(a, a->key_offsets[POLICY_LIMITS]).line, 2);
}

static void
test_too_many(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 20);
	struct source source = {.name = "policies"};
	struct declared_policies policies;
	struct findings findings;

	(void)state;
	for (int i = 0; i <= POLICIES_MAX; i++)
		buf_printf(&text, "p%d: {}\n", i);
	source.text = buf_str(&text);
	findings_init(&findings, &arena);
	declared_policies_read(
		&findings, &arena, &source, rig_value(&arena, &source), &policies);
	assert_int_equal(findings.errors, 1);
	assert_int_equal(policies.n, 0);
	findings_done(&findings);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_what_comes_later_is_told_apart),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
