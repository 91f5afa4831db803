/* Which policy a name means, and who bounds it. */
#include "rig.h"

#include "policy/allows.h"
#include "policy/walls.h"

static struct policy_origins
origins_of(struct arena *arena, const char *workflow, const char *workspace, const char *user)
{
	struct policy_origins origins = {0};

	if (workflow)
		origins.of[POLICY_OF_WORKFLOW] =
			rig_policies(arena, "flow.lily.yaml", str_of(workflow));
	if (workspace)
		origins.of[POLICY_OF_WORKSPACE] =
			rig_policies(arena, "lily-policy.yaml", str_of(workspace));
	if (user)
		origins.of[POLICY_OF_USER] = rig_policies(arena, "policy.yaml", str_of(user));
	return origins;
}

static bool
may(const struct policy *policy, enum policy_access access, const char *path)
{
	return policy_allows(policy, access, rig_path(&rig.arena, str_of(path))).is_allowed;
}

static void
test_default_without_anybody(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy_origins origins = origins_of(&arena, NULL, NULL, NULL);
	struct policy policy = rig_resolve(&arena, &origins, "default");

	(void)state;
	assert_false(policy.is_none);
	assert_true(policy.any_tools);
	assert_true(policy.any_env);
	assert_int_equal(policy.net, POLICY_NET_DENY);
	assert_int_equal(policy.sockets.n, 0);
	assert_int_equal(policy.devices.n, 6);
	assert_true(policy.max_diff.files == UINT64_MAX);
	assert_int_equal(policy.limits.memory, 0);
	assert_false(policy.is_best_effort);
	assert_true(rig_resolve(&arena, &origins, "none").is_none);
}

static void
test_the_nearest_origin_has_the_name(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy_origins origins =
		origins_of(&arena, "{a: {env: [W]}}", "{b: {env: [S]}}", "{c: {env: [U]}}");
	struct policy policy = rig_resolve(&arena, &origins, "c");
	struct err err = ERR_INIT;

	(void)state;
	assert_true(str_is(policy.env.items[0], "U"));
	policy = rig_resolve(&arena, &origins, "b");
	assert_true(str_is(policy.env.items[0], "S"));
	policy = rig_resolve(&arena, &origins, "a");
	assert_true(str_is(policy.env.items[0], "W"));
	assert_int_equal(
		policy_resolve(&origins, STR("d"), &rig.surroundings, &arena, &policy, &err),
		ERR_NOT_FOUND);
	assert_non_null(strstr(err.message, "there is no policy \"d\""));
}

static void
test_an_origin_bounds_by_what_it_says(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy_origins origins =
		origins_of(&arena, "{a: {net: [ 'h:443' ], write: [src, build]}}", NULL,
			"{default: {deny: [src/secret], limits: {memory: 1G}}}");
	struct policy policy = rig_resolve(&arena, &origins, "a");

	(void)state;
	assert_int_equal(policy.net, POLICY_NET_HOSTS);
	assert_true(may(&policy, POLICY_TO_WRITE, "W/src/x"));
	assert_false(may(&policy, POLICY_TO_READ, "W/src/secret"));
	assert_int_equal(policy.limits.memory, 1000000000);
	assert_true(str_is(policy.name, "a"));
}

static void
test_an_origin_bounds_by_the_same_name(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy_origins origins = origins_of(&arena, "{a: {net: allow}, b: {net: allow}}",
		"{a: {net: ['h:1', 'i:1']}}",
		"{default: {net: deny}, a: {net: ['i:1', 'j:1']}}");
	struct policy policy = rig_resolve(&arena, &origins, "a");

	(void)state;
	assert_int_equal(policy.n_hosts, 1);
	assert_true(str_is(policy.hosts[0].host, "i"));
	policy = rig_resolve(&arena, &origins, "b");
	assert_int_equal(policy.net, POLICY_NET_DENY);
	assert_true(str_is(policy.places[POLICY_NET].file, "policy.yaml"));
}

static void
test_a_named_bound_extends_the_default_of_its_file(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy_origins origins = origins_of(&arena, "{a: {net: allow}}", NULL,
		"{default: {deny: [x]}, a: {net: loopback}}");
	struct policy policy = rig_resolve(&arena, &origins, "a");

	(void)state;
	assert_int_equal(policy.net, POLICY_NET_LOOPBACK);
	assert_false(may(&policy, POLICY_TO_READ, "W/x"));
}

