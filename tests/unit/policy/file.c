#include "rig.h"

#include "policy/file.h"

static const char flow[] =
	"lily: 1\n"
	"defaults: { policy: all }\n"
	"policies: { all: {}, some: { net: allow } }\n"
	"notify: { exec: [ x ], policy: told }\n"
	"steps:\n"
	"  one: { run: x, policy: some }\n"
	"  two: { run: x, gates: { g: { exec: [ x ], policy: judged }, h: {} } }\n"
	"  three:\n"
	"    steps:\n"
	"      in: { run: x, policy: { net: deny } }\n"
	"      deep: { steps: { er: { run: x, policy: none } } }\n"
	"gates: { w: { exec: [ x ], policy: whole } }\n"
	"finally: { end: { run: x, policy: last } }\n";

static const struct value *
read_flow(struct arena *arena, const char *text)
{
	struct source *source = ARENA_NEW(arena, struct source);

	*source = (struct source){.name = "file", .text = str_of(text)};
	return rig_value(arena, source);
}

static void
expect_use(const struct policy_uses *uses, const char *step, const char *gate, const char *name)
{
	const struct value *v = policy_uses_find(uses, str_of(step), str_of(gate));

	if (!name) {
		assert_null(v);
		return;
	}
	assert_non_null(v);
	if (!str_is(value_text(v), name))
		fail_msg("%s.%s: %.*s", step, gate, STR_ARG(value_text(v)));
}

static void
test_uses(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct value *root = read_flow(&arena, flow);
	struct policy_uses uses;

	(void)state;
	policy_file_uses(&arena, root, &uses);
	assert_int_equal(uses.n, 8);
	for (size_t i = 1; i < uses.n; i++)
		assert_true(uses.items[i - 1].value->offset < uses.items[i].value->offset);
	expect_use(&uses, "one", "", "some");
	expect_use(&uses, "two", "", "all");
	expect_use(&uses, "two", "g", "judged");
	expect_use(&uses, "two", "h", NULL);
	expect_use(&uses, "three/deep/er", "", "none");
	expect_use(&uses, "end", "", "last");
	expect_use(&uses, "run", "w", "whole");
	assert_int_equal(policy_uses_find(&uses, STR("three/in"), STR(""))->kind, VALUE_OBJECT);
	assert_true(policy_file_has_step(root, STR("one")));
	assert_true(policy_file_has_step(root, STR("three/deep/er")));
	assert_true(policy_file_has_step(root, STR("three")));
	assert_true(policy_file_has_step(root, STR("end")));
	assert_false(policy_file_has_step(root, STR("four")));
	assert_false(policy_file_has_step(root, STR("one/two")));
	assert_false(policy_file_has_step(root, STR("three/four/er")));
	assert_false(policy_file_has_step(root, STR("")));
}

static void
test_other_shapes_are_passed_over(void **state)
{
	static const char *const texts[] = {"[]", "3", "{steps: 3}", "{steps: {a: 3, b: [x]}}",
		"{steps: {a: {gates: 3, steps: []}}, gates: [], notify: x, defaults: null}"};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy_uses uses;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		policy_file_uses(&arena, read_flow(&arena, texts[i]), &uses);
		assert_int_equal(uses.n, 0);
	}
}

static void
expect_form(const char *text, size_t policies, const char *message)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT(10000);
	struct source source = {.name = "file", .text = str_of(text)};
	struct declared_policies declared;
	struct findings findings;

	findings_init(&findings, &arena);
	policy_file_read(&findings, &arena, &source, rig_value(&arena, &source), &declared);
	rig_describe(&findings, &source, &b);
	if (declared.n != policies || findings.errors != (message ? 1 : 0) ||
		(message && !strstr(buf_cstr(&b), message)))
		fail_msg("%s: %zu, %s", text, declared.n, buf_cstr(&b));
	findings_done(&findings);
}

static void
test_forms(void **state)
{
	(void)state;
	expect_form(flow, 2, NULL);
	expect_form("{lily: 1, policies: {a: {}}}", 1, NULL);
	expect_form("{lily: 1, policies: {a: {}}, x-mine: 3}", 1, NULL);
	expect_form("{lily: 1}", 0, NULL);
	expect_form("{policies: {a: {}}}", 1, "file:1:1: \"lily\" is missing");
	expect_form("{lily: 2, policies: {a: {}}}", 1,
		"file:1:8: this build of lily reads version 1");
	expect_form("{lily: 1, policis: {a: {}}}", 0, "did you mean \"policies\"?");
	expect_form("{lily: 1, policies: []}", 0, "\"policies\" must be a map");
	expect_form("[]", 0, "a file of policies is a map such as");
	expect_form("{steps: {}, policies: 3}", 0, "\"policies\" must be a map");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uses),
		cmocka_unit_test(test_other_shapes_are_passed_over),
		cmocka_unit_test(test_forms),
	};

	return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
