/* What machines hold: tests/data/policy/enforcement.txt; and what is said where they do not. */
#include "rig.h"

#include "policy/enforcement.h"

#include "../table.h"

static const struct {
	const char *word;
	uint32_t features;
} words[] = {
	{"user", FEATURE_BIT(FEATURE_USER_NAMESPACES)},
	{"mount", FEATURE_BIT(FEATURE_MOUNT_NAMESPACES)},
	{"pid", FEATURE_BIT(FEATURE_PID_NAMESPACES)},
	{"net", FEATURE_BIT(FEATURE_NET_NAMESPACES)},
	{"overlay", FEATURE_BIT(FEATURE_OVERLAY)},
	{"seccomp", FEATURE_BIT(FEATURE_SECCOMP)},
	{"cgroup", FEATURE_BIT(FEATURE_CGROUP)},
	{"transaction", FEATURE_BIT(FEATURE_TRANSACTION)},
	{"later", FEATURE_BIT(FEATURE_UNBUILT)},
	{"nothing", 0},
};

static void
read_word(struct str word, struct policy_machine *machine)
{
	uint64_t abi;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!str_is(word, words[i].word))
			continue;
		machine->features |= words[i].features;
		return;
	}
	if (str_is(word, "all")) {
		machine->features |=
			~FEATURE_BIT(FEATURE_TRANSACTION) & (FEATURE_BIT(FEATURE_COUNT) - 1);
		machine->landlock = 9;
	} else if (str_is(word, "root")) {
		machine->is_root = true;
	} else if (str_is(word, "accept")) {
		machine->accepts_s1 = true;
	} else if (str_starts(word, STR("landlock=")) &&
		str_to_u64((struct str){word.p + 9, word.n - 9}, 99, &abi)) {
		machine->landlock = (uint32_t)abi;
	} else {
		fail_msg("what is %.*s?", STR_ARG(word));
	}
}

static struct policy_machine
read_machine(struct str text)
{
	struct policy_machine machine = {0};

	while (text.n)
		read_word(str_cut(text, ' ', &text), &machine);
	return machine;
}

static struct policy
read_policy(struct arena *arena, struct str text)
{
	return rig_policy(arena, str_of(arena_printf(arena, "a: %.*s", STR_ARG(text))), "a");
}

static void
check_line(struct str question, struct str answer)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT(10000);
	struct policy_enforcement got;
	struct policy_machine machine;
	struct policy policy;
	struct str text;
	struct str offered;

	table_cut(question, STR(" ; "), &text, &offered);
	policy = read_policy(&arena, text);
	machine = read_machine(offered);
	policy_enforce(&policy, &machine, &arena, &got);
	buf_printf(&b, "%s %s", policy_tier_name(got.tier),
		got.is_refused            ? "refused"
			: got.is_degraded ? "degraded"
					  : "ok");
	for (size_t i = 0; i < got.n_demands; i++)
		buf_printf(&b, " %s:%s", policy_clause_name(got.demands[i].clause),
			policy_hold_name(got.demands[i].hold));
	if (!str_equal(buf_str(&b), answer))
		fail_msg("%.*s\nwanted %.*s\ngot %s", STR_ARG(question), STR_ARG(answer),
			buf_cstr(&b));
}

static void
test_table(void **state)
{
	(void)state;
	assert_in_range(table_each("policy/enforcement.txt", check_line), 40, 1000);
}

static void
expect_refusal(const char *policy_text, const char *offered, const char *message)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy policy = read_policy(&arena, str_of(policy_text));
	struct policy_machine machine = read_machine(str_of(offered));
	struct policy_enforcement got;
	struct err err = ERR_INIT;

	policy_enforce(&policy, &machine, &arena, &got);
	assert_int_equal(policy_enforcement_check(&policy, &got, &err), ERR_POLICY);
	if (!strstr(err.message, message))
		fail_msg("%s; %s: %s", policy_text, offered, err.message);
}

static void
test_refusals_name_clause_feature_and_remedy(void **state)
{
	(void)state;
	expect_refusal("{}", "mount pid net seccomp", "policy \"a\" cannot be enforced");
	expect_refusal("{}", "mount pid net seccomp", "\"write\" (nothing else is written)");
	expect_refusal("{}", "mount pid net seccomp landlock=3",
		"needs user namespaces; raise "
		"sysctl user.max_user");
	expect_refusal("{}", "user pid net seccomp landlock=3",
		"needs mount namespaces; raise "
		"sysctl user.max_mnt_namespaces");
	expect_refusal("{}", "user mount pid net",
		"\"sockets\" (no unix socket is used) needs "
		"seccomp filters; use a kernel");
	expect_refusal("{sockets: [/srv/x]}", "user mount pid net seccomp landlock=7",
		"needs Landlock ABI 9 (this kernel has 7); use a newer kernel");
	expect_refusal("{limits: {memory: 1G, strict: true}}",
		"user mount pid net seccomp later",
		"\"limits\" (memory) needs a cgroup v2 of one's own; delegate one");
	expect_refusal("{limits: {cpu: 1s, strict: true}}", "all",
		"needs a mechanism that prevents it; leave out `strict`");
	expect_refusal("{limits: {disk: 1G}}", "user mount pid net seccomp cgroup",
		"\"limits\" (disk) needs a part that this build of lily does not have; "
		"leave it out");
	expect_refusal("{net: [\"h.example:443\"]}", "user mount pid seccomp",
		"\"net\" (no other host is reached) needs network namespaces");
	expect_refusal("{}", "nothing", "`enforce: best_effort`");
}

static void
test_what_holds_is_not_refused(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy policy = read_policy(&arena, STR("{}"));
	struct policy_machine machine = read_machine(STR("all"));
	struct policy_enforcement got;
	struct err err = ERR_INIT;

	(void)state;
	policy_enforce(&policy, &machine, &arena, &got);
	assert_int_equal(policy_enforcement_check(&policy, &got, &err), 0);
	for (size_t i = 0; i < got.n_demands; i++) {
		assert_non_null(got.demands[i].mechanism);
		assert_null(got.demands[i].missing);
		assert_null(got.demands[i].remedy);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_refusals_name_clause_feature_and_remedy),
		cmocka_unit_test(test_what_holds_is_not_refused),
	};

	return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