static void
test_none_where_somebody_bounds(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy_origins origins = origins_of(
		&arena, "{a: none, default: {net: deny}}", NULL, "{default: {deny: [~/.ssh]}}");
	struct policy policy = rig_resolve(&arena, &origins, "a");

	(void)state;
	assert_false(policy.is_none);
	assert_int_equal(policy.net, POLICY_NET_ALLOW);
	assert_true(may(&policy, POLICY_TO_WRITE, "/etc/passwd"));
	assert_true(may(&policy, POLICY_TO_READ, "~/data"));
	assert_true(may(&policy, POLICY_TO_WRITE, "W/.git/hooks/x"));
	assert_false(may(&policy, POLICY_TO_READ, "~/.ssh/id"));
	assert_false(rig_resolve(&arena, &origins, "none").is_none);
	/* Who says nothing takes nothing. */
	origins = origins_of(&arena, "{a: none}", "{b: {net: deny}}", "{default: {}}");
	assert_true(rig_resolve(&arena, &origins, "a").is_none);
	assert_true(rig_resolve(&arena, &origins, "none").is_none);
	origins = origins_of(&arena, "{a: none}", NULL, "{default: none}");
	assert_true(rig_resolve(&arena, &origins, "a").is_none);
}

/* What names git's files in a workflow does not get past who lets the workspace be written. */
static void
test_a_bound_on_writing_guards_git(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy_origins origins =
		origins_of(&arena, "{a: {write: [., .git/hooks]}}", NULL, NULL);
	struct policy policy = rig_resolve(&arena, &origins, "a");

	(void)state;
	assert_true(may(&policy, POLICY_TO_WRITE, "W/.git/hooks/x"));
	origins = origins_of(
		&arena, "{a: {write: [., .git/hooks]}}", NULL, "{default: {write: [.]}}");
	policy = rig_resolve(&arena, &origins, "a");
	assert_true(may(&policy, POLICY_TO_WRITE, "W/x"));
	assert_false(may(&policy, POLICY_TO_WRITE, "W/.git/hooks/x"));
}

static void
test_a_default_of_the_workflow_can_allow_more(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy_origins origins =
		origins_of(&arena, "{default: {net: allow}}", NULL, NULL);

	(void)state;
	assert_int_equal(rig_resolve(&arena, &origins, "default").net, POLICY_NET_ALLOW);
	origins = origins_of(
		&arena, "{default: {net: allow}}", "{default: {net: loopback}}", NULL);
	assert_int_equal(rig_resolve(&arena, &origins, "default").net, POLICY_NET_LOOPBACK);
}

static void
test_words_are_all_checked(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT(10000);
	struct declared_policies policies = rig_policies(&arena, "file",
		STR("a:\n  write: [ link, src ]\n  deny: [ 'x*' ]\n  tools: [ no-such ]\n"
		    "  env: [ A ]\n"));
	struct findings findings;

	(void)state;
	findings_init(&findings, &arena);
	policy_check_words(&findings, &policies.items[0], &rig.surroundings);
	findings_finish(&findings);
	rig_describe(&findings, policies.items[0].source, &b);
	assert_int_equal(findings.errors, 3);
	assert_non_null(strstr(buf_cstr(&b), "file:2:12: policy \"a\": "));
	assert_non_null(strstr(buf_cstr(&b), "file:3:11: policy \"a\": "));
	assert_non_null(strstr(buf_cstr(&b), "file:4:12: policy \"a\": "));
	findings_done(&findings);
}

/* The two sides of policy.h understand each other. */
static void
test_lanes_can_build_what_was_resolved(void **state)
{
	static const char *const policies[] = {"{}",
		"{write: [src], deny: [.env], protect: [src/x]}",
		"{write: [build], read: [src], env: [A]}", "{read: [/, ~/data], net: loopback}",
		"{write: [., .git/hooks, ~/data/later], net: allow, tools: [/usr]}"};
	const struct walls_surroundings surroundings = {
		.workspace = rig.surroundings.workspace,
		.slots = rig.surroundings.store,
		.tier = WALLS_S2,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct policy policy = rig_policy(
			&arena, str_of(arena_printf(&arena, "a: %s", policies[i])), "a");
		struct err err = ERR_INIT;
		struct walls_plan plan;

		if (walls_plan(&policy, &surroundings, &arena, &plan, &err) < 0)
			fail_msg("%s: %s", policies[i], err.message);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_without_anybody),
		cmocka_unit_test(test_the_nearest_origin_has_the_name),
		cmocka_unit_test(test_an_origin_bounds_by_what_it_says),
		cmocka_unit_test(test_an_origin_bounds_by_the_same_name),
		cmocka_unit_test(test_a_named_bound_extends_the_default_of_its_file),
		cmocka_unit_test(test_none_where_somebody_bounds),
		cmocka_unit_test(test_a_bound_on_writing_guards_git),
		cmocka_unit_test(test_a_default_of_the_workflow_can_allow_more),
		cmocka_unit_test(test_words_are_all_checked),
		cmocka_unit_test(test_lanes_can_build_what_was_resolved),
	};

	return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
