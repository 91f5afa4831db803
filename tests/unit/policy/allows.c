/* What policies say of paths: tests/data/policy/allows.txt; and of hosts. */
#include "rig.h"

#include "policy/allows.h"

#include "../table.h"

static const char *const because[] = {
	[POLICY_NAMED] = "named",
	[POLICY_NOT_NAMED] = "unnamed",
	[POLICY_HIDDEN] = "hidden",
	[POLICY_GUARDED] = "guarded",
	[POLICY_UNLIMITED] = "unlimited",
};

static void
expect_error(const struct err *err, int r, struct str question, struct str answer)
{
	AUTO_BUF struct buf head = BUF_INIT(100);
	struct str message;
	struct str column;

	column = str_cut((struct str){answer.p + 6, answer.n - 6}, ' ', &message);
	buf_printf(&head, "flow.lily.yaml:1:%.*s: ", STR_ARG(column));
	if (r >= 0 || !str_starts(str_of(err->message), buf_str(&head)) ||
		!memmem(err->message, strlen(err->message), message.p, message.n))
		fail_msg("%.*s\nwanted %.*s\ngot %d %s", STR_ARG(question), STR_ARG(answer), r,
			err->message);
}

static void
expect_answer(const struct policy *policy, struct str access, const char *path,
	struct str question, struct str answer)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT(10000);
	struct policy_answer got = policy_allows(policy,
		str_is(access, "read")            ? POLICY_TO_READ
			: str_is(access, "write") ? POLICY_TO_WRITE
						  : POLICY_TO_EXECUTE,
		path);

	buf_printf(&b, "%s %s %s%s%s", got.is_allowed ? "yes" : "no",
		policy_clause_name(got.clause), because[got.because], got.by.n ? " " : "",
		rig_short(&arena, got.by));
	if (!str_equal(buf_str(&b), answer))
		fail_msg("%.*s\nwanted %.*s\ngot %s", STR_ARG(question), STR_ARG(answer),
			buf_cstr(&b));
}

static void
check_line(struct str question, struct str answer)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy_origins origins = {0};
	struct err err = ERR_INIT;
	struct policy policy;
	struct str text;
	struct str name;
	struct str access;
	struct str path;
	int r;

	table_cut(question, STR(" ; "), &text, &name);
	name = str_cut(name, ' ', &access);
	access = str_cut(access, ' ', &path);
	origins.of[POLICY_OF_WORKFLOW] = rig_policies(&arena, "flow.lily.yaml", text);
	r = policy_resolve(&origins, name, &rig.surroundings, &arena, &policy, &err);
	if (str_starts(answer, STR("error "))) {
		expect_error(&err, r, question, answer);
		return;
	}
	if (r < 0)
		fail_msg("%.*s: %s", STR_ARG(question), err.message);
	expect_answer(&policy, access, rig_path(&arena, path), question, answer);
}

static void
test_paths(void **state)
{
	(void)state;
	assert_in_range(table_each("policy/allows.txt", check_line), 100, 1000);
}

static void
test_places(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy policy = rig_policy(&arena,
		STR("a:\n  write: [ src ]\n  deny:\n    - .env\n  net:\n    - h:1\n"), "a");
	struct policy_answer answer;

	(void)state;
	answer = policy_allows(&policy, POLICY_TO_READ, rig_path(&arena, STR("W/.env")));
	assert_true(str_is(answer.place.file, "flow.lily.yaml"));
	assert_int_equal(answer.place.line, 4);
	assert_int_equal(answer.place.column, 7);
	answer = policy_allows(&policy, POLICY_TO_WRITE, rig_path(&arena, STR("W/x")));
	assert_int_equal(answer.place.line, 2);
	answer = policy_allows(&policy, POLICY_TO_READ, rig_path(&arena, STR("~/x")));
	assert_int_equal(answer.place.file.n, 0);
	answer = policy_allows_host(&policy, STR("h"), 1);
	assert_int_equal(answer.place.line, 6);
}

static void
test_hosts(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy listed = rig_policy(&arena, STR("a: { net: [ 'h:443' ] }"), "a");
	struct policy allowed = rig_policy(&arena, STR("a: { net: allow }"), "a");
	struct policy denied = rig_policy(&arena, STR("{}"), "default");

	(void)state;
	assert_true(policy_allows_host(&listed, STR("h"), 443).is_allowed);
	assert_false(policy_allows_host(&listed, STR("h"), 80).is_allowed);
	assert_false(policy_allows_host(&listed, STR("x.h"), 443).is_allowed);
	assert_true(policy_allows_host(&allowed, STR("h"), 80).is_allowed);
	assert_false(policy_allows_host(&denied, STR("h"), 443).is_allowed);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_hosts),
	};

	return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
