/* A merge never weakens: what the merged policy allows is what each of the two does. */
#include "rig.h"

#include "policy/allows.h"
#include "policy/merge.h"

#define PAIRS 4000

static const char *const names[] = {"src", "build", "a", "b", ".git", "hooks", "config", "info",
	"attributes", ".lily", "modules", "x"};

/* Deterministic, so that a failure can be seen again. */
static uint32_t seed = 1;

static uint32_t
draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

static const char *
draw_path(struct arena *arena)
{
	static const char *const starts[] = {".", ".", "./", "~", "~/data", "~/.cargo", "/",
		"/srv", "/tmp", "/usr", "~/state/../x"};
	AUTO_BUF struct buf b = BUF_INIT(1000);

	buf_add_cstr(&b, starts[draw(10)]);
	for (uint32_t n = draw(4); n; n--)
		buf_printf(&b, "/%s", names[draw(ARRAY_SIZE(names))]);
	return arena_cstr(arena, buf_str(&b));
}

static void
add_list(struct buf *b, struct arena *arena, const char *key)
{
	if (draw(3) == 0)
		return;
	buf_printf(b, "\"%s\": [", key);
	for (uint32_t n = draw(4); n; n--)
		buf_printf(b, "\"%s\"%s", draw_path(arena), n > 1 ? ", " : "");
	buf_add_cstr(b, "], ");
}

static void
add_net(struct buf *b)
{
	static const char *const nets[] = {"deny", "loopback", "allow", "[\"h:1\"]",
		"[\"h:1\", \"i:1\"]", "[\"h:2\", \"i:1\"]", "[]"};

	if (draw(4))
		buf_printf(b, "\"net\": %s, ", nets[draw(ARRAY_SIZE(nets))]);
}

/* By what is declared alone, as an origin that bounds, or with the default behind it. */
static struct policy
draw_policy(struct arena *arena)
{
	static const char *const lists[] = {
		"write", "read", "deny", "protect", "tools", "sockets"};
	AUTO_BUF struct buf b = BUF_INIT(100000);

	buf_add_cstr(&b, "{a: {");
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		add_list(&b, arena, lists[i]);
	add_net(&b);
	if (draw(2))
		buf_printf(&b, "\"env\": [%s], ", draw(2) ? "A, B" : "B, C");
	if (draw(2))
		buf_printf(&b, "\"devices\": [%s], ", draw(2) ? "zero, full" : "full");
	if (draw(2))
		buf_printf(&b, "\"limits\": {memory: %u}, ", 1 + draw(9));
	if (draw(2))
		buf_printf(&b, "\"max_diff\": {files: %u}, ", draw(9));
	if (draw(2))
		buf_add_cstr(&b, "\"enforce\": best_effort, ");
	buf_add_cstr(&b, "}}");
	return rig_policy(arena, buf_str(&b), "a");
}

static void
check_path(const struct policy *a, const struct policy *b, const struct policy *merged,
	const char *path)
{
	static const enum policy_access accesses[] = {
		POLICY_TO_READ, POLICY_TO_WRITE, POLICY_TO_EXECUTE};

	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
		bool by_both = policy_allows(a, accesses[i], path).is_allowed &&
			policy_allows(b, accesses[i], path).is_allowed;
		bool by_merged = policy_allows(merged, accesses[i], path).is_allowed;

		if (by_both != by_merged)
			fail_msg("seed %u: access %zu of %s: both %d, merged %d", seed, i, path,
				by_both, by_merged);
	}
}

static void
check_hosts(const struct policy *a, const struct policy *b, const struct policy *merged)
{
	static const char *const hosts[] = {"h", "i", "j"};

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		for (uint16_t port = 1; port < 3; port++)
			assert_int_equal(
				policy_allows_host(merged, str_of(hosts[i]), port).is_allowed,
				policy_allows_host(a, str_of(hosts[i]), port).is_allowed &&
					policy_allows_host(b, str_of(hosts[i]), port)
						.is_allowed);
	if (a->net == POLICY_NET_DENY || b->net == POLICY_NET_DENY)
		assert_int_equal(merged->net, POLICY_NET_DENY);
	if (a->net == POLICY_NET_LOOPBACK || b->net == POLICY_NET_LOOPBACK)
		assert_true(merged->net <= POLICY_NET_LOOPBACK);
}

static bool
hands_over(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->env.n; i++)
		if (str_is(policy->env.items[i], name))
			return true;
	return policy->any_env;
}

static void
check_rest(const struct policy *a, const struct policy *b, const struct policy *merged)
{
	static const char *const variables[] = {"A", "B", "C", "D"};

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		assert_int_equal(hands_over(merged, variables[i]),
			hands_over(a, variables[i]) && hands_over(b, variables[i]));
	assert_true(merged->max_diff.files == MIN(a->max_diff.files, b->max_diff.files));
	for (int i = 0; i < 2; i++) {
		uint64_t limit = i ? a->limits.memory : b->limits.memory;

		assert_true(
			!limit || (merged->limits.memory && merged->limits.memory <= limit));
	}
	assert_int_equal(merged->is_best_effort, a->is_best_effort && b->is_best_effort);
}

static const char *
draw_asked(struct arena *arena)
{
	static const char *const starts[] = {"W", "W", "W", "~", "~/data", "~/.cargo",
		"~/state", "", "/srv", "/tmp", "/usr", "/dev", "/dev/full"};
	AUTO_BUF struct buf b = BUF_INIT(1000);

	buf_add_cstr(&b, starts[draw(ARRAY_SIZE(starts))]);
	for (uint32_t n = draw(6); n; n--)
		buf_printf(&b, "/%s", names[draw(ARRAY_SIZE(names))]);
	return b.n ? rig_path(arena, buf_str(&b)) : "/";
}

static void
check_pair(const struct policy *a, const struct policy *b, struct arena *arena)
{
	struct policy merged = policy_merge(arena, a, b);

	for (int i = 0; i < 60; i++)
		check_path(a, b, &merged, draw_asked(arena));
	check_hosts(a, b, &merged);
	check_rest(a, b, &merged);
}

static void
test_never_weakens(void **state)
{
	(void)state;
	for (int i = 0; i < PAIRS; i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct policy a = draw_policy(&arena);
		struct policy b = draw_policy(&arena);
		struct policy c = policy_merge(&arena, &a, &b);
		struct policy d = draw_policy(&arena);

		check_pair(&a, &b, &arena);
		check_pair(&c, &d, &arena);
	}
}

static void
test_anything_changes_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < PAIRS / 10; i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct policy a = draw_policy(&arena);
		struct policy any = policy_anything(&arena);

		check_pair(&a, &any, &arena);
		check_pair(&any, &a, &arena);
		check_pair(&a, &a, &arena);
	}
}

static void
test_none_only_where_all_say_so(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy none = rig_policy(&arena, STR("{}"), "none");
	struct policy some = rig_policy(&arena, STR("{}"), "default");
	struct policy merged;

	(void)state;
	assert_true(policy_merge(&arena, &none, &none).is_none);
	merged = policy_merge(&arena, &none, &some);
	assert_false(merged.is_none);
	assert_true(str_is(merged.name, "none"));
	assert_int_equal(merged.net, POLICY_NET_DENY);
	assert_false(policy_merge(&arena, &some, &none).is_none);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_weakens),
		cmocka_unit_test(test_anything_changes_nothing),
		cmocka_unit_test(test_none_only_where_all_say_so),
	};

	return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
